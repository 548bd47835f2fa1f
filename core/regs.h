// SPDX-License-Identifier: MIT
// Registers as rows.  Generic code does offset lookup, access width, masks, reset,
// trace, guest-error log, snapshot and `info registers`; a device writes side effects.
//
// Order of a read:  .read or .read_n, else .at, else the constant .reset.
// Order of a write: .write or .write_n (gets the value, nothing is stored for it), else
//   .at: bits in .rw are stored, bits in .w1c cleared where written 1; then .wrote(_n).
// A row that cannot be read (write-only) or written logs a guest error, reads as 0.
// Handlers run with the device's lock held; s->dev.attrs tells who is accessing.
// Narrow writes are merged with the stored (.at) value, or with 0; wide accesses are
// split by register size.  Offsets without a row read 0 and log a guest error.
#pragma once

#include "core/memory.h"
#include "util/str.h"
#include "util/types.h"

typedef struct Device Device;

typedef struct RegField {
    u32 offset;
    u16 size;  // of one element: 1, 2, 4, 8; 0 = no field
} RegField;

enum {
    REG_RAW_WRITE = 1,  // .write sees narrow writes unmerged: value zero-extended
    REG_QUIET = 2,      // no guest error for writes to a read-only register
    REG_NO_RESET = 4,   // reset leaves the field alone
};

ROW_FN_BEGIN
typedef struct Reg {
    u32 offset;
    const char *name;
    RegField at;         // FIELD(member); arrays: FIELD_N(member) with .count
    u64 reset;           // of the field; or the constant
    u64 rw;              // bits a write stores
    u64 w1c;             // bits a write of 1 clears
    u64 (*read)();       // u64 read(T *s)
    void (*write)();     // void write(T *s, u64 v)
    void (*wrote)();     // void wrote(T *s), after .at has been stored
    u64 (*read_n)();     // u64 read(T *s, unsigned i)         for .count > 1
    void (*write_n)();   // void write(T *s, unsigned i, u64 v)
    void (*wrote_n)();   // void wrote(T *s, unsigned i)
    u32 count;           // 0 = 1; element i is at offset + i * stride
    u32 stride;          // 0 = size
    u8 size;             // 0 = the region's reg_size (4)
    u8 flags;            // REG_*
    const char *ref;     // section of the document named by the class
} Reg;
ROW_FN_END

#define REG(off, ident, ...) { .offset = off, .name = #ident, __VA_ARGS__ }
#define REG_ARRAY(off, ident, n, ...) { .offset = off, .name = #ident, .count = n, __VA_ARGS__ }
#define FIELD_OF(T, member) { offsetof(T, member), sizeof(((T *)0)->member) }
#define FIELD_N_OF(T, member) { offsetof(T, member), sizeof(((T *)0)->member[0]) }
#define FIELD(member) FIELD_OF(DeviceSelf, member)
#define FIELD_N(member) FIELD_N_OF(DeviceSelf, member)

// The eight identification registers of an Arm PrimeCell: part, designer, revision,
// configuration as one word, then B105F00D.
#define PRIMECELL_ID(word)                                                    \
    { .offset = 0xfe0, .name = "PeriphID0", .reset = (word) & 0xff },         \
    { .offset = 0xfe4, .name = "PeriphID1", .reset = (word) >> 8 & 0xff },    \
    { .offset = 0xfe8, .name = "PeriphID2", .reset = (word) >> 16 & 0xff },   \
    { .offset = 0xfec, .name = "PeriphID3", .reset = (word) >> 24 & 0xff },   \
    { .offset = 0xff0, .name = "PCellID0", .reset = 0x0d },                   \
    { .offset = 0xff4, .name = "PCellID1", .reset = 0xf0 },                   \
    { .offset = 0xff8, .name = "PCellID2", .reset = 0x05 },                   \
    { .offset = 0xffc, .name = "PCellID3", .reset = 0xb1 }

// A table with its length, for class literals: `.regs = ROWS(regs)`.
typedef struct RegTable {
    const Reg *row;
    u32 count;
} RegTable;
#define ROWS(table) { (table), ARRAY_LEN(table) }

// Run-time index of one table, made once per device region.
typedef struct RegIndex {
    const RegTable *table;
    u16 *slot;      // by offset >> shift: row + 1, 0 = none
    u32 slots, shift;
    u32 reg_size;
} RegIndex;

void reg_index_init(RegIndex *ix, const RegTable *table, u32 reg_size);
void reg_index_fini(RegIndex *ix);
// NULL if none; *element comes back.
const Reg *reg_find(const RegIndex *ix, u64 offset, unsigned *element);

// With the device's lock held.  size 1, 2, 4, 8.
MemResult regs_read(Device *dev, const RegIndex *ix, u64 offset, u64 *val, unsigned size);
MemResult regs_write(Device *dev, const RegIndex *ix, u64 offset, u64 val, unsigned size);
void regs_reset(Device *dev, const RegTable *table, u32 reg_size);
void regs_print(Device *dev, const RegTable *table, u32 reg_size, Str *out); // no side effects
