// SPDX-License-Identifier: MIT
// Loaders: files from the command line into guest memory, before the first and every later
// reset.  Everything in a file is hostile: nothing is believed before it is checked against
// the file's size and the machine's RAM.  Main or loop thread, machine paused.
#pragma once

#include <stdio.h>

#include "core/machine.h"
#include "util/error.h"
#include "util/vec.h"

// ---- files --------------------------------------------------------------------------

#define BOOT_HEAD 65536 // first bytes looked at, decompressed

// A file as a stream of bytes, gzip undone on the way.
typedef struct BootFile {
    const char *path;
    FILE *f;
    void *gz;               // gzFile, or NULL: not compressed
    u64 size;               // of the file itself
    u8 *head;               // BOOT_HEAD bytes, zero beyond head_len
    size_t head_len;
    size_t given;           // of head, to boot_file_take
} BootFile;

// Refuses directories, devices, empty files.  unzip: look for gzip.
bool boot_file_open(BootFile *b, const char *path, bool unzip, Error *err);
void boot_file_close(BootFile *b);
// Exactly len bytes, or an error that says the file is cut off.
bool boot_file_take(BootFile *b, void *to, u64 len, Error *err);
// From here to the end, at most `room` bytes; more is an error ("does not fit").
bool boot_file_rest(BootFile *b, void *to, u64 room, u64 *got, Error *err);
// Up to len bytes; *got < len means the end.
bool boot_file_some(BootFile *b, void *to, u64 len, u64 *got, Error *err);
bool boot_file_seek(BootFile *b, u64 at, Error *err); // plain files only

// Keys of -device loader and -fw_cfg.
extern const ArgDesc boot_loader_keys[], boot_fw_cfg_keys[];

// ---- memory ---------------------------------------------------------------------------

// The RAM that -m gave, where the machine has mapped it.
typedef struct BootRam {
    RamBlock *ram;
    Gpa base;
    u64 size;
    Symbols *symbols;       // of ELF files go here; NULL: nobody wants them
} BootRam;

static inline Gpa boot_ram_end(const BootRam *r) { return r->base + r->size; }
// Host address of [at, at + len), or NULL if that is not all inside.
void *boot_ram_at(const BootRam *r, Gpa at, u64 len);
// To be called after bytes were stored through it.
void boot_ram_written(const BootRam *r, Gpa at, u64 len);

// ---- kernels -----------------------------------------------------------------------------

typedef enum { BOOT_ARM64_IMAGE, BOOT_ELF, BOOT_FLAT } BootKind;

typedef struct BootKernel {
    BootKind kind;
    Gpa entry;
    Gpa start, end;         // of all it occupies
    // Parts in between, for who wants to put something there.
    struct { Gpa start, end; } part[16];
    u32 parts;
} BootKernel;

// What the first bytes are, for messages: "an x86 kernel (bzImage)"; NULL: not known.
const char *boot_foreign(const u8 *head, size_t len);

// An arm64 Image, an ELF file for `elf_machine`, or a flat binary at base + flat_at; with
// known_only, a flat binary is refused.
bool boot_kernel(BootKernel *k, const BootRam *ram, const char *path, u16 elf_machine,
                 u64 flat_at, bool known_only, Error *err);
// What it is, without loading (for defaults).
bool boot_kernel_kind(const char *path, BootKind *kind, Error *err);

bool boot_is_arm64_image(const u8 *head, size_t len);
bool boot_arm64_image(BootKernel *k, const BootRam *ram, BootFile *b, Error *err);
bool boot_is_elf(const u8 *head, size_t len);
// Symbols of an ELF file that boot_elf took; never fails, only leaves out.
void boot_elf_symbols(Symbols *to, BootFile *b, u64 bias);
bool boot_elf(BootKernel *k, const BootRam *ram, BootFile *b, u16 machine, Error *err);
const char *boot_elf_machine_name(u32 machine); // "x86-64"; NULL: not known

// Initial RAM disk at `at` or later; *end comes back.
bool boot_initrd(const BootRam *ram, const char *path, Gpa at, Gpa *end, Error *err);

// A user's device tree, checked, with `extra` bytes of room; malloc'd.
void *boot_read_dtb(const char *path, size_t extra, Error *err);
// The same with the memory of `ram`, the command line (NULL: its own) and the initrd (none if
// the two are equal) put in.
void *boot_dtb(const char *path, const BootRam *ram, const char *append, Gpa initrd,
               Gpa initrd_end, size_t *size, Error *err);


// ---- firmware, and what it is given (m->fw_cfg must be there) ---------------------------------

// The rest of the file to memory at `at`, flash too; more than max bytes is an error.
bool boot_raw(Machine *m, BootFile *b, Gpa at, u64 max, Error *err);
bool boot_firmware(Machine *m, const char *path, Gpa at, u64 max, Error *err); // -bios
bool boot_fw_cfg_kernel(Machine *m, Error *err); // -kernel, -initrd, -append; at each reset
bool boot_fw_cfg_files(Machine *m, Error *err);  // -fw_cfg; once
// "-device loader": after the rest, as it may set where CPUs start.
bool boot_loaders(Machine *m, const BootRam *ram, u16 elf_machine, Error *err);
