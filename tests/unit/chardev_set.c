// SPDX-License-Identifier: MIT
// Character devices: option strings, mux keys, files, pseudo-terminals, sockets.
#include "chardev/set.h"
#include "tests/lib/test.h"
#include "util/alloc.h"
#include "util/str.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
    Loop loop;
    Input input;
    Clocks clocks;
    ChardevSet *set;
    ChardevFront front[2];
    Str got[2];
    size_t room;
    int events[8];
    int quits;
} Rig;

static Rig rig; // for the front-end functions

static size_t can_receive(void *o)
{
    (void)o;
    return rig.room;
}

static void receive(void *o, const u8 *buf, size_t n)
{
    str_addn(o, (const char *)buf, n);
    rig.room -= n < rig.room ? n : rig.room;
}

static void event(void *o, ChardevEvent ev)
{
    (void)o;
    rig.events[ev]++;
}

static void quit(void *o)
{
    (void)o;
    rig.quits++;
}

static void setup(void)
{
    Error err;

    input_init(&rig.input);
    TRUE(loop_init(&rig.loop, &err));
    clocks_init(&rig.clocks, &rig.input, &rig.loop);
    rig.set = chardevs_new();
    chardevs_hooks(rig.set, &(MuxHooks){ .quit = quit });
    rig.room = 1000;
    for (int i = 0; i < 2; i++)
        rig.front[i] = (ChardevFront){ &rig.got[i], can_receive, receive, event, NULL };
}

static void spin(int ms)
{
    u64 end = input_mono_ns(&rig.input) + (u64)ms * 1000000;

    while (input_mono_ns(&rig.input) < end)
        loop_once(&rig.loop, 1000000);
}

// What the peer gets, in a second at most.
static ssize_t heard(int fd, void *buf, size_t size)
{
    ssize_t n = -1;

    for (int i = 0; i < 200 && n < 0; i++) {
        n = read(fd, buf, size);
        if (n < 0)
            spin(5);
    }
    return n;
}

static void teardown(void)
{
    chardevs_stop(rig.set);
    chardevs_free(rig.set);
    clocks_fini(&rig.clocks);
    loop_fini(&rig.loop);
}

static void expect_error(const char *option, const char *text, const char *part)
{
    Chardev *c;
    Error err = { 0 };

    FALSE(chardevs_legacy(rig.set, option, text, "serial0", &c, &err));
    STR_HAS(err.text, part);
}

TEST(chardev_legacy_texts)
{
    static const struct { const char *from, *to; } t[] = {
        { "stdio", "stdio" },
        { "file:/tmp/a,b", "file,path=/tmp/a,,b" },
        { "tcp:localhost:4444,server,nowait", "socket,host=localhost,port=4444,server,nowait" },
        { "tcp::4444,server=on,wait=off", "socket,host=,port=4444,server=on,wait=off" },
        { "tcp:[::1]:99", "socket,host=::1,port=99" },
        { "unix:/tmp/x,server=on", "socket,path=/tmp/x,server=on" },
        { "null", "null" }, { "pty", "pty" },
    };
    Error err;

    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        char *s = legacy_to_chardev("-serial", t[i].from, false, &err);

        STR_EQ(s, t[i].to);
        free(s);
    }
    char *m = legacy_to_chardev("-serial", "stdio", true, &err);

    STR_EQ(m, "stdio,signal=off,mux=on");
    free(m);
}

TEST(chardev_errors)
{
    Error err = { 0 };

    setup();
    expect_error("-serial", "stdoi", "did you mean 'stdio'");
    expect_error("-serial", "tcp:4444", "tcp:HOST:PORT");
    expect_error("-serial", "file:/nonexistent/dir/x", "cannot write to /nonexistent/dir/x");
    expect_error("-serial", "unix:/nonexistent/dir/x,server,nowait", "cannot listen");
    expect_error("-serial", "unix:/tmp/x,sever", "did you mean 'server'");
    expect_error("-serial", "chardev:nope", "no chardev 'nope'");
    expect_error("-serial", "tcp:localhost:1,telnet=on", "telnet is not built in");
    expect_error("-serial", "tcp:127.0.0.1:1", "cannot connect");
    FALSE(chardevs_add(rig.set, "nul,id=a", &err));
    STR_HAS(err.text, "did you mean 'null'");
    FALSE(chardevs_add(rig.set, "null", &err));
    STR_HAS(err.text, "id=NAME");
    TRUE(chardevs_add(rig.set, "null,id=a", &err));
    FALSE(chardevs_add(rig.set, "null,id=a", &err));
    STR_HAS(err.text, "already");
    TRUE(chardevs_port(rig.set, "a", "x", &err) != NULL);
    TRUE(chardevs_port(rig.set, "a", "y", &err) == NULL);
    STR_HAS(err.text, "mux=on");
    teardown();
}

