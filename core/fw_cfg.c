// SPDX-License-Identifier: MIT
// The store of fw_cfg; see fw_cfg.h.
#include "core/fw_cfg.h"

#include <string.h>

#include "util/alloc.h"
#include "util/bits.h"
#include "util/str.h"

enum { DIR_ENTRY = 64, DIR_NAME = 8 }; // size 4, key 2, reserved 2, name 56: big-endian

FwCfg *fw_cfg_new(void) { return xalloc(sizeof(FwCfg)); }

static void free_items(FwCfgItem *it, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(it[i].name);
        free(it[i].data);
    }
}

void fw_cfg_free(FwCfg *f)
{
    if (!f)
        return;
    free_items(f->items.at, f->items.len);
    free_items(f->files.at, f->files.len);
    vec_free(&f->items);
    vec_free(&f->files);
    free(f->directory.data);
    free(f);
}

static void *copy_of(const void *data, u32 len)
{
    u8 *copy = xalloc((size_t)len + 1);

    if (len)
        memcpy(copy, data, len);
    return copy;
}

static FwCfgItem *item_of(FwCfg *f, u16 key)
{
    vec_foreach (it, &f->items)
        if (it->key == key)
            return it;
    return NULL;
}

void fw_cfg_set_take(FwCfg *f, u16 key, void *data, u32 len)
{
    FwCfgItem *it = item_of(f, key);

    if (!it) {
        vec_push(&f->items, (FwCfgItem){ .key = key });
        it = &vec_last(&f->items);
    }
    free(it->data);
    it->data = data;
    it->len = len;
}

void fw_cfg_set(FwCfg *f, u16 key, const void *data, u32 len)
{
    fw_cfg_set_take(f, key, copy_of(data, len), len);
}

void fw_cfg_set_u16(FwCfg *f, u16 key, u16 v)
{
    u8 le[2];

    store_le(le, 2, v);
    fw_cfg_set(f, key, le, 2);
}

void fw_cfg_set_u32(FwCfg *f, u16 key, u32 v)
{
    u8 le[4];

    store_le(le, 4, v);
    fw_cfg_set(f, key, le, 4);
}

bool fw_cfg_add_file(FwCfg *f, const char *name, const void *data, u32 len, bool writable,
                     Error *err)
{
    size_t at = 0;

    if (!name[0] || strlen(name) > FW_CFG_NAME_MAX)
        return error_set_class(err, ERROR_INVALID,
                               "fw_cfg: name '%s': must have 1 to %d characters; shorten it", name,
                               FW_CFG_NAME_MAX);
    if (f->files.len == FW_CFG_FILES_MAX)
        return error_set_class(err, ERROR_INVALID, "fw_cfg: '%s': there can be at most %d files",
                               name, FW_CFG_FILES_MAX);
    while (at < f->files.len && strcmp(f->files.at[at].name, name) < 0)
        at++;
    if (at < f->files.len && str_eq(f->files.at[at].name, name))
        return error_set_class(err, ERROR_INVALID, "fw_cfg: '%s' is there already; rename it",
                               name);
    FwCfgItem it = { .name = xstrdup(name), .data = copy_of(data, len), .len = len,
                     .writable = writable };

    vec_insert(&f->files, at, it);
    free(f->directory.data);
    f->directory.data = NULL;
    return true;
}

static FwCfgItem *directory(FwCfg *f)
{
    u32 len = 4 + (u32)f->files.len * DIR_ENTRY;
    u8 *to = xalloc(len);

    store_be32(to, (u32)f->files.len);
    for (size_t i = 0; i < f->files.len; i++) {
        u8 *entry = to + 4 + i * DIR_ENTRY;
        const char *name = f->files.at[i].name;

        store_be32(entry, f->files.at[i].len);
        store_be16(entry + 4, (u16)(FW_CFG_FILE_FIRST + i));
        memcpy(entry + DIR_NAME, name, strlen(name));
    }
    f->directory = (FwCfgItem){ .key = FW_CFG_FILE_DIR, .data = to, .len = len };
    return &f->directory;
}

FwCfgItem *fw_cfg_find(FwCfg *f, u16 key)
{
    if (key == FW_CFG_FILE_DIR)
        return f->directory.data ? &f->directory : directory(f);
    if (key >= FW_CFG_FILE_FIRST && key - FW_CFG_FILE_FIRST < (int)f->files.len)
        return &f->files.at[key - FW_CFG_FILE_FIRST];
    return item_of(f, key);
}
