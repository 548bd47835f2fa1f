// SPDX-License-Identifier: MIT
// chardev socket: TCP (host, port) or Unix (path), as client or as server of one client at
// a time.  A server with wait=on (the default) waits in open() for its first client.  A
// client with reconnect=N tries again every N seconds, one without fails in open() if
// nobody answers.  Without a peer, output is swallowed.
// Missing on purpose: telnet and websocket protocols, TLS.
#include "chardev/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/log.h"
#include "util/str.h"

LOG_CATEGORY("chardev.socket")

typedef union {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
} Address;

typedef struct {
    Backend b;
    FdPort port;
    bool server, nodelay;
    u64 reconnect;      // seconds; 0 = no
    Address addr;
    socklen_t addr_len;
    char *where;        // for messages
    char *unlink_path;  // a server's, on the way out
    LoopWatch watch;    // listening, or connecting; .fd -1: none
    int listener;       // -1: none
    int peer;           // accepted or connected before start; -1
    Timer again;
} Socket;

static Socket *socket_of(Chardev *c) { return container_of(c, Socket, b.c); }

static size_t socket_write(Chardev *c, const u8 *buf, size_t len)
{
    return fdport_write(&socket_of(c)->port, buf, len);
}

static int socket_take_fd(Chardev *c) { return fdport_take_fd(&socket_of(c)->port); }

static void socket_accept(Chardev *c) { fdport_accept(&socket_of(c)->port); }

static int make_socket(const Socket *s)
{
    return socket(s->addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

// ---- connections: loop thread --------------------------------------------------------------

static void use_peer(Socket *s, int fd)
{
    int one = 1;

    if (s->nodelay && s->addr.any.sa_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    s->port.passes = s->addr.any.sa_family == AF_UNIX;
    fdport_open(&s->port, fd, fd, true);
    chardev_front_event(&s->b.c, CHARDEV_OPENED);
}

static void watch(Socket *s, int fd, u32 events, void (*fn)(void *opaque, u32 ev))
{
    Error err;

    s->watch = (LoopWatch){ .fd = fd, .events = events, .fn = fn, .opaque = s };
    if (!loop_watch(s->b.c.loop, &s->watch, &err))
        log_error("%s: %s", s->b.c.name, err.text);
}

static void client_came(void *opaque, u32 events)
{
    Socket *s = opaque;
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    if (fd < 0)
        return;
    loop_unwatch(s->b.c.loop, &s->watch); // one at a time
    use_peer(s, fd);
}

static void connected(void *opaque, u32 events)
{
    Socket *s = opaque;
    int fd = s->watch.fd, e = 0;
    socklen_t n = sizeof(e);

    (void)events;
    loop_unwatch(s->b.c.loop, &s->watch);
    s->watch.fd = -1;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0) {
        use_peer(s, fd);
        return;
    }
    log_info("%s: no connection to %s: %s", s->b.c.name, s->where, strerror(e));
    close(fd);
    timer_arm_seconds(&s->again, (u32)s->reconnect);
}

static void try_again(void *opaque)
{
    Socket *s = opaque;
    int fd = make_socket(s);

    if (fd < 0) {
        timer_arm_seconds(&s->again, (u32)s->reconnect);
        return;
    }
    // success or not, the descriptor becomes writable and tells
    if (connect(fd, &s->addr.any, s->addr_len) < 0 && errno != EINPROGRESS) {
        close(fd);
        timer_arm_seconds(&s->again, (u32)s->reconnect);
        return;
    }
    watch(s, fd, LOOP_WRITE, connected);
}

static void gone(void *opaque)
{
    Socket *s = opaque;

    fdport_shut(&s->port);
    chardev_front_event(&s->b.c, CHARDEV_CLOSED);
    if (s->server)
        watch(s, s->listener, LOOP_READ, client_came);
    else if (s->reconnect)
        timer_arm_seconds(&s->again, (u32)s->reconnect);
}

// ---- life ----------------------------------------------------------------------------------

static void socket_start(Backend *b)
{
    Socket *s = socket_of(&b->c);

    timer_init(&s->again, b->c.loop->clocks, CLOCK_REAL, try_again, s);
    fdport_start(&s->port);
    if (s->peer >= 0) {
        use_peer(s, s->peer);
        s->peer = -1;
    } else if (s->server) {
        watch(s, s->listener, LOOP_READ, client_came);
    } else if (s->reconnect) {
        timer_arm_in(&s->again, 0);
    }
}

static void socket_stop(Backend *b)
{
    Socket *s = socket_of(&b->c);

    timer_fini(&s->again);
    loop_unwatch(b->c.loop, &s->watch);
    if (!s->server && s->watch.fd >= 0) // half connected
        close(s->watch.fd);
    s->watch.fd = -1;
    fdport_stop(&s->port);
}

static void socket_free(Socket *s)
{
    fdport_fini(&s->port);
    if (s->peer >= 0)
        close(s->peer);
    if (s->listener >= 0)
        close(s->listener);
    if (s->unlink_path)
        unlink(s->unlink_path);
    free(s->unlink_path);
    free(s->where);
    backend_fini(&s->b);
    free(s);
}

static void socket_close(Chardev *c)
{
    backend_stop(backend_of(c));
    socket_free(socket_of(c));
}

static const ChardevOps socket_ops = {
    .name = "socket", .write = socket_write, .accept_input = socket_accept,
    .front_changed = socket_accept, .take_fd = socket_take_fd, .close = socket_close,
};

// ---- open ----------------------------------------------------------------------------------

static bool unix_address(Socket *s, const char *path, Error *err)
{
    size_t n = strlen(path);

    if (n >= sizeof(s->addr.un.sun_path))
        return error_set_class(err, ERROR_INVALID, "path %s is too long for a socket: at most %zu"
                               " characters", path, sizeof(s->addr.un.sun_path) - 1);
    s->addr.un.sun_family = AF_UNIX;
    memcpy(s->addr.un.sun_path, path, n + 1);
    s->addr_len = sizeof(s->addr.un);
    s->where = xstrdup(path);
    return true;
}

// getaddrinfo cuts a number off to 16 bits; the name of a service is left to it.
static bool port_fits(const char *port, Error *err)
{
    bool number = *port && !port[strspn(port, "0123456789")];

    return !number || (strlen(port) < 8 && strtoul(port, NULL, 10) <= UINT16_MAX) ||
           error_set_class(err, ERROR_INVALID, "port %s: give one of 1 to 65535", port);
}

static bool tcp_address(Socket *s, const char *host, const char *port, Error *err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = s->server ? AI_PASSIVE : 0 };
    struct addrinfo *list;
    int e;

    if (!port_fits(port, err))
        return false;
    e = getaddrinfo(host && *host ? host : NULL, port, &hints, &list);
    s->where = xasprintf("%s:%s", host ? host : "", port);
    if (e)
        return error_set_class(err, ERROR_HOST, "cannot find %s: %s", s->where, gai_strerror(e));
    memcpy(&s->addr, list->ai_addr, list->ai_addrlen);
    s->addr_len = list->ai_addrlen;
    freeaddrinfo(list);
    return true;
}

// A socket left behind by a process that is gone refuses connections; a living one's is
// not taken away.
static void remove_stale(const Socket *s, const char *path)
{
    struct stat st;
    int fd;

    if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode) || (fd = make_socket(s)) < 0)
        return;
    if (connect(fd, &s->addr.any, s->addr_len) < 0 && errno == ECONNREFUSED)
        unlink(path);
    close(fd);
}

