// SPDX-License-Identifier: MIT
// Sets of descriptors opened by others; see fdset.h.
#include "util/fdset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/args.h"
#include "util/str.h"
#include "util/vec.h"

typedef struct Member {
    u64 set;
    int fd;
    char *text;
} Member;

static VEC(Member) members; // sorted by set

static bool has_set(u64 set)
{
    vec_foreach (m, &members)
        if (m->set == set)
            return true;
    return false;
}

static u64 free_number(void)
{
    u64 n = 0;

    while (has_set(n))
        n++;
    return n;
}

bool fdset_add(u64 *set, int fd, const char *opaque, Error *err)
{
    size_t at = 0;

    vec_foreach (m, &members)
        if (m->fd == fd)
            return error_set_class(err, ERROR_INVALID, "descriptor %d is in set %llu already", fd,
                                   (unsigned long long)m->set);
    if (members.len >= FDSET_MOST) {
        close(fd);
        return error_set_class(err, ERROR_INVALID, "there are %u descriptors in sets already; "
                               "remove some", FDSET_MOST);
    }
    if (*set == FDSET_NEW)
        *set = free_number();
    while (at < members.len && members.at[at].set <= *set)
        at++;
    vec_insert(&members, at, (Member){ *set, fd, opaque ? xstrdup(opaque) : NULL });
    return true;
}

static void drop(size_t at)
{
    close(members.at[at].fd);
    free(members.at[at].text);
    vec_remove(&members, at);
}

bool fdset_remove(u64 set, i64 fd, Error *err)
{
    bool found = false;

    for (size_t i = members.len; i-- > 0;)
        if (members.at[i].set == set && (fd < 0 || members.at[i].fd == fd)) {
            drop(i);
            found = true;
        }
    if (found)
        return true;
    if (fd < 0)
        return error_set_class(err, ERROR_NOT_FOUND,
                               "File descriptor named 'fdset-id:%llu' not found",
                               (unsigned long long)set);
    return error_set_class(err, ERROR_NOT_FOUND,
                           "File descriptor named 'fdset-id:%llu, fd:%lld' not found",
                           (unsigned long long)set, (long long)fd);
}

void fdset_each(void (*fn)(void *opaque, u64 set, int fd, const char *text), void *opaque)
{
    vec_foreach (m, &members)
        fn(opaque, m->set, m->fd, m->text);
}

void fdset_close_all(void)
{
    while (members.len)
        drop(members.len - 1);
    vec_free(&members);
}

static int copy_from(u64 set, int flags)
{
    vec_foreach (m, &members) {
        int has = m->set == set ? fcntl(m->fd, F_GETFL) : -1;

        if (has >= 0 && (has & O_ACCMODE) == (flags & O_ACCMODE))
            return fcntl(m->fd, F_DUPFD_CLOEXEC, 3);
    }
    errno = has_set(set) ? EACCES : ENOENT;
    return -1;
}

int path_open(const char *path, int flags, int mode)
{
    u64 set;

    if (str_starts(path, "/dev/fdset/") && parse_u64(path + 11, &set))
        return copy_from(set, flags);
    return open(path, flags | O_CLOEXEC, mode);
}
