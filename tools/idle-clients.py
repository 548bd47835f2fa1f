#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""idle-clients.py [--alone] EMULATOR [ARGS] - run an emulator with a gdb, an HMP and a QMP client that are
connected, let the guest run and then say nothing.  For tools/bench.py: what do they cost?  --alone: nobody
connects, all else is the same.

  t=tools/idle-clients.py e=build/rel/mimic-system-aarch64
  tools/bench.py --emulator "$t $e" --peer "$t --alone $e" --arch arm64 --cpu cortex-a72 --metric cpu
"""
import os, socket, sys, tempfile, time


def connect(path, pid):
    while True:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            os.kill(pid, 0)                    # ProcessLookupError: the emulator has ended
            time.sleep(0.01)


def until(s, end):
    data = b""
    while not data.endswith(end):
        more = s.recv(4096)
        if not more:
            sys.exit(0)
        data += more
    return data


def clients(pid, gdb, hmp, qmp):
    q = connect(qmp, pid)
    until(q, b"\n")
    q.sendall(b'{"execute":"qmp_capabilities"}')
    until(q, b"\n")
    h = connect(hmp, pid)
    until(h, b"(qemu) ")
    g = connect(gdb, pid)
    g.sendall(b"$?#3f")
    until(g, b"#")
    g.sendall(b"+$c#63")
    while g.recv(4096):
        pass


def main():
    alone = sys.argv[1] == "--alone"
    if alone:
        del sys.argv[1]
    folder = tempfile.mkdtemp(prefix="idle-clients-")
    at = [os.path.join(folder, n) for n in ("gdb", "hmp", "qmp")]
    emulator = os.getpid()
    if os.fork() == 0:                         # the clients; the emulator keeps our pid
        quiet = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(quiet, fd)
        try:
            while alone:                       # until the emulator has ended
                os.kill(emulator, 0)
                time.sleep(1)
            clients(emulator, *at)
        except OSError:
            pass
        finally:
            for path in at:
                if os.path.exists(path):
                    os.unlink(path)
            os.rmdir(folder)
            os._exit(0)
    program = sys.argv[1]
    os.execvp(program, [program, *sys.argv[2:], "-gdb", f"unix:{at[0]},server=on,wait=off",
                        "-chardev", f"socket,id=idle-hmp,path={at[1]},server=on,wait=off",
                        "-mon", "chardev=idle-hmp,mode=readline",
                        "-qmp", f"unix:{at[2]},server=on,wait=off"])


main()