static bool listen_on(Socket *s, const char *path, Error *err)
{
    int one = 1;

    if (path)
        remove_stale(s, path);
    s->listener = make_socket(s);
    if (s->listener < 0)
        return error_errno(err, "cannot make a socket");
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(s->listener, &s->addr.any, s->addr_len) < 0 || listen(s->listener, 1) < 0) {
        bool used = errno == EADDRINUSE;

        error_errno(err, "cannot listen on %s", s->where);
        if (used)
            error_hint(err, ": choose another %s", path ? "path" : "port");
        return false;
    }
    if (path)
        s->unlink_path = xstrdup(path);
    return true;
}

static bool wait_for_client(Socket *s, Error *err)
{
    struct pollfd p = { .fd = s->listener, .events = POLLIN };

    fprintf(stderr, "mimic: waiting for a connection to %s (label %s)\n", s->where, s->b.c.name);
    while ((s->peer = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            return error_errno(err, "cannot accept a connection to %s", s->where);
        poll(&p, 1, -1);
    }
    return true;
}

static bool connect_now(Socket *s, Error *err)
{
    struct pollfd p = { .events = POLLOUT };
    socklen_t n = sizeof(int);
    int e = 0;

    s->peer = p.fd = make_socket(s);
    if (s->peer < 0)
        return error_errno(err, "cannot make a socket");
    if (connect(s->peer, &s->addr.any, s->addr_len) == 0)
        return true;
    if (errno == EINPROGRESS) {
        poll(&p, 1, -1);
        getsockopt(s->peer, SOL_SOCKET, SO_ERROR, &e, &n);
        if (!e)
            return true;
        errno = e;
    }
    error_errno(err, "cannot connect to %s", s->where);
    error_hint(err, ": start the other side first, or give reconnect=SECONDS");
    return false;
}

// Someone else's socket: what -chardev fd=N says was opened by who started this program.
static bool inherited(Socket *s, u64 fd, Error *err)
{
    int listens = 0;
    socklen_t n = sizeof(listens);

    s->addr_len = sizeof(s->addr);
    s->where = xasprintf("fd=%llu", (unsigned long long)fd);
    if (fd > INT32_MAX || getsockname((int)fd, &s->addr.any, &s->addr_len) ||
        getsockopt((int)fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n))
        return error_set_class(err, ERROR_INVALID, "fd=%llu is no socket that this program was "
                               "started with", (unsigned long long)fd);
    if (s->server != (listens != 0))
        return error_set_class(err, ERROR_INVALID, "fd=%llu is a socket that %s; say server=%s",
                               (unsigned long long)fd, listens ? "listens" : "does not listen",
                               listens ? "on" : "off");
    if (s->reconnect)
        return error_set_class(err, ERROR_INVALID, "reconnect= and fd= do not go together");
    *(s->server ? &s->listener : &s->peer) = (int)fd;
    fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    return fd_nonblock((int)fd, err);
}

static bool setup(Socket *s, Args *a, Error *err)
{
    const char *path = args_str(a, "path", NULL), *host = args_str(a, "host", NULL);
    const char *port = args_str(a, "port", NULL);
    bool wait, telnet;
    u64 fd;

    if (!args_bool(a, "server", false, &s->server, err) ||
        !args_bool(a, "wait", s->server, &wait, err) ||
        !args_bool(a, "telnet", false, &telnet, err) ||
        !args_bool(a, "delay", true, &s->nodelay, err) ||
        !args_u64(a, "reconnect", 0, &s->reconnect, err) || !args_u64(a, "fd", 0, &fd, err))
        return false;
    s->nodelay = !s->nodelay;
    if (telnet)
        return error_set_class(err, ERROR_UNSUPPORTED, "telnet is not built in: leave it off");
    if (s->reconnect > 86400)
        return error_set_class(err, ERROR_INVALID, "reconnect=%llu: give seconds, at most 86400",
                               (unsigned long long)s->reconnect);
    if (!!path + !!port + !!args_find(a, "fd") != 1)
        return error_set_class(err, ERROR_INVALID,
                               "give one of path=PATH, fd=FD or host=HOST,port=PORT");
    if (args_find(a, "fd"))
        return inherited(s, fd, err) && (!s->server || !wait || wait_for_client(s, err));
    if (path ? !unix_address(s, path, err) : !tcp_address(s, host, port, err))
        return false;
    if (s->server)
        return listen_on(s, path, err) && (!wait || wait_for_client(s, err));
    return s->reconnect || connect_now(s, err);
}

static Chardev *socket_open(const char *id, Args *args, Loop *loop, Input *input, Error *err)
{
    Socket *s = xalloc(sizeof(*s));

    s->watch.fd = s->listener = s->peer = -1;
    backend_init(&s->b, id, &socket_ops);
    s->b.start = socket_start;
    s->b.stop = socket_stop;
    fdport_init(&s->port, &s->b.c, gone, s);
    signal(SIGPIPE, SIG_IGN);
    if (!setup(s, args, err)) {
        socket_free(s);
        error_prefix(err, "chardev %s: ", id);
        return NULL;
    }
    if (loop)
        backend_start(&s->b, loop, input);
    return &s->b.c;
}

static const ArgDesc socket_args[] = {
    { "host", ARG_STRING, "name or address" },
    { "port", ARG_STRING, "TCP port" },
    { "path", ARG_STRING, "Unix socket" },
    { "fd", ARG_U64, "a socket that this program was started with" },
    { "server", ARG_BOOL, "listen instead of connecting (off)" },
    { "wait", ARG_BOOL, "a server waits for its first client (on)" },
    { "reconnect", ARG_U64, "a client tries again after so many seconds (0: never)" },
    { "delay", ARG_BOOL, "off: TCP_NODELAY" },
    { "telnet", ARG_BOOL, "only off" },
    { 0 },
};

CHARDEV(socket, "socket", .desc = "TCP or Unix socket, client or server", .args = socket_args,
        .open = socket_open)