TEST(chardev_port_in_use)
{
    const char *path = test_file("sock", "", 0);
    char text[300];
    Chardev *c;
    Error err = { 0 };

    setup();
    unlink(path);
    snprintf(text, sizeof(text), "unix:%s,server,nowait", path);
    TRUE(chardevs_legacy(rig.set, "-serial", text, "serial0", &c, &err));
    FALSE(chardevs_legacy(rig.set, "-serial", text, "serial1", &c, &err));
    STR_HAS(err.text, "choose another path");
    teardown();
    TRUE(access(path, F_OK) < 0); // taken away at the end
}

TEST(chardev_stdio_once)
{
    Chardev *c;
    Error err = { 0 };

    setup();
    TRUE(chardevs_legacy(rig.set, "-serial", "stdio", "serial0", &c, &err));
    FALSE(chardevs_legacy(rig.set, "-monitor", "stdio", "monitor", &c, &err));
    STR_HAS(err.text, "mon:stdio");
    teardown();
}

// Output goes out in order, also what was written before start and at the very end.
TEST(chardev_file_output)
{
    char *in = xstrdup(test_file("in", "hello", 5)), *out = xstrdup(test_file("out", "", 0));
    char text[600], buf[64];
    Error err = { 0 };
    Chardev *c;
    int fd;

    setup();
    snprintf(text, sizeof(text), "file,id=f,path=%s,input-path=%s", out, in);
    TRUE(chardevs_add(rig.set, text, &err));
    c = chardevs_port(rig.set, "f", "x", &err);
    EQ(chardev_write(c, "one ", 4), 4);
    rig.room = 3;
    chardev_connect(c, &rig.front[0]);
    chardevs_start(rig.set, &rig.loop, &rig.input);
    spin(5);
    STR_EQ(str_text(&rig.got[0]), "hel"); // as far as there is room
    rig.room = 10;
    chardev_accept_input(c);
    spin(5);
    STR_EQ(str_text(&rig.got[0]), "hello");
    EQ(chardev_write(c, "two ", 4), 4);
    spin(5);
    EQ(chardev_write(c, "three", 5), 5);
    chardev_connect(c, NULL);
    teardown();
    fd = open(out, O_RDONLY);
    EQ(read(fd, buf, sizeof(buf)), 13);
    MEM_EQ(buf, "one two three", 13);
    close(fd);
    free(in);
    free(out);
}

