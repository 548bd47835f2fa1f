#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""packets.py MIMIC - what no gdb sends: garbage, halves, floods, clients that do not read or go
away at any byte.  After each the machine runs on, and the next client is served.
"""
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

LOOP = bytes.fromhex('00008052' '00040011' 'ffffff17')  # mov w0,#0; 1: add w0,w0,#1; b 1b


class Client:
    def __init__(self, path):
        end = time.time() + 20
        while True:
            self.s = socket.socket(socket.AF_UNIX)
            try:
                self.s.connect(path)
                break
            except OSError:
                if time.time() > end:
                    raise
                time.sleep(0.02)
        self.s.settimeout(40 if 'san/' in sys.argv[1] else 10)
        self.buf = b''

    def send(self, payload):
        if isinstance(payload, str):
            payload = payload.encode()
        self.s.sendall(b'$%s#%02x' % (payload, sum(payload) & 255))

    def get(self):
        while True:
            a = self.buf.find(b'$')
            b = self.buf.find(b'#', a)
            if a >= 0 and b >= 0 and len(self.buf) >= b + 3:
                out, self.buf = self.buf[a + 1:b], self.buf[b + 3:]
                return out.decode('latin1')
            data = self.s.recv(65536)
            if not data:
                raise EOFError
            self.buf += data

    def ask(self, payload):
        self.send(payload)
        return self.get()

    def close(self):
        self.s.close()


def good(path, what):
    """A sane client works, and the guest has run since the last."""
    c = Client(path)
    first = c.ask('?')
    assert first.startswith('T05thread:'), (what, first)
    x0 = c.ask('p0')
    c.send('c')
    time.sleep(0.02)
    c.s.sendall(b'\x03')
    stop = c.get()
    assert stop.startswith('T02'), (what, stop)
    assert c.ask('p0') != x0, (what, 'the guest stands still')
    assert c.ask('D') == 'OK'
    c.close()


def garbage(path):
    rnd = random.Random(3)
    for _ in range(20):
        c = Client(path)
        c.s.sendall(bytes(rnd.randrange(256) for _ in range(rnd.randrange(3000))))
        c.close()


def halves(path):
    whole = b'+$qSupported:multiprocess+#c6$?#3f$Z0,40080000,4#%02x$vCont;c#a8\x03$g#67$k' \
        % (sum(b'Z0,40080000,4') & 255)
    for n in range(len(whole)):
        c = Client(path)
        for i in range(n):
            c.s.sendall(whole[i:i + 1])
        c.close()


def long_line(path):
    c = Client(path)
    c.send(b'M40080000,4:' + b'0' * (10 << 20))
    assert c.get() == 'E22'
    assert c.ask('qC').startswith('QC')
    c.s.sendall(b'$' + b'x' * (10 << 20))
    c.close()


def does_not_read(path):
    c = Client(path)
    c.s.settimeout(0.3)
    try:
        for _ in range(100000):
            c.send('g')
        raise AssertionError('a flood is taken without end')
    except socket.timeout:
        pass
    c.close()


def bad_values(path):
    c = Client(path)
    for text in ('m', 'm,', 'mffffffffffffffff,ffffffffffffffff', 'M0,4:', 'X0,ffffffff:a', 'p',
                 'pffffffff', 'P0', 'P0=12', 'G', 'G1', 'Z0,0', 'Z2,0,0', 'Z2,ffffffffffffffff,2',
                 'z0,1,4', 'Hg', 'Hgp2.1', 'Hg-2', 'T0', 'Tffffffffffff', 'vCont;', 'vCont;q',
                 'vCont;c:', 'vCont;r1', 'vCont;s:p1.ff', 'qRcmd,1', 'qRcmd', 'qThreadExtraInfo,',
                 'qXfer:features:read:target.xml:ffffffff,1', 'qXfer:features:read:no.xml:0,1',
                 'Qqemu.sstep=ffffff', 'vAttach;7', 'C', 'Sz', 'c1g'):
        reply = c.ask(text)
        assert reply == '' or reply[0] == 'E', (text, reply)
    assert c.ask('vMustReplyEmpty') == ''
    c.s.sendall(b'$qC#00')
    c.s.settimeout(5)
    c.ask('qC')
    c.close()


def main():
    tmp = tempfile.mkdtemp()
    path, image = tmp + '/gdb', tmp + '/loop.bin'
    open(image, 'wb').write(LOOP)
    vm = subprocess.Popen([sys.argv[1], '-M', 'virt', '-display', 'none', '-serial', 'none',
                           '-kernel', image, '-gdb', 'unix:' + path], stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    try:
        return run(vm, path)
    finally:
        if vm.poll() is None:
            vm.kill()
        shutil.rmtree(tmp)


def run(vm, path):
    failed = passed = 0
    for test in (garbage, halves, long_line, does_not_read, bad_values):
        try:
            test(path)
            good(path, test.__name__)
            print('ok gdb/' + test.__name__)
            passed += 1
        except Exception as e:  # pylint: disable=broad-except
            print('FAIL gdb/%s %r' % (test.__name__, e))
            failed += 1
    status = '/proc/%d/status' % vm.pid                 # a chroot may be without
    peak = [int(ln.split()[1]) for ln in open(status) if ln.startswith('VmHWM')] \
        if os.path.exists(status) else [0]
    c = Client(path) if vm.poll() is None else None
    if c:
        c.send('k')
    try:
        ok = vm.wait(5) == 0 and peak[0] < 300 << 10
    except subprocess.TimeoutExpired:
        ok = False
    print('ok gdb/kill' if ok else 'FAIL gdb/kill status %s, peak %d KiB' % (vm.poll(), peak[0]))
    print('%d passed, %d failed' % (passed + ok, failed + (not ok)))
    return failed or not ok


sys.exit(main())
