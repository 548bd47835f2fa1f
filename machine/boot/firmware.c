// SPDX-License-Identifier: MIT
// What firmware finds in fw_cfg: kernel, initrd, command line, and -fw_cfg's files; see boot.h.
#include "machine/boot/boot.h"

#include <string.h>

#include "core/fw_cfg.h"
#include "util/bits.h"
#include "util/str.h"

#define PIECE (4 * MIB)

typedef VEC(u8) Bytes;

static bool read_all(Bytes *v, const char *path, bool unzip, Error *err)
{
    BootFile b;
    u64 got = PIECE;
    bool ok = true;

    if (!boot_file_open(&b, path, unzip, err))
        return false;
    while (ok && got == PIECE) {
        vec_reserve(v, v->len + PIECE);
        ok = boot_file_some(&b, v->at + v->len, PIECE, &got, err);
        v->len += (size_t)got;
        if (ok && v->len > UINT32_MAX)
            ok = error_set(err, "%s is larger than 4 GiB; firmware cannot take it", path);
    }
    boot_file_close(&b);
    if (!ok)
        vec_free(v);
    return ok;
}

static bool set_file(FwCfg *f, u16 size_key, u16 data_key, const char *path, bool unzip,
                     Error *err)
{
    Bytes v = { 0 };

    if (!path)
        return true;
    if (!read_all(&v, path, unzip, err))
        return false;
    fw_cfg_set_u32(f, size_key, (u32)v.len);
    fw_cfg_set_take(f, data_key, v.at, (u32)v.len);
    return true;
}

bool boot_fw_cfg_kernel(Machine *m, Error *err)
{
    const MachineConfig *c = m->config;
    FwCfg *f = m->fw_cfg;

    if (!set_file(f, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, c->kernel, true, err))
        return error_prefix(err, "-kernel: ");
    if (!set_file(f, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, c->initrd, false, err))
        return error_prefix(err, "-initrd: ");
    if (c->append) {
        fw_cfg_set_u32(f, FW_CFG_CMDLINE_SIZE, (u32)strlen(c->append) + 1);
        fw_cfg_set(f, FW_CFG_CMDLINE_DATA, c->append, (u32)strlen(c->append) + 1);
    }
    return true;
}

// ---- -fw_cfg -------------------------------------------------------------------------------

const ArgDesc boot_fw_cfg_keys[] = {
    { "name", ARG_STRING, "what the guest finds it by, opt/..." },
    { "file", ARG_STRING, "its content" },
    { "string", ARG_STRING, "its content, as it stands here" },
    { NULL, ARG_STRING, NULL },
};

static bool add_file(FwCfg *f, Args *a, Error *err)
{
    const char *name = args_str(a, "name", NULL), *file = args_str(a, "file", NULL);
    const char *string = args_str(a, "string", NULL);
    Bytes v = { 0 };
    bool ok;

    if (!name || !file == !string)
        return error_set(err, "-fw_cfg: wants name=NAME and one of file=FILE, string=TEXT");
    if (string)
        return fw_cfg_add_file(f, name, string, (u32)strlen(string), false, err);
    if (!read_all(&v, file, false, err))
        return error_prefix(err, "-fw_cfg: ");
    ok = fw_cfg_add_file(f, name, v.at, (u32)v.len, false, err);
    vec_free(&v);
    return ok;
}

bool boot_fw_cfg_files(Machine *m, Error *err)
{
    bool ok = true;

    for (size_t i = 0; i < m->config->fw_cfg_count && ok; i++) {
        Args a = { 0 };

        ok = args_parse(&a, "-fw_cfg", m->config->fw_cfg[i], "name",
                        boot_fw_cfg_keys, err) &&
             add_file(m->fw_cfg, &a, err);
        args_free(&a);
    }
    return ok;
}

bool boot_firmware(Machine *m, const char *path, Gpa at, u64 max, Error *err)
{
    BootFile b;

    if (!boot_file_open(&b, path, false, err))
        return error_prefix(err, "-bios: ");
    bool ok = boot_raw(m, &b, at, max, err);

    boot_file_close(&b);
    return ok || error_prefix(err, "-bios: ");
}
