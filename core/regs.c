// SPDX-License-Identifier: MIT
// Registers as rows; see regs.h.
#include "core/regs.h"

#include <string.h>

#include "core/device.h"
#include "util/alloc.h"
#include "util/bits.h"

LOG_CATEGORY("regs")

static unsigned reg_size(const Reg *r, u32 dflt)
{
    return r->size ? r->size : dflt;
}

static u32 reg_count(const Reg *r)
{
    return r->count ? r->count : 1;
}

static u32 reg_stride(const Reg *r, u32 dflt)
{
    return r->stride ? r->stride : reg_size(r, dflt);
}

// ---- index ------------------------------------------------------------------------------

// log2 of the largest power of two up to 8 that divides all offsets, sizes and strides.
static u32 common_shift(const RegTable *t, u32 dflt)
{
    u32 all = 8;

    for (u32 i = 0; i < t->count; i++)
        all |= t->row[i].offset | reg_size(&t->row[i], dflt) | reg_stride(&t->row[i], dflt);
    return ctz32(all);
}

static void index_row(RegIndex *ix, u32 row)
{
    const Reg *r = &ix->table->row[row];

    for (u32 i = 0; i < reg_count(r); i++) {
        u32 at = (r->offset + i * reg_stride(r, ix->reg_size)) >> ix->shift;

        for (u32 n = reg_size(r, ix->reg_size) >> ix->shift; n; n--, at++) {
            BUG_ON(ix->slot[at]); // two rows at one offset
            ix->slot[at] = (u16)(row + 1);
        }
    }
}

void reg_index_init(RegIndex *ix, const RegTable *table, u32 size)
{
    u32 end = 0;

    BUG_ON(table->count >= UINT16_MAX);
    *ix = (RegIndex){ .table = table, .reg_size = size, .shift = common_shift(table, size) };
    for (u32 i = 0; i < table->count; i++) {
        const Reg *r = &table->row[i];

        end = MAX(end, r->offset + (reg_count(r) - 1) * reg_stride(r, size) + reg_size(r, size));
    }
    ix->slots = end >> ix->shift;
    ix->slot = xalloc(ix->slots * sizeof(*ix->slot));
    for (u32 i = 0; i < table->count; i++)
        index_row(ix, i);
}

void reg_index_fini(RegIndex *ix)
{
    free(ix->slot);
    *ix = (RegIndex){ 0 };
}

const Reg *reg_find(const RegIndex *ix, u64 offset, unsigned *element)
{
    u64 at = offset >> ix->shift;

    if (at >= ix->slots || !ix->slot[at])
        return NULL;
    const Reg *r = &ix->table->row[ix->slot[at] - 1];

    *element = r->count > 1 ? (u32)(offset - r->offset) / reg_stride(r, ix->reg_size) : 0;
    return r;
}

static u64 element_start(const RegIndex *ix, const Reg *r, unsigned element)
{
    return r->offset + (u64)element * reg_stride(r, ix->reg_size);
}

// ---- one register --------------------------------------------------------------------

static void *field_at(Device *dev, const Reg *r, unsigned i)
{
    return (u8 *)dev + r->at.offset + i * r->at.size;
}

static bool is_constant(const Reg *r)
{
    return !r->write && !r->write_n && !r->wrote && !r->wrote_n;
}

static u64 read_reg(Device *dev, const Reg *r, unsigned i)
{
    if (r->read_n)
        return r->read_n(dev, i);
    if (r->read)
        return r->read(dev);
    if (r->at.size)
        return load_le(field_at(dev, r, i), r->at.size);
    if (is_constant(r))
        return r->reset;
    guest_error(dev, "read of write-only register %s", r->name);
    return 0;
}

static void after_write(Device *dev, const Reg *r, unsigned i)
{
    if (r->wrote_n)
        r->wrote_n(dev, i);
    else if (r->wrote)
        r->wrote(dev);
}

static void store_field(Device *dev, const Reg *r, unsigned i, u64 v, u64 lanes)
{
    void *at = field_at(dev, r, i);
    u64 set = r->rw & lanes, old = load_le(at, r->at.size);

    store_le(at, r->at.size, ((old & ~set) | (v & set)) & ~(v & r->w1c & lanes));
    after_write(dev, r, i);
}

