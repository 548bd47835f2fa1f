#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""console.py [--log FILE] [--no-tty] COMMAND... < SCRIPT - drive a guest's console.

Runs COMMAND on a pseudo-terminal (with --no-tty: stdin /dev/null, stdout a pipe)
and follows the script on stdin, a step per line:

    wait SECONDS REGEX       text that matches appears after the last match
    send TEXT                keys; Python escapes such as \\r \\x01 \\e work
    absent REGEX             nothing seen so far matches
    seen REGEX               something seen so far matches
    exit SECONDS [STATUS]    the command ends, with that status (0; -N: of signal N)
    kill NAME                sends it signal NAME (TERM, SEGV)
    tty-raw                  the terminal's settings are not what they were
    alive SECONDS            it is still there after so long
    tty-restored             the terminal's settings are what they were

Prints nothing and returns 0 when all steps hold; otherwise one line with the
step that failed and the last words of the console, and returns 1; returns 77
when there are no pseudo-terminals here (a chroot without /dev/pts).
"""
import os, pty, re, select, signal, subprocess, sys, termios, time


class Console:
    def __init__(self, cmd, log, tty):
        self.log = open(log, "wb") if log else None
        self.text, self.at = "", 0
        if tty:
            self.fd, slave = pty.openpty()
            self.slave = slave                  # kept open: its settings are looked at
            self.settings = termios.tcgetattr(slave)
            std = dict(stdin=slave, stdout=slave, stderr=slave)
        else:
            self.fd, out = os.pipe()
            std = dict(stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.proc = subprocess.Popen(cmd, start_new_session=True, **std)
        if not tty:
            os.close(out)

    def read(self, seconds):
        """Take in what comes within `seconds`; False at end of file."""
        if not select.select([self.fd], [], [], max(0, seconds))[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        if not data:
            return False
        if self.log:
            self.log.write(data)
            self.log.flush()
        self.text += data.decode(errors="replace")
        return True

    def until(self, seconds, done):
        """Read until done() holds; None when it does not in time."""
        end = time.monotonic() + seconds
        while True:
            found = done()
            if found:
                return found
            left = end - time.monotonic()
            if left <= 0:
                return None
            # the far end of a pty stays open with us: look at the process too
            if not self.read(min(left, 0.1)) or self.proc.poll() is not None:
                while select.select([self.fd], [], [], 0)[0] and self.read(0):
                    pass
                return done() or (self.proc.poll() is None and self.until_dead(left, done)) or None

    def until_dead(self, seconds, done):
        try:
            self.proc.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        return done()

    def wait(self, seconds, regex):
        end = re.compile(regex)

        def match():
            m = end.search(self.text, self.at)
            if m:
                self.at = m.end()
            return m
        if self.until(float(seconds), match):
            return None
        if self.proc.poll() is not None:
            return "ended with status %d before \"%s\"" % (self.proc.returncode, regex)
        return "no \"%s\" in %s s" % (regex, seconds)

    def send(self, text):
        keys = text.replace("\\e", "\\x1b").encode().decode("unicode_escape").encode("latin1")
        os.write(self.fd, keys)

    def absent(self, regex):
        return "\"%s\" appeared" % regex if re.search(regex, self.text) else None

    def seen(self, regex):
        return None if re.search(regex, self.text) else "no \"%s\" so far" % regex

    def exit(self, seconds, status="0"):
        if not self.until(float(seconds), lambda: self.proc.poll() is not None):
            return "did not end in %s s" % seconds
        if self.proc.returncode != int(status):
            return "exit status %d, not %s" % (self.proc.returncode, status)

    def alive(self, seconds):
        if self.until(float(seconds), lambda: self.proc.poll() is not None):
            return "ended with status %d" % self.proc.returncode

    def kill(self, name):
        self.proc.send_signal(getattr(signal, "SIG" + name))

    def tty_raw(self):
        end = time.monotonic() + 5
        while termios.tcgetattr(self.slave) == self.settings:
            if time.monotonic() > end:
                return "the terminal is not raw"
            time.sleep(0.05)

    def tty_restored(self):
        if termios.tcgetattr(self.slave) != self.settings:
            return "the terminal is left changed"

    def close(self):
        if self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGKILL)
            self.proc.wait()
        if self.log:
            self.log.close()


def main(args):
    log, tty = None, True
    while args and args[0].startswith("--"):
        if args[0] == "--log":
            log = args[1]
            args = args[2:]
        elif args[0] == "--no-tty":
            tty = False
            args = args[1:]
        else:
            sys.exit(__doc__)
    if not args:
        sys.exit(__doc__)
    steps = {"wait": 1, "send": 0, "absent": 0, "seen": 0, "exit": 1, "alive": 0, "tty-restored": 0, "kill": 0,
             "tty-raw": 0}
    script = [l.strip() for l in sys.stdin if l.strip() and not l.startswith("#")]
    try:
        c = Console(args, log, tty)
    except OSError as e:
        print("no pseudo-terminal here: %s" % e)
        return 77
    try:
        for line in script:
            word, _, rest = line.partition(" ")
            if word not in steps:
                sys.exit("console.py: no step \"%s\"" % word)
            do = getattr(c, word.replace("-", "_"))
            why = do(*rest.split(" ", steps[word])) if rest else do()
            if why:
                tail = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", c.text).split())[-160:]
                print("%s; last words: %s" % (why, tail))
                return 1
    finally:
        c.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
