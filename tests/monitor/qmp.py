#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""qmp.py [BUILD] - sessions with the monitors of a paused and a running machine: QMP and HMP over
Unix sockets, answers checked against query-qmp-schema, bad clients.  The guest is one branch to
itself.  Needs QMP built in."""
import atexit, json, os, select, shutil, socket, subprocess, sys, tempfile, time

build = sys.argv[1] if len(sys.argv) > 1 else "build/rel"
mimic = os.environ.get("MIMIC", build + "/mimic-system-aarch64")
tmp = tempfile.mkdtemp()
atexit.register(shutil.rmtree, tmp)
with open(tmp + "/loop", "wb") as f:
    f.write(b"\x00\x00\x00\x14" * 64)   # b .
FLASH_TEXT = 5 << 20    # what the second bank begins with
UUID = "550e8400-e29b-41d4-a716-446655440000"
passed = failed = 0


def check(name, ok, why=""):
    global passed, failed
    if ok:
        passed += 1
        print("ok monitor/" + name)
    else:
        failed += 1
        print("FAIL monitor/%s %s" % (name, str(why)[:300].replace("\n", "|")))


class Client:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.s.connect(path)
                break
            except OSError:
                time.sleep(0.05)
        self.buf, self.events = b"", []

    def fill(self, seconds=10):
        if not select.select([self.s], [], [], seconds)[0]:
            raise TimeoutError("nothing within %d s; have %r" % (seconds, self.buf[-200:]))
        data = self.s.recv(65536)
        if not data:
            raise EOFError
        self.buf += data

    def send(self, text):
        self.s.sendall(text if isinstance(text, bytes) else text.encode())

    def close(self):
        self.s.close()


class Qmp(Client):
    def __init__(self, path, negotiate=True):
        super().__init__(path)
        self.greeting = self.message()
        if negotiate:
            self.run("qmp_capabilities")

    def message(self):
        while b"\n" not in self.buf:
            self.fill()
        line, self.buf = self.buf.split(b"\n", 1)
        return json.loads(line)

    def answer(self):
        while True:
            m = self.message()
            if "event" not in m:
                return m
            self.events.append(m)

    def run(self, command, **args):
        m = {"execute": command}
        if args:
            m["arguments"] = {k.replace("_", "-"): v for k, v in args.items()}
        self.send(json.dumps(m) + "\n")
        return self.answer()

    def event(self, name):
        while True:
            for e in self.events:
                if e["event"] == name:
                    self.events.remove(e)
                    return e
            m = self.message()
            if "event" in m:
                self.events.append(m)


class Hmp(Client):
    END = b"(qemu) \x1b[K"

    def prompt(self):
        while not self.buf.endswith(self.END):
            self.fill()
        text, self.buf = self.buf.decode(errors="replace"), b""
        return text

    def run(self, line):
        self.send(line + "\n")
        return self.prompt()


class Machine:
    def __init__(self, *args, fds=()):
        self.proc = subprocess.Popen(
            [mimic, "-M", "virt", "-cpu", "cortex-a72", "-m", "128M", "-display", "none",
             "-serial", "null", "-kernel", tmp + "/loop", *args], stdin=subprocess.DEVNULL,
            pass_fds=fds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()


def sock(name):
    return os.path.join(tmp, name)


def server(name):
    return "unix:%s,server=on,wait=off" % sock(name)


# ---- schema --------------------------------------------------------------------------------

def conforms(types, name, v):
    """None if v is of type name, else what is wrong."""
    t = types[name]
    kind = t["meta-type"]
    if kind == "builtin":
        want = {"string": str, "int": int, "boolean": bool, "value": object}[t["json-type"]]
        return None if isinstance(v, want) else "%r is no %s" % (v, name)
    if kind == "enum":
        return None if v in t["values"] else "%r is not in %s" % (v, name)
    if kind == "array":
        if not isinstance(v, list):
            return "%r is no array" % v
        return next((w for w in (conforms(types, t["element-type"], e) for e in v) if w), None)
    if not isinstance(v, dict):
        return "%r is no object" % v
    members = {m["name"]: m for m in t["members"]}
    for key in v:
        if key not in members:
            return "%s has no member %s" % (name, key)
    for key, m in members.items():
        if key not in v:
            if "default" not in m:
                return "%s lacks %s" % (name, key)
        else:
            wrong = conforms(types, m["type"], v[key])
            if wrong:
                return wrong
    return None


def test_schema(q):
    schema = q.run("query-qmp-schema")["return"]
    types = {t["name"]: t for t in schema if t["meta-type"] not in ("command", "event")}
    commands = [t for t in schema if t["meta-type"] == "command"]
    names = {c["name"] for c in q.run("query-commands")["return"]}
    check("schema-commands", names == {c["name"] for c in commands}, names)
    missing = [t for c in commands for t in (c["arg-type"], c["ret-type"]) if t not in types]
    missing += [m["type"] for t in types.values() for m in t.get("members", [])
                if t["meta-type"] == "object" and m["type"] not in types]
    check("schema-closed", not missing, missing)
    args = {"qom-list": {"path": "/machine"}, "qom-list-types": {},
            "qom-get": {"path": "/machine", "property": "type"},
            "device-list-properties": {"typename": "pl011"},
            "human-monitor-command": {"command_line": "info status"},
            "query-cpu-model-expansion": {"type": "full", "model": {"name": "cortex-a72"}},
            "qom-list-properties": {"typename": "virt-7.2-machine"}}
    for c in commands:
        if c["name"] == "query-hotpluggable-cpus":    # as the peer, whose virt plugs none either
            check("no-hotplug", "not enabled" in str(q.run(c["name"])))
        elif c["name"].startswith("query-") or c["name"] in args:
            a = q.run(c["name"], **args.get(c["name"], {}))
            wrong = conforms(types, c["ret-type"], a["return"]) if "return" in a else a
            check("schema-" + c["name"], not wrong, wrong)


# ---- protocol ------------------------------------------------------------------------------

def test_protocol():
    q = Qmp(sock("qmp"), negotiate=False)
    v = q.greeting["QMP"]
    check("greeting", v["version"]["qemu"]["major"] >= 7 and "capabilities" in v, v)
    check("before-negotiation",
          q.run("query-status").get("error", {}).get("class") == "CommandNotFound")
    check("negotiation", q.run("qmp_capabilities") == {"return": {}})
    check("twice", q.run("qmp_capabilities").get("error", {}).get("class") == "CommandNotFound")
    q.send('{"execute":"query-status","id":{"a":[1,"x"]}}')
    check("id", q.answer().get("id") == {"a": [1, "x"]})
    q.send('{"execute":"nothing","id":7}\n')
    a = q.answer()
    check("unknown", a["error"]["class"] == "CommandNotFound" and a["id"] == 7, a)
    for name, text in (("no-json", '{"execute": nope}'), ("bracket", "}"), ("number", "12 "),
                       ("array", "[1,2]"), ("no-execute", '{"id":1}'), ("member", '{"execute":"stop","x":1}'),
                       ("twice-key", '{"execute":"stop","execute":"stop"}'),
                       ("utf-8", b'{"execute":"\xc3\x28"}'), ("control", '{"execute":"st\nop"}'),
                       ("argument", '{"execute":"stop","arguments":{"x":1}}'),
                       ("type", '{"execute":"memsave","arguments":{"val":"0","size":1,"filename":"x"}}'),
                       ("missing", '{"execute":"memsave"}'),
                       ("arguments", '{"execute":"stop","arguments":[]}'), ("deep", "[" * 5000),
                       ("nul", '{"execute":"\\u0000"}')):
        q.send(text)
        q.send(b"\n")
        check("bad-" + name, "error" in q.answer())
        # strays of the same bad line may be complained of one by one
        q.send('{"execute":"query-name","id":"%s"}\n' % name)
        while q.answer().get("id") != name:
            pass
    q.send('{"execute": "st')
    q.send(b"\xff")
    check("flush", "return" in q.run("query-status"))
    q.send('{"execute":"' + "x" * 10000000 + '"}\n')
    check("10-MB", "error" in q.answer())
    q.send('{"execute":"' + "x" * 20000000)
    check("too-long", "16 MiB" in q.answer().get("error", {}).get("desc", ""))
    q.send("\n")
    check("after", "return" in q.run("query-status"))
    q.send('{"execute": "query-st')
    q.close()                       # half a command, then gone


def test_types(q):
    """What a client asks of the machine and of types: from the machine, not from constants."""
    check("uuid", q.run("query-uuid")["return"]["UUID"] == UUID)
    b = q.run("query-block")["return"]
    check("block", [(d["device"], d["inserted"]["file"], d["inserted"]["ro"],
                     d["inserted"]["image"]["virtual-size"]) for d in b] ==
          [("pflash1", sock("flash"), True, 64 << 20)], b)
    check("info-block", sock("flash") in
          q.run("human-monitor-command", command_line="info block")["return"])
    names = {p["name"] for p in q.run("qom-list-properties", typename="virt-7.2-machine")["return"]}
    check("machine-properties", {"gic-version", "accel"} <= names, names)
    gone = q.run("qom-list-properties", typename="nope")
    check("no-type", gone.get("error", {}).get("class") == "DeviceNotFound", gone)
    check("pci", q.run("query-pci")["return"] == [{"bus": 0, "devices": []}])
    check("gic", {g["version"] for g in q.run("query-gic-capabilities")["return"]} == {2, 3})


def test_options(q):
    """The keys of every option that has tables."""
    options = {o["option"]: {p["name"]: p["type"] for p in o["parameters"]}
               for o in q.run("query-command-line-options")["return"]}
    for option, keys in (("machine", "type memory-backend gic-version"), ("memory", "size"),
                         ("smp-opts", "cpus clusters threads"), ("accel", "tb-size"),
                         ("chardev", "id mux path host telnet"), ("mon", "mode pretty"),
                         ("add-fd", "set"), ("rtc", "clock"), ("name", "guest"), ("cpu", "pauth"),
                         ("semihosting-config", "target arg"), ("drive", "if unit"),
                         ("device", "addr"), ("fw_cfg", "string"), ("object", "qom-type mem-path")):
        check("option-" + option, set(keys.split()) <= options.get(option, {}).keys(), options.get(option))
    check("option-types", (options["chardev"]["mux"], options["add-fd"]["set"], options["object"]["size"],
                           options["rtc"]["base"]) == ("boolean", "number", "size", "string"))
    rows = [o["parameters"] for o in q.run("query-command-line-options", option="chardev")["return"]][0]
    check("option-once", len({r["name"] for r in rows}) == len(rows), rows)
    one = q.run("query-command-line-options", option="mon")["return"]
    check("option-one", [o["option"] for o in one] == ["mon"], one)
    check("option-none", "error" in q.run("query-command-line-options", option="nope"))


def test_objects(q):
    """Memory back ends come and go; the one that is the machine's RAM stays."""
    def ids():
        return [m["id"] for m in q.run("query-memdev")["return"]]

    def refused(text, **args):
        check("object-refused", text in q.run("object-add", **args).get("error", {}).get("desc", ""), args)

    ram = "memory-backend-ram"
    check("memdev", ids() == ["mach-virt.ram"], ids())
    check("object-in-use", "error" in q.run("object-del", id="mach-virt.ram"))
    check("object-add", q.run("object-add", qom_type=ram, id="a", size=1 << 20, prealloc=True) == {"return": {}})
    check("object-listed", ids() == ["mach-virt.ram", "a"])
    row = q.run("query-memdev")["return"][1]
    check("object-told", row["size"] == 1 << 20 and row["prealloc"] and not row["share"], row)
    check("object-qom", q.run("qom-get", path="/objects/a", property="size")["return"] == 1 << 20)
    check("object-child", {"name": "a", "type": "child<%s>" % ram} in
          q.run("qom-list", path="/objects")["return"])
    check("object-no-property", "error" in q.run("qom-get", path="/objects/a", property="nope"))
    refused("already", qom_type=ram, id="a", size=4096)
    refused("unexpected", qom_type=ram, id="b", size=4096, sise=1)
    refused("uint64", qom_type=ram, id="b", size="1M")
    refused("uint64", qom_type=ram, id="b", size=-1)
    refused("boolean", qom_type=ram, id="b", size=4096, share="on")
    refused("string", qom_type="memory-backend-file", id="b", size=4096, **{"mem-path": 1})
    refused("is no id", qom_type=ram, id="/", size=4096)
    refused("unknown object type", qom_type="rom", id="b")
    check("object-info", "memory backend: a\r\n  size:  1048576\r\n" in
          q.run("human-monitor-command", command_line="info memdev")["return"])
    q.run("human-monitor-command", command_line="object_add memory-backend-memfd,id=c,size=8k")
    check("object-hmp", ids() == ["mach-virt.ram", "a", "c"], ids())
    q.run("human-monitor-command", command_line="object_del c")
    check("object-del", q.run("object-del", id="a") == {"return": {}} and ids() == ["mach-virt.ram"])
    check("object-gone", "not found" in q.run("object-del", id="a")["error"]["desc"])
    types = {t["name"]: t["parent"] for t in q.run("qom-list-types", implements="user-creatable")["return"]}
    check("object-types", types.get("memory-backend-file") == "memory-backend", types)
    names = {p["name"] for p in q.run("qom-list-properties", typename="memory-backend-file")["return"]}
    check("object-properties", {"mem-path", "discard-data", "size"} <= names, names)