// v holds the written bits in place, lanes says which they are.
static void write_reg(Device *dev, const Reg *r, unsigned i, u64 v, u64 lanes)
{
    if (r->write || r->write_n) {
        u64 rest = r->at.size ? load_le(field_at(dev, r, i), r->at.size) & ~lanes : 0;

        v |= r->flags & REG_RAW_WRITE ? 0 : rest;
        if (r->write_n)
            r->write_n(dev, i, v);
        else
            r->write(dev, v);
    } else if (r->at.size && (r->rw | r->w1c)) {
        store_field(dev, r, i, v, lanes);
    } else if (!r->at.size && (r->wrote || r->wrote_n)) {
        after_write(dev, r, i);
    } else if (!(r->flags & REG_QUIET)) {
        guest_error(dev, "write to read-only register %s", r->name);
    }
}

// ---- accesses: cut into registers ---------------------------------------------------------

typedef struct {
    const Reg *reg;
    unsigned element;
    unsigned skip, count; // bytes: where in the register, how many
} Piece;

static Piece piece_at(const RegIndex *ix, u64 offset, unsigned left)
{
    Piece p = { 0 };

    p.reg = reg_find(ix, offset, &p.element);
    if (!p.reg) { // up to the next register: one complaint per hole
        unsigned i;

        for (p.count = 1; p.count < left && !reg_find(ix, offset + p.count, &i);)
            p.count++;
        return p;
    }
    p.skip = (unsigned)(offset - element_start(ix, p.reg, p.element));
    p.count = MIN(left, reg_size(p.reg, ix->reg_size) - p.skip);
    return p;
}

// What nearly all accesses are: one register, all of it.
static const Reg *whole_reg(const RegIndex *ix, u64 offset, unsigned size, unsigned *element)
{
    const Reg *r = reg_find(ix, offset, element);

    if (!r || reg_size(r, ix->reg_size) != size)
        return NULL;
    return element_start(ix, r, *element) == offset ? r : NULL;
}

static u64 traced_read(Device *dev, const Reg *r, unsigned element)
{
    u64 v = read_reg(dev, r, element);

    log_trace("%s: read %s[%u] = 0x%llx", dev->name, r->name, element, (unsigned long long)v);
    return v;
}

MemResult regs_read(Device *dev, const RegIndex *ix, u64 offset, u64 *val, unsigned size)
{
    unsigned element;
    const Reg *whole = whole_reg(ix, offset, size, &element);

    if (likely(whole)) {
        *val = bits(traced_read(dev, whole, element), 0, size * 8);
        return MEM_OK;
    }
    *val = 0;
    for (unsigned done = 0; done < size;) {
        Piece p = piece_at(ix, offset + done, size - done);

        if (p.reg) {
            u64 v = traced_read(dev, p.reg, p.element);

            *val |= bits(v, p.skip * 8, p.count * 8) << done * 8;
        } else {
            guest_error(dev, "read at 0x%llx, where no register is",
                        (unsigned long long)(offset + done));
        }
        done += p.count;
    }
    return MEM_OK;
}

MemResult regs_write(Device *dev, const RegIndex *ix, u64 offset, u64 val, unsigned size)
{
    for (unsigned done = 0; done < size;) {
        Piece p = piece_at(ix, offset + done, size - done);
        u64 v = bits(val, done * 8, p.count * 8);

        if (p.reg) {
            log_trace("%s: write %s[%u] = 0x%llx", dev->name, p.reg->name, p.element,
                      (unsigned long long)v);
            write_reg(dev, p.reg, p.element, v << p.skip * 8,
                      mask64(p.count * 8) << p.skip * 8);
        } else {
            guest_error(dev, "write at 0x%llx, where no register is",
                        (unsigned long long)(offset + done));
        }
        done += p.count;
    }
    return MEM_OK;
}

// ---- the whole table ------------------------------------------------------------------------

void regs_reset(Device *dev, const RegTable *table, u32 size)
{
    (void)size;
    for (u32 n = 0; n < table->count; n++) {
        const Reg *r = &table->row[n];

        if (!r->at.size || r->flags & REG_NO_RESET)
            continue;
        for (u32 i = 0; i < reg_count(r); i++)
            store_le(field_at(dev, r, i), r->at.size, r->reset);
    }
}

void regs_print(Device *dev, const RegTable *table, u32 size, Str *out)
{
    for (u32 n = 0; n < table->count; n++) {
        const Reg *r = &table->row[n];

        for (u32 i = 0; r->at.size && i < reg_count(r); i++) {
            str_addf(out, "  %04x %s", r->offset + i * reg_stride(r, size), r->name);
            if (reg_count(r) > 1)
                str_addf(out, "[%u]", i);
            str_addf(out, " = 0x%llx\n",
                     (unsigned long long)load_le(field_at(dev, r, i), r->at.size));
        }
    }
}
