// SPDX-License-Identifier: MIT
// In the background; see daemon.h.
#include "main/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/str.h"

static struct {
    int ready;              // the caller's process waits at the other end; 0: none
    int pid_fd;
    char *pid_path;         // absolute; NULL: none
} background;

// The caller's process: a byte means that all is well, the end of the pipe that it is not, and
// then a line has been written about it.
static void wait_for(int fd)
{
    char byte;
    ssize_t n;

    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    _exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

bool daemon_begin(Error *err)
{
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC))
        return error_errno(err, "-daemonize: cannot make a pipe");
    fflush(NULL);
    pid = fork();
    if (pid < 0)
        return error_errno(err, "-daemonize: cannot fork");
    if (pid > 0) {
        close(fds[1]);
        wait_for(fds[0]);
    }
    close(fds[0]);
    background.ready = fds[1];
    setsid();
    pid = fork(); // no session leader: no terminal ever becomes its own again
    if (pid < 0)
        return error_errno(err, "-daemonize: cannot fork");
    if (pid > 0)
        _exit(EXIT_SUCCESS);
    return true;
}

bool daemon_ready(bool keep_stderr, Error *err)
{
    int null;
    bool ok;

    if (!background.ready)
        return true;
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    ok = null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0;
    if (ok)
        ok = write(background.ready, "", 1) == 1;
    if (!ok)
        return error_errno(err, "-daemonize: cannot let go of the terminal");
    if (!keep_stderr)
        dup2(null, STDERR_FILENO);
    close(null);
    close(background.ready);
    background.ready = 0;
    return true;
}

static char *absolute(const char *path)
{
    char *dir = *path == '/' ? NULL : getcwd(NULL, 0);
    char *whole = dir ? xasprintf("%s/%s", dir, path) : xstrdup(path);

    free(dir);
    return whole;
}

bool pidfile_open(const char *path, Error *err)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool ok;

    if (fd < 0)
        return error_errno(err, "-pidfile: cannot write %s", path);
    if (fcntl(fd, F_SETLK, &lock)) {
        close(fd);
        return error_set_class(err, ERROR_HOST, "-pidfile: %s is another running machine's; end "
                               "that one or name another file", path);
    }
    ok = !ftruncate(fd, 0) && dprintf(fd, "%ld\n", (long)getpid()) > 0;
    if (!ok) {
        error_errno(err, "-pidfile: cannot write %s", path);
        close(fd);
        return false;
    }
    background.pid_fd = fd;
    background.pid_path = absolute(path);
    return true;
}

void pidfile_close(void)
{
    if (!background.pid_path)
        return;
    unlink(background.pid_path);
    close(background.pid_fd);
    free(background.pid_path);
    background.pid_path = NULL;
}
