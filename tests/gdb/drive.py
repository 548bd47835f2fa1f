#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""drive.py NAME SCRIPT ELF PORT PID - runs gdb-multiarch on SCRIPT and checks what it prints.

SCRIPT has a gdb command per line; below it, lines `= REGEX` that must be found in its output,
in this order, and `! REGEX` that must not.  `~ SECONDS` before a command that lets the machine
run: gdb gets Ctrl-C after so long.  PID: of the machine; `gone` must find it ended, `runs`
alive.  Prints ok or FAIL per SCRIPT in the words of docs/testing.md.
"""
import os
import re
import subprocess
import sys
import time


def parse(path):
    steps = []
    for line in open(path):
        line = line.rstrip('\n')
        if not line or line.startswith('#'):
            continue
        if line[:2] in ('= ', '! '):
            steps[-1][1].append((line[0], line[2:]))
        else:
            steps.append((line, []))
    return steps


def gdb_file(steps, port):
    out = ['set pagination off', 'set confirm off', 'set width 0', 'set tcp connect-timeout 20']
    for n, (cmd, _) in enumerate(steps):
        out.append('echo \\n@@%d\\n' % n)
        if cmd.startswith('~ '):
            out.append('shell (sleep %s; kill -INT $PPID) &' % cmd[2:])
        else:
            out.append(cmd.replace('PORT', 'localhost:' + port))
    return '\n'.join(out + ['echo \\n@@end\\n', ''])


def alive(pid):
    try:
        return open('/proc/%d/stat' % pid).read().split(')')[1].split()[0] != 'Z'
    except OSError:
        return False


def check(steps, text):
    parts = dict(re.findall(r'@@(\w+)\n(.*?)(?=\n@@|\Z)', text, re.S))
    for n, (cmd, wants) in enumerate(steps):
        if str(n) not in parts:
            return 'gdb did not come to "%s"' % cmd
        at, part = 0, parts[str(n)]
        for kind, want in wants:
            found = re.compile(want, re.M).search(part, at)
            if (kind == '=') != bool(found):
                return '"%s": %s /%s/ in %r' % (cmd, 'no' if kind == '=' else 'there is', want,
                                                part[-400:])
            at = found.end() if kind == '=' else at
    return '' if 'end' in parts else 'gdb did not come to the end'


def main():
    name, script, elf, port, pid = sys.argv[1:6]
    steps = parse(script)
    after = [s[0] for s in steps if s[0] in ('gone', 'runs')]
    steps = [s for s in steps if s[0] not in ('gone', 'runs')]
    commands = script + '.%d.gdb' % os.getpid()
    commands = os.path.join(os.environ.get('TMPDIR', '/tmp'), os.path.basename(commands))
    open(commands, 'w').write(gdb_file(steps, port))
    try:
        done = subprocess.run(['gdb-multiarch', '-nx', '-q', '-batch', '-x', commands, elf],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
        text = done.stdout.decode(errors='replace')
        why = check(steps, text)
    except subprocess.TimeoutExpired as e:
        text = (e.stdout or b'').decode(errors='replace')
        why = check(steps, text) or 'gdb hung'
    os.unlink(commands)
    for what in after:
        end = time.time() + 5
        while what == 'gone' and alive(int(pid)) and time.time() < end:
            time.sleep(0.05)
        if not why and alive(int(pid)) != (what == 'runs'):
            why = 'the machine is %s' % ('gone' if what == 'runs' else 'still there')
    if why and os.environ.get('V'):
        print(text)
    print('FAIL %s %s' % (name, why.replace('\n', ' ')) if why else 'ok ' + name)
    return bool(why)


sys.exit(main())