def test_no_reboot():
    for name, args, ask, want in (
            ("reset", ["-no-reboot"], "system_reset", {"guest": False, "reason": "host-qmp-system-reset"}),
            ("signal", [], None, {"guest": False, "reason": "host-signal"})):
        with Machine("-qmp", server("end"), *args) as m:
            q = Qmp(sock("end"))
            if ask:
                q.run(ask)
            else:
                m.proc.terminate()
            e = q.event("SHUTDOWN")
            check("ends-by-" + name, e["data"] == want, e)
            check("ends-by-%s-status" % name, m.proc.wait(10) == 0)


def test_events():
    a, b = Qmp(sock("qmp")), Qmp(sock("qmp2"))
    check("prelaunch", a.run("query-status")["return"]["status"] == "prelaunch")
    check("cont", a.run("cont") == {"return": {}})
    e = b.event("RESUME")
    check("timestamp", e["timestamp"]["seconds"] > 1e9, e)
    check("running", b.run("query-status")["return"]["running"])
    check("stop", b.run("stop") == {"return": {}})
    a.event("STOP")
    check("paused", a.run("query-status")["return"]["status"] == "paused")
    a.run("system_reset")
    check("reset", b.event("RESET")["data"] == {"guest": False, "reason": "host-qmp-system-reset"})
    b.run("system_powerdown")
    check("powerdown", a.event("POWERDOWN")["event"] == "POWERDOWN")
    hmc = a.run("human-monitor-command", command_line="print 1+2*3")
    check("human", hmc == {"return": "0x7\r\n"}, hmc)
    path = sock("mem")
    check("pmemsave", a.run("pmemsave", val=0x40000000, size=10000, filename=path) == {"return": {}})
    check("pmemsave-size", os.path.getsize(path) == 10000)
    check("memsave-cpu", "error" in a.run("memsave", val=0, size=1, filename=path, cpu_index=99))
    test_schema(a)
    test_types(a)
    test_options(a)
    test_objects(a)
    a.close()
    b.close()


