#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""shape.py [BUILD] - the answers of QMP's queries, keys and types, beside qemu-system-aarch64's.
A difference must be a row of docs/qmp.md (`COMMAND` `PATH`, * = whatever follows), or it fails; so does a row that is
no difference any more.  Skipped without the peer."""
import json, os, re, shutil, socket, subprocess, sys, tempfile, time

build = sys.argv[1] if len(sys.argv) > 1 else "build/rel"
mimic = os.environ.get("MIMIC", build + "/mimic-system-aarch64")
peer = shutil.which("qemu-system-aarch64")
ARGS = {"query-cpu-model-expansion": {"type": "full", "model": {"name": "cortex-a72"}}}


def ask(program):
    """{command: answer} of a paused machine."""
    tmp = tempfile.mkdtemp()
    flash = tmp + "/flash"
    with open(flash, "wb") as f:
        f.truncate(64 << 20)
    p = subprocess.Popen([program, "-S", "-M", "virt", "-display", "none", "-nodefaults", "-serial",
                          "null", "-name", "x", "-drive", "if=pflash,format=raw,file=" + flash,
                          "-qmp", "unix:%s/q,server=on,wait=off" % tmp], stderr=subprocess.DEVNULL)
    try:
        s = socket.socket(socket.AF_UNIX)
        for _ in range(200):
            try:
                s.connect(tmp + "/q")
                break
            except OSError:
                time.sleep(0.05)
        f = s.makefile("rw")
        f.readline()

        def run(name):
            f.write(json.dumps({"execute": name, "arguments": ARGS.get(name, {})}) + "\n")
            f.flush()
            while True:
                m = json.loads(f.readline())
                if "event" not in m:
                    return m
        run("qmp_capabilities")
        names = [c["name"] for c in run("query-commands")["return"]]
        out = {n: run(n) for n in names if n.startswith("query-") and n != "query-qmp-schema"}
        run("quit")
        return out
    finally:
        p.kill()
        p.wait()
        shutil.rmtree(tmp)


def shape(v, path, out):
    """Paths of all members, each with its JSON type."""
    out.add((path, type(v).__name__))
    if isinstance(v, dict):
        for k, w in v.items():
            shape(w, path + "." + k, out)
    elif isinstance(v, list):
        for w in v:
            shape(w, path + "[]", out)


def differences(ours, theirs):
    for name in sorted(set(ours) & set(theirs)):
        a, b = set(), set()
        shape(ours[name], "", a)
        shape(theirs[name], "", b)
        last = "\0"
        for path, kind in sorted(a ^ b):
            if path.startswith((last + ".", last + "[]")):
                continue            # below one that has been told
            last = path
            yield name, path, ("only ours" if (path, kind) in a else "only the peer's") + " " + kind


def main():
    if not peer:
        print("skip monitor/shape no qemu-system-aarch64 to compare with\n0 passed, 0 failed, 1 skipped")
        return 0
    ours, theirs = ask(mimic), ask(peer)
    found = {(n, p): how for n, p, how in differences(ours, theirs)}
    with open("docs/qmp.md") as f:
        known = set(re.findall(r"^\| `(query-[a-z-]+)` \| `([^`]+)` \|", f.read(), re.M))
    rows = {(n, p): [k for k in found if k[0] == n and
                     (k[1].startswith(p[:-1]) if p.endswith("*") else k[1] == p)]
            for n, p in known}
    known = {k for k in known if not rows[k]} | {k for hits in rows.values() for k in hits}
    bad = 0
    for key in sorted(set(found) - known):
        print("FAIL monitor/shape-%s %s: %s" % (key[0], key[1], found[key]))
        bad += 1
    for key in sorted(known - set(found)):
        print("FAIL monitor/shape-%s %s: in docs/qmp.md, but no difference" % key)
        bad += 1
    same = [n for n in ours if n in theirs and n not in {k[0] for k in set(found) - known}]
    for n in same:
        print("ok monitor/shape-" + n)
    print("%d passed, %d failed" % (len(same), bad))
    return 1 if bad else 0


sys.exit(main())
