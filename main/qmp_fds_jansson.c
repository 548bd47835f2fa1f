// SPDX-License-Identifier: MIT
// Descriptors that a client passes along with a command (SCM_RIGHTS on a Unix socket): named
// ones, the session's own, and those of sets (util/fdset.h), the program's.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main/qmp.h"
#include "util/alloc.h"
#include "util/fdset.h"

#define NAMED_MOST 256u // of one session

static bool take(Qmp *q, int *fd)
{
    *fd = chardev_take_fd(q->mon->c);
    return *fd >= 0 || error_set(q->err, "No file descriptor supplied via SCM_RIGHTS");
}

static void drop(QmpFds *fds, size_t i)
{
    close(fds->at[i].fd);
    free(fds->at[i].name);
    vec_remove(fds, i);
}

static bool drop_name(QmpFds *fds, const char *name)
{
    for (size_t i = 0; i < fds->len; i++)
        if (str_eq(fds->at[i].name, name))
            return drop(fds, i), true;
    return false;
}

void qmp_fds_free(QmpFds *fds)
{
    while (fds->len)
        drop(fds, fds->len - 1);
    vec_free(fds);
}

json_t *qmp_getfd(Qmp *q, const json_t *args)
{
    const char *name = json_string_value(json_object_get(args, "fdname"));
    int fd;

    if (!take(q, &fd))
        return NULL;
    if (isdigit((u8)*name)) {
        error_set(q->err, "Parameter 'fdname' expects a name not starting with a digit");
    } else {
        drop_name(q->fds, name);
        if (q->fds->len < NAMED_MOST) {
            vec_push(q->fds, (QmpFd){ xstrdup(name), fd });
            return NULL;
        }
        error_set(q->err, "there are %u named descriptors already; close some", NAMED_MOST);
    }
    close(fd);
    return NULL;
}

json_t *qmp_closefd(Qmp *q, const json_t *args)
{
    const char *name = json_string_value(json_object_get(args, "fdname"));

    if (!drop_name(q->fds, name))
        error_set(q->err, "File descriptor named '%.200s' not found", name);
    return NULL;
}

// A number that is not negative; def if it is not given.
static bool number(Qmp *q, const json_t *args, const char *name, i64 def, i64 *out)
{
    const json_t *j = json_object_get(args, name);

    *out = j ? json_integer_value(j) : def;
    return !j || *out >= 0 ||
           error_set(q->err, "Parameter '%s' expects a non-negative value", name);
}

json_t *qmp_add_fd(Qmp *q, const json_t *args)
{
    i64 wanted;
    u64 set;
    int fd;

    if (!take(q, &fd))
        return NULL;
    if (!number(q, args, "fdset-id", -1, &wanted)) {
        close(fd);
        return NULL;
    }
    set = wanted < 0 ? FDSET_NEW : (u64)wanted;
    if (!fdset_add(&set, fd, json_string_value(json_object_get(args, "opaque")), q->err))
        return NULL;
    return json_pack("{sIsi}", "fdset-id", (json_int_t)set, "fd", fd);
}

json_t *qmp_remove_fd(Qmp *q, const json_t *args)
{
    i64 set, fd;

    if (number(q, args, "fdset-id", 0, &set) && number(q, args, "fd", -1, &fd))
        fdset_remove((u64)set, fd, q->err);
    return NULL;
}

static void add_member(void *opaque, u64 set, int fd, const char *text)
{
    json_t *sets = opaque, *row = json_pack("{si}", "fd", fd);
    json_t *last = json_array_get(sets, json_array_size(sets) - 1);

    if (text)
        json_object_set_new(row, "opaque", json_string(text));
    if (!last || (u64)json_integer_value(json_object_get(last, "fdset-id")) != set) {
        last = json_pack("{sIs[]}", "fdset-id", (json_int_t)set, "fds");
        json_array_append_new(sets, last);
    }
    json_array_append_new(json_object_get(last, "fds"), row);
}

json_t *qmp_query_fdsets(Qmp *q, const json_t *args)
{
    json_t *sets = json_array();

    (void)q;
    (void)args;
    fdset_each(add_member, sets);
    return sets;
}