static int unix_client(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    EQ(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

static const char *socket_path(void)
{
    const char *path = test_file("s", "", 0);

    unlink(path);
    return path;
}

TEST(chardev_socket_server)
{
    const char *path = socket_path();
    char text[300], buf[16];
    Error err = { 0 };
    Chardev *c;
    int fd;

    setup();
    snprintf(text, sizeof(text), "unix:%s,server=on,wait=off", path);
    TRUE(chardevs_legacy(rig.set, "-serial", text, "serial0", &c, &err));
    chardev_connect(c, &rig.front[0]);
    chardevs_start(rig.set, &rig.loop, &rig.input);
    EQ(chardev_write(c, "lost", 4), 4); // nobody there
    for (int round = 1; round <= 2; round++) {
        fd = unix_client(path);
        spin(5);
        EQ(rig.events[CHARDEV_OPENED], round);
        EQ(chardev_write(c, "out", 3), 3);
        EQ(write(fd, "in", 2), 2);
        spin(5);
        EQ(heard(fd, buf, sizeof(buf)), 3);
        MEM_EQ(buf, "out", 3);
        close(fd);
        spin(5);
        EQ(rig.events[CHARDEV_CLOSED], round);
    }
    STR_EQ(str_text(&rig.got[0]), "inin");
    chardev_connect(c, NULL);
    teardown();
}

// A peer that does not read: short counts, no blocking, nothing lost.
TEST(chardev_backpressure)
{
    const char *path = socket_path();
    static u8 block[8192];
    size_t taken = 0, got = 0;
    char text[300];
    Error err = { 0 };
    Chardev *c;
    int fd;

    setup();
    snprintf(text, sizeof(text), "unix:%s,server,nowait", path);
    TRUE(chardevs_legacy(rig.set, "-serial", text, "serial0", &c, &err));
    chardevs_start(rig.set, &rig.loop, &rig.input);
    fd = unix_client(path);
    spin(5);
    for (int i = 0; i < 1000; i++) {
        size_t n = chardev_write(c, block, sizeof(block));

        taken += n;
        if (n < sizeof(block) && i > 100)
            break;
        loop_once(&rig.loop, 1000000);
    }
    TRUE(taken < 1000 * sizeof(block));
    for (int i = 0; i < 2000 && got < taken; i++) {
        ssize_t n = read(fd, block, sizeof(block));

        got += n > 0 ? (size_t)n : 0;
        loop_once(&rig.loop, 1000000);
    }
    EQ(got, taken);
    close(fd);
    teardown();
}

TEST(chardev_socket_reconnects)
{
    const char *path = socket_path();
    char text[300];
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    Error err = { 0 };
    Chardev *c;
    int fd, peer;

    setup();
    snprintf(text, sizeof(text), "unix:%s,reconnect=1", path);
    TRUE(chardevs_legacy(rig.set, "-serial", text, "serial0", &c, &err));
    chardev_connect(c, &rig.front[0]);
    chardevs_start(rig.set, &rig.loop, &rig.input);
    spin(20);
    EQ(rig.events[CHARDEV_OPENED], 0);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    EQ(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    EQ(listen(fd, 1), 0);
    spin(1100);
    EQ(rig.events[CHARDEV_OPENED], 1);
    peer = accept(fd, NULL, NULL);
    EQ(write(peer, "x", 1), 1);
    spin(5);
    STR_EQ(str_text(&rig.got[0]), "x");
    close(peer);
    close(fd);
    chardev_connect(c, NULL);
    teardown();
}

// A mux over a Unix socket: the test is the terminal.
TEST(chardev_mux_keys)
{
    const char *path = socket_path();
    char text[300], buf[2000] = "";
    Error err = { 0 };
    Chardev *serial, *monitor;
    int fd;

    setup();
    snprintf(text, sizeof(text), "mon:unix:%s,server,nowait", path);
    TRUE(chardevs_legacy(rig.set, "-serial", text, "serial0", &serial, &err));
    monitor = chardevs_port(rig.set, "serial0", "monitor", &err);
    TRUE(monitor && monitor != serial);
    chardev_connect(serial, &rig.front[0]);
    chardev_connect(monitor, &rig.front[1]);
    chardevs_start(rig.set, &rig.loop, &rig.input);
    fd = unix_client(path);
    spin(5);
    EQ(write(fd, "ab\001cde\001\001\001cf\001b\001x", 15), 15);
    chardev_write(serial, "S", 1);
    chardev_write(monitor, "M", 1);
    spin(5);
    STR_EQ(str_text(&rig.got[0]), "abf");
    STR_EQ(str_text(&rig.got[1]), "de\001");
    EQ(rig.events[CHARDEV_BREAK], 1);
    EQ(rig.events[CHARDEV_MUX_IN], 2);
    EQ(rig.quits, 1);
    EQ(write(fd, "\001h\001thi", 6), 6);
    spin(5);
    chardev_write(serial, "line\nnext", 9);
    spin(5);
    TRUE(read(fd, buf, sizeof(buf) - 1) > 0);
    STR_HAS(buf, "SM");
    STR_HAS(buf, "C-a x    leave");
    STR_HAS(buf, "] line\n[");
    STR_EQ(str_text(&rig.got[0]), "abfhi");
    close(fd);
    chardev_connect(serial, NULL);
    chardev_connect(monitor, NULL);
    teardown();
}

TEST(chardev_mux_holds_input)
{
    const char *path = socket_path();
    static char block[10000];
    char text[300];
    Error err = { 0 };
    Chardev *serial;
    int fd;

    setup();
    snprintf(text, sizeof(text), "mon:unix:%s,server,nowait", path);
    TRUE(chardevs_legacy(rig.set, "-serial", text, "serial0", &serial, &err));
    chardev_connect(serial, &rig.front[0]);
    chardevs_start(rig.set, &rig.loop, &rig.input);
    fd = unix_client(path);
    rig.room = 0;
    memset(block, 'x', sizeof(block));
    EQ(write(fd, block, sizeof(block)), sizeof(block));
    spin(10);
    EQ(rig.got[0].len, 0);
    for (int i = 0; i < 20; i++) {
        rig.room = 999;
        chardev_accept_input(serial);
        spin(2);
    }
    EQ(rig.got[0].len, sizeof(block)); // none lost
    close(fd);
    chardev_connect(serial, NULL);
    teardown();
}

TEST(chardev_pty)
{
    char name[256] = "", line[256];
    int saved = dup(2), fd, p[2];
    Error err = { 0 };
    Chardev *c;

    setup();
    EQ(pipe(p), 0);
    dup2(p[1], 2);
    bool ok = chardevs_legacy(rig.set, "-serial", "pty", "serial0", &c, &err);

    dup2(saved, 2);
    if (!ok)
        SKIP("%s", err.text);
    ssize_t n = read(p[0], line, sizeof(line) - 1);

    line[n] = 0;
    EQ(sscanf(line, "char device redirected to %255s", name), 1);
    chardev_connect(c, &rig.front[0]);
    chardevs_start(rig.set, &rig.loop, &rig.input);
    spin(10);
    EQ(rig.events[CHARDEV_OPENED], 0);
    EQ(chardev_write(c, "lost", 4), 4);
    fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    spin(300);
    EQ(rig.events[CHARDEV_OPENED], 1);
    EQ(write(fd, "in", 2), 2);
    EQ(chardev_write(c, "out", 3), 3);
    for (int i = 0; i < 500 && rig.got[0].len < 2; i++) // when the host passes it on
        spin(10);
    STR_EQ(str_text(&rig.got[0]), "in");
    EQ(heard(fd, line, sizeof(line)), 3);
    close(fd);
    spin(20);
    EQ(rig.events[CHARDEV_CLOSED], 1);
    chardev_connect(c, NULL);
    teardown();
}
