#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""peer.py CLASS [--ones] - register values of qemu-system-aarch64's virt board, read over its
qtest socket (docs: QEMU, "QTest Device Emulation Testing Framework"; readl, writel), for the
offsets that tests/device/CLASS.txt has.  --ones: each after ones were written to it alone, the
board reset before.  The output has that file's form; where Mimic differs on purpose, the file's
head says why."""
import os
import re
import socket
import subprocess
import sys
import tempfile

# class: machine options, addresses of regions 0, 1, ...
BOARD = {
    "gicv2": (",gic-version=2", [0x08000000, 0x08010000]),
    "gicv2m": (",gic-version=2", [0x08020000]),
    "gicv3": (",gic-version=3", [0x08000000, 0x080A0000]),
    "pl011": ("", [0x09000000]),
    "pl031": ("", [0x09010000]),
    "pl061": ("", [0x09030000]),
    "virtio-mmio": ("", [0x0A000000]),
    "gpex": ("", [0x4010000000]),
}


class Peer:
    """A stopped machine whose bus is ours."""

    def __init__(self, options):
        self.dir = tempfile.TemporaryDirectory()
        path = os.path.join(self.dir.name, "qtest")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        monitor = os.path.join(self.dir.name, "qmp")
        self.process = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "virt" + options, "-S", "-smp", "2",
             "-display", "none", "-serial", "null", "-monitor", "null", "-net", "none",
             "-qmp", "unix:" + monitor + ",server=on,wait=off", "-qtest", "unix:" + path],
            stderr=subprocess.DEVNULL)
        listener.settimeout(10)
        self.file = listener.accept()[0].makefile("rw")
        qmp = socket.socket(socket.AF_UNIX)
        qmp.connect(monitor)
        self.qmp = qmp.makefile("rw")
        self.qmp.write('{"execute": "qmp_capabilities"}\n')

    def ask(self, text):
        self.file.write(text + "\n")
        self.file.flush()
        while True:
            words = self.file.readline().split()
            if not words:
                raise SystemExit("peer.py: the peer is gone")
            if words[0] in ("OK", "FAIL", "ERR"):
                return words

    def read(self, at):
        return int(self.ask(f"readl {at:#x}")[1], 16)

    def write(self, at, value):
        self.ask(f"writel {at:#x} {value:#x}")

    def reset(self):
        self.qmp.write('{"execute": "system_reset"}\n')
        self.qmp.flush()
        while '"RESET"' not in self.qmp.readline():
            pass

    def close(self):
        self.process.terminate()
        self.process.wait()


def offsets(path):
    """(region, offset) of each register, and the lines that are none."""
    region = 0
    for line in open(path, encoding="ascii"):
        move = re.match(r"@([0-9a-f]+)", line)
        row = re.match(r"([0-9a-f]+)(?:\+(\d+))? ", line)
        if move:
            region = int(move[1], 16) // 0x10000000
        if row:
            yield from ((region, int(row[1], 16) + 4 * i) for i in range(int(row[2] or 1)))


def main():
    name, ones = sys.argv[1], "--ones" in sys.argv
    options, base = BOARD[name]
    last, out = 0, []
    peer = Peer(options)
    for region, at in offsets(os.path.join(os.path.dirname(__file__), name + ".txt")):
        if ones:
            peer.write(base[region] + at, 0xFFFFFFFF)
        if region != last:
            out.append(f"@{region:x}0000000")
            last = region
        out.append(f"{at:05x} {peer.read(base[region] + at):x}")
        if ones:
            peer.reset()
    peer.close()
    print("\n".join(out))


if __name__ == "__main__":
    main()
