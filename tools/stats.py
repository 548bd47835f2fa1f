#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stats.py [--log N] - figures about our own tree, as docs/style.md wants them.

Sizes and tails of files and functions, `#if` per 1000 lines, comments, tests to
code, and from the last N commits (500) how many files a change of each kind
touched (the budget: device 2, instruction 3, system register 2, IR op 4).
"""
import argparse, collections, os, re, statistics, subprocess, sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CODE = ("util core tcg cpu kvm devices machine block net chardev ui gdb main tools").split()
# kind of change -> a line added to one of these files marks a commit as such
KINDS = {
    "A64 instruction": (r"^cpu/arm/a64\.decode$", r"^\+[a-z][a-z0-9_]*\s+[01.]"),
    "system register": (r"^cpu/arm/sysreg.*\.c$", r"^\+\s*(SYS|REG|ROW)\w*\("),
    "IR op": (r"^tcg/ops\.def$", r"^\+\s*OP\w*\("),
    "device": (r"^devices/.*\.c$", r"^\+DEVICE\("),
}


def git(*args):
    return subprocess.run(("git", "-C", TOP) + args, capture_output=True, text=True).stdout


def functions(lines):
    """(name, length) of each function: signature in column 0, body ends with } there."""
    name, start = None, None
    for n, l in enumerate(lines):
        m = re.match(r"[A-Za-z_][^=;]*?(\w+)\(", l)
        if m:
            name = m.group(1)
        if start is None and (l.startswith("{") or re.match(r"[A-Za-z_][^=]*\)\s*\{\s*$", l)):
            start = n
        if m and re.match(r"[A-Za-z_][^=;]*\).*\{.*\}\s*$", l):
            yield name, 1
        if l.startswith("}") and start is not None:
            if not l.startswith("};"):
                yield name, n - start + 1
            start = None


def pct(v, p):
    v = sorted(v)
    return v[min(len(v) - 1, int(len(v) * p / 100))] if v else 0


def spread(v):
    return "%5d  median %4d  p90 %4d  longest %5d" % (
        len(v), statistics.median(v) if v else 0, pct(v, 90), max(v, default=0))


def sources():
    names = git("ls-files", "-co", "--exclude-standard").split("\n")
    for f in names:
        if re.search(r"\.(c|h|S|def|decode|py|sh)$", f) and os.path.isfile(os.path.join(TOP, f)):
            with open(os.path.join(TOP, f), errors="replace") as fd:
                yield f, fd.read().split("\n")[:-1]


def tree():
    per, funcs, files, ifs, comments, wide = (collections.Counter(), [], [], 0, 0, 0)
    tests, includes = 0, []
    for f, lines in sources():
        top = f.split("/")[0]
        if top == "tests":
            tests += len(lines)
            continue
        if top not in CODE:
            continue
        per[top] += len(lines)
        files.append((len(lines), f))
        if not f.endswith((".c", ".h")):
            continue
        funcs += [(n, "%s:%s" % (f, name)) for name, n in functions(lines)]
        if f.endswith(".c"):
            ifs += sum(bool(re.match(r"\s*#\s*if", l)) for l in lines)
            includes.append(sum(l.startswith("#include") for l in lines))
        comments += sum(bool(re.search(r"//|/\*|^\s*\*", l)) for l in lines)
        wide += sum(len(l) > 100 for l in lines)
    code = sum(per.values())
    clines = sum(n for n, f in files if f.endswith((".c", ".h"))) or 1
    cc = sum(n for n, f in files if f.endswith(".c")) or 1
    print("lines      " + "  ".join("%s %d" % (k, per[k]) for k in CODE if per[k]))
    print("           code %d, tests %d, tests/code %.2f (aim 0.7)" % (code, tests, tests / (code or 1)))
    print("files      " + spread([n for n, _ in files]))
    print("functions  " + spread([n for n, _ in funcs]))
    print("           over 60: %d, over 120: %d" % (sum(n > 60 for n, _ in funcs),
                                                    sum(n > 120 for n, _ in funcs)))
    print("#if        %.1f per 1000 lines of .c (aim 2)" % (1000 * ifs / cc))
    print("comments   %.0f %% of lines hold one (aim 12-18)" % (100 * comments / clines))
    print("includes   median %d per .c;  lines over 100 columns: %d" % (
        statistics.median(includes) if includes else 0, wide))
    for what, rows in (("longest functions", funcs), ("longest files", files)):
        print(what)
        for n, name in sorted(rows, reverse=True)[:5]:
            print("  %5d  %s" % (n, name))


def touched(count):
    """Files per commit, by kind of change."""
    found = collections.defaultdict(list)
    sizes = []
    for commit in git("log", "-%d" % count, "--no-merges", "--format=%H").split():
        files = git("show", "--format=", "--name-only", commit).split()
        sizes.append(len(files))
        for kind, (path, line) in KINDS.items():
            hit = [f for f in files if re.match(path, f)]
            if hit and any(re.match(line, l) for l in
                           git("show", "--format=", "-U0", commit, "--", *hit).split("\n")):
                found[kind].append(len(files))
    print("files touched per commit (last %d): median %d, p90 %d" % (
        len(sizes), statistics.median(sizes) if sizes else 0, pct(sizes, 90)))
    for kind, v in found.items():
        print("  %-16s median %d over %d commits" % (kind, statistics.median(v), len(v)))


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--log", type=int, default=500, metavar="N")
    opt = ap.parse_args()
    tree()
    touched(opt.log)


if __name__ == "__main__":
    sys.exit(main())
