// SPDX-License-Identifier: MIT
// -drive, -pflash, -bios: files that the machine keeps; see options.h.
#include <stdlib.h>
#include <unistd.h>

#include "block/file.h"
#include "main/options.h"
#include "util/alloc.h"

const ArgDesc drive_keys[] = {
    { "file", ARG_STRING, "the image" },
    { "if", ARG_STRING, "pflash: a flash bank; others are not built yet" },
    { "format", ARG_STRING, "raw" },
    { "unit", ARG_U64, "which bank, 0 or 1 (the next free one)" },
    { "index", ARG_U64, "as unit" },
    { "readonly", ARG_BOOL, "do not write to it (off)" },
    { "read-only", ARG_BOOL, "as readonly" },
    { "id", ARG_STRING, "a name" },
    { NULL, ARG_STRING, NULL },
};

// ---- options -----------------------------------------------------------------------------

static bool add_flash(Options *o, const char *option, const char *file, u64 unit, bool readonly,
                      Error *err)
{
    if (unit >= MACHINE_FLASHES)
        return error_set_class(err, ERROR_INVALID, "%s: flash bank %llu: there are only 0 "
                               "to %d", option, (unsigned long long)unit, MACHINE_FLASHES - 1);
    if (o->flash[unit].file)
        return error_set_class(err, ERROR_INVALID,
                               "%s: flash bank %llu has %s already; say unit=N for another", option,
                               (unsigned long long)unit, o->flash[unit].file);
    o->flash[unit] = (FlashFile){ xstrdup(file), readonly };
    return true;
}

static u64 next_bank(const Options *o)
{
    u64 n = 0;

    while (n < MACHINE_FLASHES && o->flash[n].file)
        n++;
    return n;
}

bool set_pflash(Options *o, const char *val, Error *err)
{
    return add_flash(o, "-pflash", val, next_bank(o), false, err);
}

static bool add_drive(Options *o, Args *a, Error *err)
{
    const char *file = args_str(a, "file", NULL), *bus = args_str(a, "if", "virtio");
    const char *format = args_str(a, "format", "raw");
    u64 unit;
    bool readonly, old;

    if (!str_eq(bus, "pflash"))
        return error_set_class(err, ERROR_UNSUPPORTED, "-drive: if=%s is not built yet; only "
                               "if=pflash is", bus);
    if (!str_eq(format, "raw"))
        return error_set_class(err, ERROR_UNSUPPORTED, "-drive: format=%s is not built yet; "
                               "convert it to raw", format);
    if (!file)
        return error_set_class(err, ERROR_INVALID, "-drive: file= is missing; name the image");
    return args_u64(a, "index", next_bank(o), &unit, err) &&
           args_u64(a, "unit", unit, &unit, err) &&
           args_bool(a, "read-only", false, &old, err) &&
           args_bool(a, "readonly", old, &readonly, err) &&
           add_flash(o, "-drive", file, unit, readonly, err);
}

bool set_drive(Options *o, const char *val, Error *err)
{
    Args a;

    if (!args_parse(&a, "-drive", val, NULL, drive_keys, err))
        return false;
    bool ok = add_drive(o, &a, err);

    args_free(&a);
    return ok;
}

// ---- firmware ------------------------------------------------------------------------------

// Where Debian's packages put theirs.
const FirmwareRow firmware_rows[] = {
    { "/usr/share/mimic", NULL, NULL, NULL, false },
    { "/usr/share/qemu-efi-aarch64", "QEMU_EFI.fd", "qemu-efi-aarch64", "UEFI, arm64", false },
    { "/usr/share/AAVMF", "AAVMF_CODE.fd", "qemu-efi-aarch64", "UEFI, arm64 flash",
      false },
    { "/usr/lib/u-boot/qemu_arm64", "u-boot.bin", "u-boot-qemu", "U-Boot, arm64", false },
    { "/usr/share/seabios", "bios-256k.bin", "seabios", "BIOS, x86", true },
    { "/usr/share/OVMF", "OVMF_CODE.fd", "ovmf", "UEFI, x86", true },
    { NULL, NULL, NULL, NULL, false },
};

static bool try_dir(Options *o, const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    bool found = !access(path, F_OK);

    if (found)
        o->firmware_path = path;
    else
        free(path);
    return found;
}

bool firmware_find(Options *o, const char *name, Error *err)
{
    bool found = !access(name, F_OK);

    if (found)
        o->firmware_path = xstrdup(name);
    for (size_t i = 0; !found && i < o->dirs.len; i++)
        found = try_dir(o, o->dirs.at[i], name);
    for (const FirmwareRow *r = firmware_rows; !found && r->dir; r++)
        found = !r->x86 && try_dir(o, r->dir, name);
    o->config.firmware = o->firmware_path;
    return found || error_set_class(err, ERROR_NOT_FOUND,
                                    "-bios: cannot find %s; give its path, or install u-boot-qemu "
                                    "(u-boot.bin) or qemu-efi-aarch64 (QEMU_EFI.fd)", name);
}

// ---- open and close -----------------------------------------------------------------------------

bool drives_open(Options *o, Error *err)
{
    for (u32 i = 0; i < MACHINE_FLASHES; i++) {
        const FlashFile *f = &o->flash[i];

        if (!f->file)
            continue;
        o->config.pflash[i] = block_file_open(f->file, f->readonly, NULL, err);
        if (!o->config.pflash[i])
            return error_prefix(err, "flash bank %u: ", i);
    }
    return true;
}

void drives_close(Options *o)
{
    for (u32 i = 0; i < MACHINE_FLASHES; i++)
        if (o->config.pflash[i])
            block_close(o->config.pflash[i]);
}

void drives_free(Options *o)
{
    for (u32 i = 0; i < MACHINE_FLASHES; i++)
        free(o->flash[i].file);
    free(o->firmware_path);
}
