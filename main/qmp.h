// SPDX-License-Identifier: MIT
// QMP's tables.  A command is a row: its arguments and its result are written as members of QAPI
// objects, "name:type name?:type" (? = optional; [T] = array of T); from them come the check of
// arguments and query-qmp-schema.  Loop thread.
#pragma once

#include <jansson.h>

#include "main/monitor_int.h"
#include "util/vec.h"

// Descriptors by name: of one session, closed with it.
typedef struct QmpFd { char *name; int fd; } QmpFd;
typedef VEC(QmpFd) QmpFds;
void qmp_fds_free(QmpFds *fds);

typedef struct Qmp {
    Monitors *all;
    Monitor *mon;
    QmpFds *fds;
    Machine *m;
    Error *err;
    const char *cls;            // QMP's class of err, if not GenericError
} Qmp;

typedef struct QmpCommand {
    const char *name, *args, *returns;  // returns: a type, or NULL
    // A new reference; NULL: {} or, with err set, an error.  args: checked, never NULL.
    json_t *(*run)(Qmp *q, const json_t *args);
} QmpCommand;

typedef struct QmpType {
    const char *name;
    const char *members;        // of an object
    const char *values;         // of an enum, blanks between
} QmpType;

typedef struct QmpEvent { const char *name, *data; } QmpEvent;

extern const QmpCommand qmp_commands[];
extern const size_t qmp_command_count;

// One member of a "name?:type ..." list.  False at the end.
typedef struct QmpMember { char name[40], type[40]; bool optional; } QmpMember;
bool qmp_member(const char **p, QmpMember *m);
#define QMP_MORE "..."  // as a member's name ("...?:any"): members that are not listed may follow

const QmpType *qmp_type(const char *name); // NULL: built in, or an array
bool qmp_check(const char *members, const json_t *args, Error *err);
json_t *qmp_schema(Qmp *q, const json_t *args); // query-qmp-schema

// In files of their own: qmp_fds_jansson.c.
json_t *qmp_getfd(Qmp *q, const json_t *args);
json_t *qmp_closefd(Qmp *q, const json_t *args);
json_t *qmp_add_fd(Qmp *q, const json_t *args);
json_t *qmp_remove_fd(Qmp *q, const json_t *args);
json_t *qmp_query_fdsets(Qmp *q, const json_t *args);
// qmp_probe_jansson.c
json_t *qmp_qom_list_properties(Qmp *q, const json_t *args);
json_t *qmp_query_gic(Qmp *q, const json_t *args);
json_t *qmp_query_pci(Qmp *q, const json_t *args);
json_t *qmp_query_hotpluggable(Qmp *q, const json_t *args);
json_t *qmp_query_block(Qmp *q, const json_t *args);
json_t *qmp_query_uuid(Qmp *q, const json_t *args);
// qmp_objects_jansson.c
json_t *qmp_object_add(Qmp *q, const json_t *args);
json_t *qmp_object_del(Qmp *q, const json_t *args);
json_t *qmp_query_memdev(Qmp *q, const json_t *args);

void qmp_add_props(json_t *list, const Prop *props, size_t max); // a class's properties as rows
json_t *qmp_prop_value(const void *self, const Prop *p);
