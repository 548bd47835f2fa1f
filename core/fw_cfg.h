// SPDX-License-Identifier: MIT
// What a board tells its firmware: numbered items and named files, after QEMU's documents
// specs/fw_cfg.rst and its Linux driver's (drivers/firmware/qemu_fw_cfg.c) view of them.  The
// store; devices/misc/fw_cfg.c is the door to it.  Any device or board may add to
// dev->machine->fw_cfg, if that is not NULL.
// Threads: added to and replaced while no vCPU runs; the device reads under its lock.
#pragma once

#include "util/error.h"
#include "util/types.h"
#include "util/vec.h"

enum { // keys, as in specs/fw_cfg.rst and standard-headers/linux/qemu_fw_cfg.h
    FW_CFG_SIGNATURE = 0x00, FW_CFG_ID = 0x01, FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_SIZE = 0x08, FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_KERNEL_DATA = 0x11, FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_SIZE = 0x14, FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_FILE_DIR = 0x19, FW_CFG_FILE_FIRST = 0x20,
};

#define FW_CFG_NAME_MAX 55
#define FW_CFG_FILES_MAX 256

typedef struct FwCfgItem {
    char *name;             // of a file; NULL: known by key only
    u16 key;                // of those without name
    u8 *data;               // owned
    u32 len;
    bool writable;          // by the guest's DMA
} FwCfgItem;

typedef struct FwCfg {
    VEC(FwCfgItem) items;   // by key
    VEC(FwCfgItem) files;   // by name: the place is the key
    FwCfgItem directory;    // made when first asked for after a change
} FwCfg;

FwCfg *fw_cfg_new(void);
void fw_cfg_free(FwCfg *f);

// Sets or replaces; data is copied.
void fw_cfg_set(FwCfg *f, u16 key, const void *data, u32 len);
void fw_cfg_set_u16(FwCfg *f, u16 key, u16 v); // little-endian, as all old items
void fw_cfg_set_u32(FwCfg *f, u16 key, u32 v);
// data (malloc'd) becomes the store's.
void fw_cfg_set_take(FwCfg *f, u16 key, void *data, u32 len);
// False: the name is taken, empty or too long, or there are too many.
bool fw_cfg_add_file(FwCfg *f, const char *name, const void *data, u32 len, bool writable,
                     Error *err);

FwCfgItem *fw_cfg_find(FwCfg *f, u16 key); // NULL: none; valid until the next change
