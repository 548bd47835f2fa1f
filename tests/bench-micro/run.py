#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py [BUILD]          table of single operations and short kernels, Mimic beside QEMU
run.py --check [BUILD]  do both engines of Mimic run every row, with equal results?

The guest (main.c) measures each row several times and gives the least; the emulators take turns,
ROUNDS times each, and the least of all is shown: other work on the host only ever adds.
--cpu MODEL (max), --rounds N (3), --peer PROGRAM (qemu-system-aarch64), --only TEXT shows rows."""
import argparse, os, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# of table 0.2, nanoseconds; a kernel has none but should not be slower than the peer
TARGETS = {
    "SVC at EL0 + ERET": 60, "TLB fill, 3 levels": 40, "TLBI VAAE1 + retouch": 70,
    "TTBR0 ASID switch": 40, "MMIO read (PL011 FR)": 25, "DAIFSet + DAIFClr": 2, "MRS CNTVCT": 12,
    "MRS TPIDR_EL1 + SP_EL0": 0.5, "LDAXR/STLXR increment": 3, "LDADDAL": 2, "FMADD d": 1.2,
    "FADD v.2d": 0.6, "FCVTZS": 1.5, "TBL.16b": 1, "AESE + AESMC": 1.5, "CMP + CCMP + CSEL": 1,
}

def build(where, quick):
    gcc = ["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-ffreestanding", "-O2",
           "-mstrict-align", "-mno-outline-atomics", "-fno-tree-loop-distribute-patterns",
           "-fno-tree-vectorize", "-Wall", "-Werror", f"-I{HERE}/../..",
           "-Wl,--build-id=none,-N,--no-warn-rwx-segments", "-T", f"{HERE}/link.ld", "-o", where]
    subprocess.run(gcc + ["-DQUICK"] * quick + [f"{HERE}/{f}" for f in
                   ("start.S", "main.c", "ops.c", "kernels.c")], check=True)
    return where

def run(program, elf, args, seconds):
    """{row: (nanoseconds, result)}; raises RuntimeError with a line that says what went wrong"""
    command = [program, "-M", "virt", "-m", "64M", "-display", "none", "-monitor", "none",
               "-serial", "stdio", "-net", "none", "-kernel", elf] + args
    try:
        p = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           timeout=seconds)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{program} did not end in {seconds} s") from None
    lines = p.stdout.replace("\r", "").split("\n")
    if "done" not in lines:
        raise RuntimeError(f"{program}: {(p.stdout + p.stderr)[-200:]!r}")
    rows = (line.split("|") for line in lines if "|" in line)
    return {name: (int(ps) / 1000, result) for name, ps, result in rows}

def measure(arg, elf):
    programs = {"mimic": f"{arg.build}/mimic-system-aarch64", "peer": arg.peer}
    best = {"mimic": {}, "peer": {}}
    if not shutil.which(arg.peer):
        print(f"no {arg.peer}: its column stays empty", file=sys.stderr)
        del programs["peer"]
    for _ in range(arg.rounds):
        for who, program in programs.items():
            for row, (ns, _) in run(program, elf, ["-cpu", arg.cpu], 120).items():
                best[who][row] = min(ns, best[who].get(row, ns))
    return best

def table(best, only):
    print(f"{'operation':24} {'Mimic ns':>11} {'QEMU ns':>11} {'ratio':>7} {'target ns':>9}")
    for row, ns in best["mimic"].items():
        if only not in row:
            continue
        peer, target = best["peer"].get(row), TARGETS.get(row)
        word = "" if target is None else "ok" if ns <= target else "MISSED"
        print(f"{row:24} {ns:11.2f} {peer or 0:11.2f} {(peer or 0) / max(ns, 0.001):7.2f} "
              f"{'-' if target is None else target:>9} {word}".rstrip())

def check(arg, elf):
    program = f"{arg.build}/mimic-system-aarch64"
    patience = 240 if arg.build.endswith("san") else 60
    seen, failed = {}, 0
    for engine, accel in (("tcg", "tcg"), ("eval", "tcg,engine=eval")):
        try:
            rows = run(program, elf, ["-cpu", "max", "-accel", accel], patience)
            seen[engine] = {row: result for row, (_, result) in rows.items()}
            missing = [row for row in TARGETS if row not in rows]
            why = f"no {missing[0]}" if missing else ""
        except RuntimeError as e:
            why = str(e)
        first = seen.get("tcg", {})
        why = why or next((f"{row}: {result}, by the translator {first.get(row)}" for row, result in
                           seen.get(engine, {}).items() if result != first.get(row)), "")
        print(f"FAIL bench-micro/{engine} {why}" if why else f"ok bench-micro/{engine}")
        failed += bool(why)
    print(f"{2 - failed} passed, {failed} failed")
    return failed

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("build", nargs="?", default="build/rel")
    p.add_argument("--check", action="store_true")
    p.add_argument("--cpu", default="max")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--peer", default="qemu-system-aarch64")
    p.add_argument("--only", default="")
    arg = p.parse_args()
    if not shutil.which("aarch64-linux-gnu-gcc"):
        print("skip bench-micro no aarch64-linux-gnu-gcc\n0 passed, 0 failed, 1 skipped")
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        elf = build(f"{tmp}/micro", arg.check)
        if arg.check:
            return check(arg, elf) != 0
        table(measure(arg, elf), arg.only)
    return 0

if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.CalledProcessError) as e:
        sys.exit(f"bench-micro: {e}")