def test_slow():
    """A client that asks and never reads; another one that comes and goes."""
    s = Client(sock("qmp"))
    s.s.setblocking(False)
    data = b'{"execute":"qmp_capabilities"}\n' + b'{"execute":"query-qmp-schema"}\n' * 20000
    sent, end = 0, time.monotonic() + 2
    while sent < len(data) and time.monotonic() < end:
        try:
            sent += s.s.send(data[sent:sent + 65536])
        except BlockingIOError:
            time.sleep(0.05)
    check("slow-not-read", sent < len(data), sent)
    q = Qmp(sock("qmp2"))
    check("slow-others-live", "return" in q.run("query-status"))
    q.close()
    s.close()
    for _ in range(20):
        c = Client(sock("qmp2"))
        c.send(b'{"execute":"qmp_capabilities"}{"execute":')
        c.close()
    check("killed", "return" in Qmp(sock("qmp2")).run("query-status"))


PROC = os.path.exists("/proc/self/fd")              # not in every chroot


def descriptors(m):
    return len(os.listdir("/proc/%d/fd" % m.proc.pid)) if PROC else 0


def test_fds(m):
    """Descriptors over the socket: named, in sets, opened as /dev/fdset/N, too many, unclaimed."""
    q = Qmp(sock("qmp"))
    before = descriptors(m)
    check("no-fd", "SCM_RIGHTS" in q.run("getfd", fdname="a").get("error", {}).get("desc", ""))
    r, w = os.pipe()

    def with_fds(fds, command, **args):
        text = json.dumps({"execute": command, "arguments": {k.replace("_", "-"): v for k, v in args.items()}})
        socket.send_fds(q.s, [text.encode()], fds)
        return q.answer()

    check("getfd", with_fds([w], "getfd", fdname="a") == {"return": {}})
    check("getfd-same", with_fds([w], "getfd", fdname="a") == {"return": {}})
    check("getfd-kept", not PROC or descriptors(m) == before + 1, descriptors(m) - before)
    check("getfd-digit", "error" in with_fds([w], "getfd", fdname="1a"))
    check("closefd", q.run("closefd", fdname="a") == {"return": {}})
    check("closefd-gone", "not found" in str(q.run("closefd", fdname="a")))
    a = with_fds([w], "add-fd", opaque="pipe")
    b = with_fds([r], "add-fd", fdset_id=a["return"]["fdset-id"])
    check("add-fd", a["return"]["fdset-id"] == 0 == b["return"]["fdset-id"], (a, b))
    sets = q.run("query-fdsets")
    check("query-fdsets", sets["return"] == [{"fdset-id": 0, "fds": [
        {"fd": a["return"]["fd"], "opaque": "pipe"}, {"fd": b["return"]["fd"]}]}], sets)
    check("add-fd-negative", "error" in with_fds([w], "add-fd", fdset_id=-1))
    saved = q.run("pmemsave", val=0x40000000, size=512, filename="/dev/fdset/0")
    check("fdset-open", saved == {"return": {}} and len(os.read(r, 1000)) == 512, saved)
    check("fdset-none", "error" in q.run("pmemsave", val=0x40000000, size=512, filename="/dev/fdset/7"))
    check("remove-fd", q.run("remove-fd", fdset_id=0, fd=a["return"]["fd"]) == {"return": {}})
    check("remove-fdset", q.run("remove-fd", fdset_id=0) == {"return": {}})
    check("remove-gone", "not found" in str(q.run("remove-fd", fdset_id=0)))
    with_fds([r] * 200, "query-status")         # unclaimed, more than are kept
    check("unclaimed-bounded", not PROC or descriptors(m) <= before + 16, descriptors(m) - before)
    with_fds([r], "query-status")
    check("unclaimed-replaced", not PROC or descriptors(m) == before + 1, descriptors(m) - before)
    with_fds([w], "getfd", fdname="left")
    q.close()
    q = Qmp(sock("qmp"))
    check("session-closes", not PROC or descriptors(m) == before, descriptors(m) - before)
    q.close()
    os.close(w)
    check("none-open", os.read(r, 10) == b"")    # nobody else holds the writing end
    os.close(r)


