// SPDX-License-Identifier: MIT
// The command line: QEMU's option names and meanings, as a table.  Strings are borrowed from
// argv unless said otherwise.  Main thread.
#pragma once

#include "core/machine.h"
#include "util/args.h"
#include "util/error.h"
#include "util/str.h"
#include "util/vec.h"

// By the name the program was called under.
typedef enum { CALLED_MIMIC, CALLED_AARCH64, CALLED_ARM, CALLED_X86_64, CALLED_I386 } CalledAs;

typedef struct AccelChoice {
    char *name;             // owned
    Args args;              // "-accel NAME,..."; empty for -M accel=
} AccelChoice;

typedef struct FlashFile {
    char *file;             // owned; NULL = none
    bool readonly;
} FlashFile;

// -monitor, -qmp, -qmp-pretty, -mon: which, and its value; "none" is one, too.
typedef struct MonitorChoice {
    const char *option, *val;
} MonitorChoice;

typedef struct Options {
    CalledAs called;
    MachineConfig config;   // filled by options_parse and options_settle
    const MachineClass *cls;
    Args machine;           // all -M, merged; the last of a key wins
    Args smp;               // -smp
    VEC(AccelChoice) accels;
    VEC(const char *) serials, chardevs, dirs; // in order
    VEC(MonitorChoice) monitors;
    const char *image;      // the argument without an option
    const char *cpu, *bios;
    FlashFile flash[MACHINE_FLASHES];
    VEC(const char *) fw_cfgs, loaders, object_texts;
    Objects objects;        // of object_texts and of monitors
    char *firmware_path;    // owned
    const char *log_items, *log_file;
    char *name, *append;    // owned
    const char *gdb;        // -gdb DEV; NULL: none
    Str semihost_args;      // arg=..., joined
    char *semihost_chardev; // owned
    bool nographic, no_display, verbose, stats, perfmap, daemonize, no_config;
    const char *pidfile, *uuid;
    bool accel_help, machine_help, cpu_help;
    bool done;              // help or version was asked for and printed
} Options;

// Reads argv; help that needs nothing else is printed at once (.done).
bool options_parse(Options *o, int argc, char **argv, Error *err);
// Finds the machine, checks and spreads its properties, fills in defaults.
bool options_settle(Options *o, Error *err);
void options_free(Options *o);
bool objects_make(Options *o, Error *err); // -object, in order
// Of each option that is built: its name in query-command-line-options, and the keys that its
// value may have, each once.
void options_each(void (*fn)(void *opaque, const char *name, const ArgDesc *keys), void *opaque);

// For rows: values that take some parsing (values.c).
bool set_machine(Options *o, const char *val, Error *err);
bool set_accel(Options *o, const char *val, Error *err);
bool set_enable_kvm(Options *o, const char *val, Error *err);
bool set_memory(Options *o, const char *val, Error *err);
bool set_smp(Options *o, const char *val, Error *err);
bool set_rtc(Options *o, const char *val, Error *err);
bool set_seed(Options *o, const char *val, Error *err);
bool set_check(Options *o, const char *val, Error *err);
bool set_icount(Options *o, const char *val, Error *err);
bool set_slow_clock(Options *o, const char *val, Error *err);
bool set_name(Options *o, const char *val, Error *err);
bool set_uuid(Options *o, const char *val, Error *err);
bool set_add_fd(Options *o, const char *val, Error *err);
bool set_semihosting(Options *o, const char *val, Error *err);
bool set_object(Options *o, const char *val, Error *err);
bool smp_spread(Options *o, Error *err); // -smp into config.cpus and -M smp.*

// Files that the machine keeps (drives.c).  Opened before there is a machine, closed after it.
bool set_drive(Options *o, const char *val, Error *err);
bool set_pflash(Options *o, const char *val, Error *err);
bool firmware_find(Options *o, const char *name, Error *err); // sets config.firmware

// Where firmware is, ended by a NULL dir: firmware_find looks there, doctor says what it saw.
typedef struct FirmwareRow {
    const char *dir;
    const char *file, *package, *what; // the file to expect and who has it, or NULL
    bool x86;                          // for machines that are not built: not searched
} FirmwareRow;
extern const FirmwareRow firmware_rows[];

bool drives_open(Options *o, Error *err);
void drives_close(Options *o);
void drives_free(Options *o);

// Lists (lists.c), to stdout.
void list_machines(void);
void list_machine_options(const MachineClass *cls);
void list_cpus(const MachineClass *cls);
// What -cpu "MODEL,...,help" asks for: the options of the model, as the others set them.
bool list_cpu_options(const MachineClass *cls, const char *text, Error *err);
void list_accels(void);
void list_objects(void);
bool list_object_options(const char *text, Error *err); // "CLASS,help"

// Keys of options, beside where they are read.
extern const ArgDesc machine_keys[]; // of -M, that every machine has
extern const ArgDesc memory_keys[], smp_keys[], rtc_keys[], name_keys[], add_fd_keys[];
extern const ArgDesc semihosting_keys[], mon_keys[], drive_keys[];

// Where the keys depend on the value: all of them (option_keys.c).
typedef VEC(ArgDesc) OptionKeys;
void option_keys_add(OptionKeys *all, const ArgDesc *table);
void option_keys_machine(OptionKeys *all);
void option_keys_cpu(OptionKeys *all);
void option_keys_accel(OptionKeys *all);
void option_keys_chardev(OptionKeys *all);
void option_keys_object(OptionKeys *all);