def test_inherited():
    """-add-fd and -chardev socket,fd=: what a management program opens before it starts us."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sock("given"))
    listener.listen(1)
    log = os.open(sock("console"), os.O_WRONLY | os.O_CREAT)
    with Machine("-S", "-add-fd", "fd=%d,set=2,opaque=log" % log,
                 "-chardev", "file,id=f,path=/dev/fdset/2", "-chardev",
                 "socket,id=m,fd=%d,server=on,wait=off" % listener.fileno(), "-mon", "m,mode=control",
                 fds=[log, listener.fileno()]):
        q = Qmp(sock("given"))
        sets = q.run("query-fdsets")["return"]
        check("inherited-set", sets == [{"fdset-id": 2, "fds": [{"fd": log, "opaque": "log"}]}], sets)
        q.run("quit")
    listener.close()
    os.close(log)
    r = subprocess.run([mimic, "-M", "virt", "-add-fd", "fd=77,set=1"], capture_output=True, text=True)
    check("add-fd-bad", r.returncode == 1 and "fd=77" in r.stderr, r.stderr)


def test_probe():
    """The empty machine in the background, as libvirt starts it; errors reach the caller."""
    args = ["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", "none,accel=kvm:tcg",
            "-qmp", server("probe"), "-pidfile", sock("pid"), "-daemonize"]
    r = subprocess.run([mimic, *args], capture_output=True, text=True, timeout=20)
    check("probe-daemon", (r.returncode, r.stdout, r.stderr) == (0, "", ""), r)
    pid = int(open(sock("pid")).read())
    again = subprocess.run([mimic, "-M", "none", "-display", "none", "-pidfile", sock("pid")],
                           capture_output=True, text=True, timeout=20)
    check("probe-pidfile-taken", again.returncode == 1 and "another" in again.stderr, again)
    q = Qmp(sock("probe"))
    check("probe-status", q.run("query-status")["return"]["status"] == "prelaunch")
    check("probe-cpus", q.run("query-cpus-fast") == {"return": []})
    for line in ("info registers", "x 0", "print $pc", "cpu 0", "info cpus", "info qtree", "gdbserver"):
        a = q.run("human-monitor-command", command_line=line)
        check("probe-" + line.replace(" ", "-"), "return" in a, a)
    test_schema(q)
    check("probe-session", os.getsid(pid) != os.getsid(0))
    if PROC:
        check("probe-detached", os.readlink("/proc/%d/fd/2" % pid) == "/dev/null")
    else:
        print("skip monitor/probe-detached no /proc here")
    q.close()
    # one that says all at once and shuts its side gets its answers
    c = Client(sock("probe"))
    c.send('{"execute":"qmp_capabilities"}{"execute":"query-name"}{"execute":"quit"}')
    c.s.shutdown(socket.SHUT_WR)
    try:
        while True:
            c.fill()
    except EOFError:
        pass
    check("probe-half-closed", c.buf.count(b'"return"') == 3, c.buf)
    for _ in range(100):
        if not os.path.exists(sock("pid")):
            break
        time.sleep(0.05)
    check("probe-ends", not os.path.exists(sock("pid")))
    for name, bad, text in (("stdio", ["-M", "none", "-serial", "stdio"], "-daemonize"),
                            ("kernel", ["-M", "virt", "-display", "none", "-kernel", "/none"], "/none")):
        r = subprocess.run([mimic, *bad, "-daemonize"], capture_output=True, text=True, timeout=20)
        check("daemon-bad-" + name, r.returncode == 1 and text in r.stderr, r)
    r = subprocess.run([mimic, "-M", "none", "-accel", "kvm", "-accel", "tcg", "-S", "-qmp", "stdio"],
                       input='{"execute":"qmp_capabilities"}{"execute":"quit"}', capture_output=True,
                       text=True, timeout=20)
    check("accel-next", "kvm" in r.stderr and r.returncode == 0, r)


# ---- people --------------------------------------------------------------------------------

def test_hmp():
    h = Hmp(sock("hmp"))
    h.prompt()
    for line, part in (("help", "system_reset"), ("info", "info mtree"), ("print 1+2&3", "0x3\r\n"),
                       ("print /x -1", "0xffffffffffffffff"), ("print 1/0", "division by zero"),
                       ("print $nothing", "unknown register"), ("foo", "unknown command"),
                       ("inf status", "did you mean 'info'"), ("x", "an argument is missing"),
                       ("xp/2xw 0x40000000", "0000000040000000: 0x"), ("x/2i $pc", ":  "),
                       ("x/99999999 0", "at most"), ("x/4294967297 0", "at most"),
                       ("x/y 0", "invalid char"),
                       ("info registers", "PC "), ("info registers 9", "not available"),
                       ("info mtree", "address-space: memory"), ("info mtree -f", "flat view"),
                       ("info qtree", 'dev: pl011, id "'), ("info irq", "pending lines"),
                       ("info cpus", "* CPU #0"), ("info chardev", "compat_monitor"),
                       ("info mem", "the MMU is off"), ("info version", "."), ("info jit", "regions"),
                       ("gva2gpa 0x40000000", "gpa: 0x40000000"), ("nmi", "non-maskable"),
                       ("sendkey a", "keyboard"), ("cpu 9", "invalid CPU"), ("log foo", "foo"),
                       ("memsave 0x40000000 64 " + sock("m"), "(qemu)"), ("quit now", "extraneous")):
        text = h.run(line)
        check("hmp-" + line.replace(" ", "-").replace("/", "_"), part in text, text)
    begin = time.time()                            # the machine waits meanwhile
    h.run("sum 0 0x8000000")
    slow = 10 if build.endswith("san") else 1      # a byte at a time it took 9 s
    check("hmp-sum-time", time.time() - begin < 2 * slow, time.time() - begin)
    want = 0
    for byte in b"\0" * 9 + b"a" * 9000:
        want = ((want >> 1 | want << 15) + byte) & 0xffff
    text = h.run("sum 0x3fffff7 9009")
    check("hmp-sum", "\n%05d\r" % want in text, text)
    text = h.run("xp/65536s 0x4000000")
    check("hmp-strings", "at most" in text, text[-200:])
    check("hmp-memsave-file", os.path.getsize(sock("m")) == 64)
    gdb = sock("gdb")
    check("hmp-gdbserver", "listen" not in h.run("gdbserver unix:%s" % gdb) and
          os.path.exists(gdb))
    g = Client(gdb)
    g.send("$qRcmd,%s#%02x" % (b"print 6*7".hex(), sum(("qRcmd," + b"print 6*7".hex()).encode()) % 256))
    while b"#" not in g.buf or b"0x2a".hex().encode() not in g.buf:
        try:
            g.fill(5)
        except (TimeoutError, EOFError):
            break
    check("gdb-monitor", b"0x2a".hex().encode() in g.buf, g.buf)
    g.close()
    check("hmp-gdbserver-none", "(qemu)" in h.run("gdbserver none"))
    h.send("info stat\t")                           # completion, history, editing
    h.send("\r")
    check("hmp-completion", "VM status" in h.prompt())
    h.send("\x1b[A\x01\x0bprint 5\x1b[D7\r")
    check("hmp-editing", "0x4b" in h.prompt())
    h.send(b"\x00\xff\xfe\x1b[[[[[\x1b" + b"A" * 100000 + b"\r")
    check("hmp-garbage", "(qemu)" in h.prompt())
    h.close()


def test_cpus():
    q = Qmp(sock("qmp"))
    names = [c["name"] for c in q.run("query-cpu-definitions")["return"]]
    check("cpu-definitions", {"cortex-a35", "cortex-a76", "neoverse-n1", "max"} <= set(names), names)
    for n in names:
        r = q.run("query-cpu-model-expansion", type="full", model={"name": n})
        p = r.get("return", {}).get("model", {}).get("props", {})
        check("cpu-expansion-" + n, p.get("aarch64") is True and p.get("sve") is False and
              p.get("aes") is True, r)
    r = q.run("query-cpu-model-expansion", type="full",
              model={"name": "cortex-a72", "props": {"fhm": True, "pmu": False}})
    p = r["return"]["model"]["props"]
    check("cpu-expansion-props", p["fp16"] and p["fhm"] and not p["pmu"], r)
    for name, model in [("unknown", {"name": "cortex-a0"}), ("nameless", {}),
                        ("refused", {"name": "max", "props": {"sve": True}}),
                        ("no-prop", {"name": "max", "props": {"svee": True}}),
                        ("type", {"name": "max", "props": {"aes": 3}}),
                        ("list", {"name": "max", "props": [1]})]:
        r = q.run("query-cpu-model-expansion", type="full", model=model)
        check("cpu-expansion-" + name, "error" in r, r)
    q.close()


def test_keys():
    """Ctrl-A c on a terminal: to the monitor, back, and there again."""
    steps = r"""send \x01c
wait 10 \(qemu\)
send info status\r
wait 10 VM status: running
send \x01c
send \x01cquit\r
exit 10 0
tty-restored
"""
    r = subprocess.run([sys.executable, "tests/boot/console.py", mimic, "-M", "virt", "-m", "128M",
                        "-nographic", "-kernel", tmp + "/loop"], input=steps, text=True,
                       capture_output=True)
    if r.returncode == 77:
        print("skip monitor/ctrl-a-c " + r.stdout.strip())
        return
    check("ctrl-a-c", r.returncode == 0, r.stdout + r.stderr)


def main():
    test_keys()
    test_inherited()
    test_probe()
    test_no_reboot()
    with open(sock("flash"), "wb") as f:
        f.write(b"a" * FLASH_TEXT)
        f.truncate(64 << 20)
    with Machine("-S", "-name", "guest", "-uuid", UUID, "-drive",
                 "if=pflash,unit=1,readonly=on,file=" + sock("flash"), "-qmp", server("qmp"), "-qmp", server("qmp2"),
                 "-monitor", server("hmp")) as m:
        test_protocol()
        test_cpus()
        test_hmp()
        test_events()
        test_fds(m)
        test_slow()
        q = Qmp(sock("qmp"))
        check("quit", q.run("quit") == {"return": {}})
        check("quit-event", q.event("SHUTDOWN")["data"]["reason"] == "host-qmp-quit")
        check("quit-status", m.proc.wait(10) == 0)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


sys.exit(main())
