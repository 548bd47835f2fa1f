// SPDX-License-Identifier: MIT
// Parallel NOR flash of Intel command set 0001 (JEDEC JESD68.01 "Common Flash Interface",
// JEP137 vendor 0001; commands, status bits: Intel StrataFlash J3 data sheet 290667, section 4
// and table 16), as a bank of two 16-bit chips side by side: 32 bits wide, sectors of
// 2 x 128 KiB.  Missing on purpose: suspend (erasing takes no time), protection registers.
// DEVIATION: a command given to one chip goes to both, as on QEMU's virt board.
// Pins: region 0 = the bank.
//
// Reads go straight to a RAM block while the array is read; any command ends that until 0xff.
// With a medium, a change is marked dirty, and one request at a time carries the dirty range
// to the back end; the chip says that it is busy (SR.7 = 0) until the range is written, so
// what the guest has seen completed outlives this process.
#include <stdlib.h>
#include <string.h>

#include "core/block.h"
#include "core/device.h"
#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"

LOG_CATEGORY("device.cfi_flash")

#define CHIPS 2u
#define SECTOR (128 * KIB * CHIPS)
#define SIZE_MAX_ (64 * MIB)
#define BUFFER 4096u // 2 KiB of each chip
#define CHUNK MIB    // of reading the medium

enum { ARRAY = 0xff, STATUS = 0x70, IDENT = 0x90, QUERY = 0x98 }; // what is read: its command
enum { IDLE, PROGRAM, ERASE, COUNT, DATA, CONFIRM, LOCK };        // what the next write is
enum { READY = 0x80, ERASE_ERR = 0x20, PROGRAM_ERR = 0x10, LOCKED = 0x02 }; // status register

typedef struct {
    Device dev;
    u64 size;
    u32 read_mode, next, status, sector; // sector: of the command, for the buffer
    u32 buffer_at, buffer_left, buffer_empty, pad;
    u32 locked[SIZE_MAX_ / SECTOR / 32];
    u8 buffer[BUFFER];
    // host
    RamBlock *ram;
    BlockReq req;
    struct iovec iov;
    u64 dirty, dirty_end;
    u32 in_flight, backed;
} Flash;
DEVICE_OF(cfi_flash, Flash)

// ---- what is stored ------------------------------------------------------------------------

static void submit_dirty(Flash *s)
{
    s->in_flight = true;
    s->iov = (struct iovec){ s->ram->host + s->dirty, (size_t)(s->dirty_end - s->dirty) };
    s->req.offset = s->dirty;
    s->req.len = s->dirty_end - s->dirty;
    s->dirty = s->dirty_end = 0;
    block_submit(s->dev.block, &s->req);
}

static void written(BlockReq *req, int error)
{
    Flash *s = container_of(req, Flash, req);

    device_lock(&s->dev);
    s->in_flight = false;
    if (error) {
        s->status |= PROGRAM_ERR | ERASE_ERR;
        log_error("%s: cannot write %s: %s", s->dev.name, s->dev.block->name, strerror(error));
    }
    if (s->dirty_end)
        submit_dirty(s);
    device_unlock(&s->dev);
}

static void changed(Flash *s, u64 at, u64 len)
{
    u64 start = align_down(at, s->dev.block->block_size);
    u64 end = align_up(at + len, s->dev.block->block_size);

    ram_written(s->ram, at, len);
    if (!s->backed)
        return;
    s->dirty = s->dirty_end ? MIN(s->dirty, start) : start;
    s->dirty_end = MAX(s->dirty_end, end);
    if (!s->in_flight)
        submit_dirty(s);
}

static u32 sector_of(Gpa at) { return (u32)(at / SECTOR); }
static bool is_locked(const Flash *s, u32 n) { return s->locked[n / 32] >> n % 32 & 1; }

static bool refused(Flash *s, Gpa at, u32 why)
{
    bool no = is_locked(s, sector_of(at)) || s->dev.block->readonly;

    if (no)
        s->status |= why | LOCKED;
    return no;
}

// Programming clears bits, erasing sets them.
static void program(Flash *s, Gpa at, const u8 *from, u32 len)
{
    if (refused(s, at, PROGRAM_ERR))
        return;
    for (u32 i = 0; i < len; i++)
        s->ram->host[at + i] &= from[i];
    changed(s, at, len);
}

static void erase(Flash *s, u32 n)
{
    if (refused(s, (u64)n * SECTOR, ERASE_ERR))
        return;
    memset(s->ram->host + (u64)n * SECTOR, 0xff, SECTOR);
    changed(s, (u64)n * SECTOR, SECTOR);
}

// ---- commands -------------------------------------------------------------------------------

static void show(Flash *s)
{
    bool array = s->read_mode == ARRAY && s->next == IDLE;

    if (device_region(&s->dev, 0)->rom_mode == array)
        return;
    mem_begin(s->ram->mem);
    mem_rom_mode(device_region(&s->dev, 0), array);
    mem_commit(s->ram->mem);
}

static void bad_sequence(Flash *s, const char *what, u32 v)
{
    guest_error(&s->dev, "%s: 0x%x is no way to go on", what, v);
    s->status |= PROGRAM_ERR | ERASE_ERR; // 290667, table 16: both = sequence error
    s->next = IDLE;
}

static void command(Flash *s, Gpa at, u8 cmd)
{
    s->sector = sector_of(at);
    switch (cmd) {
    case 0x00: case 0xf0: case ARRAY: s->read_mode = ARRAY; return;
    case STATUS: case IDENT: case QUERY: s->read_mode = cmd; return;
    case 0x50: s->status = 0; return;
    case 0x10: case 0x40: s->next = PROGRAM; break;
    case 0x20: s->next = ERASE; break;
    case 0xe8: s->next = COUNT; break;
    case 0x60: s->next = LOCK; break;
    case 0xb0: case 0xd0: break; // suspend, resume: nothing is under way
    default:
        guest_error(&s->dev, "unknown command 0x%02x", cmd);
        s->read_mode = ARRAY;
        return;
    }
    s->read_mode = STATUS;
}

static void buffer_count(Flash *s, u32 words)
{
    if (words >= BUFFER / 4) {
        bad_sequence(s, "buffer count", words);
        return;
    }
    memset(s->buffer, 0xff, BUFFER);
    s->buffer_left = words + 1;
    s->buffer_empty = 1;
    s->next = DATA;
}

static void buffer_data(Flash *s, Gpa at, u32 val, unsigned size)
{
    if (s->buffer_empty)
        s->buffer_at = (u32)align_down(at, 4);
    s->buffer_empty = 0;
    u64 offset = at - s->buffer_at;

    if (at < s->buffer_at || offset > BUFFER - size || sector_of(at) != s->sector) {
        bad_sequence(s, "buffer address", (u32)at);
        return;
    }
    memcpy(s->buffer + offset, &val, size);
    if (!--s->buffer_left)
        s->next = CONFIRM;
}

static void buffer_confirm(Flash *s, u32 v)
{
    u32 room = SECTOR - s->buffer_at % SECTOR;

    if ((v & 0xff) != 0xd0) {
        bad_sequence(s, "buffered program", v);
        return;
    }
    program(s, s->buffer_at, s->buffer, MIN(BUFFER, room));
    s->next = IDLE;
}

static void set_lock(Flash *s, Gpa at, u32 v)
{
    u32 n = sector_of(at), bit = 1u << n % 32;
    u8 how = v & 0xff;

    s->next = IDLE;
    if (how == 0x01 || how == 0x2f)
        s->locked[n / 32] |= bit;
    else if (how == 0xd0)
        s->locked[n / 32] &= ~bit;
    else
        bad_sequence(s, "lock", v);
}

static MemResult write_flash(Flash *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    u32 v = (u32)val;

    (void)attrs;
    switch (s->next) {
    case PROGRAM:
        s->next = IDLE;
        program(s, at, (const u8 *)&v, size);
        break;
    case ERASE:
        s->next = IDLE;
        if ((v & 0xff) == 0xd0)
            erase(s, sector_of(at));
        else
            bad_sequence(s, "erase", v);
        break;
    case COUNT: buffer_count(s, v & 0xffff); break;
    case DATA: buffer_data(s, at, v, size); break;
    case CONFIRM: buffer_confirm(s, v); break;
    case LOCK: set_lock(s, at, v); break;
    default: command(s, at, v & 0xff); break;
    }
    show(s);
    return MEM_OK;
}

// ---- reading ---------------------------------------------------------------------------------

// JESD68.01, 2.4: from 0x10 on; then the primary table of JEP137.
static const u8 query[] = {
    [0x10] = 'Q', 'R', 'Y', 0x01, 0x00, 0x31, 0x00, 0, 0, 0, 0,
    [0x1b] = 0x45, 0x55, 0, 0, // supply: 4.5 to 5.5 V
    [0x1f] = 7, 7, 10, 0,      // 2^n us: word, buffer; 2^n ms: sector; chip: none
    [0x23] = 4, 4, 4, 0,       // how many times longer at most
    [0x27] = 0,                // size: below
    [0x28] = 2, 0, 11, 0, 1,   // x8 and x16; buffer of 2^11 bytes; one erase region
    [0x2d] = 0, 0, 0, 2,       // sectors - 1: below; of 0x200 x 256 bytes
    [0x31] = 'P', 'R', 'I', '1', '0',
    [0x3f] = 1,                // one protection field
};

static u32 read_query(const Flash *s, u32 index)
{
    u32 sectors = (u32)(s->size / SECTOR) - 1;

    switch (index) {
    case 0x27: return ctz64(s->size / CHIPS);
    case 0x2d: return sectors & 0xff;
    case 0x2e: return sectors >> 8;
    default: return index < sizeof(query) ? query[index] : 0;
    }
}

static u32 read_ident(const Flash *s, Gpa at)
{
    switch (at >> 2 & 0xff) {
    case 0: return 0x89; // Intel
    case 1: return 0x18; // 28F128J3
    case 2: return is_locked(s, sector_of(at));
    default: return 0;
    }
}

static MemResult read_flash(Flash *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    bool busy = s->in_flight && !attrs.debug;
    u32 chip;

    switch (s->read_mode) {
    case STATUS: chip = busy ? 0 : READY | s->status; break;
    case IDENT: chip = read_ident(s, at); break;
    case QUERY: chip = read_query(s, (u32)(at >> 2)); break;
    default:
        *val = load_le(s->ram->host + at, size);
        return MEM_OK;
    }
    *val = (chip | chip << 16) >> (at & 3) * 8;
    *val &= mask64(size * 8);
    return MEM_OK;
}

static const MemOps ops = { .read = read_flash, .write = write_flash, .impl_max = 4 };

// ---- life ------------------------------------------------------------------------------------

static bool check_medium(const Flash *s, Error *err)
{
    const Block *b = s->dev.block;

    return b->size == s->size ||
           error_set_class(err, ERROR_INVALID,
                           "%s is %llu bytes long, but the flash has %llu; make it so with "
                           "'truncate -s %lluM' (a copy of it)", b->name,
                           (unsigned long long)b->size, (unsigned long long)s->size,
                           (unsigned long long)(s->size / MIB));
}

// Zeroes stay untouched memory.
static bool read_medium(Flash *s, Error *err)
{
    u8 *chunk = xalloc(CHUNK);
    bool ok = true;

    for (u64 at = 0; at < s->size && ok; at += CHUNK) {
        u64 n = MIN(CHUNK, s->size - at);

        ok = block_read_now(s->dev.block, at, chunk, n, err);
        if (ok && (chunk[0] || memcmp(chunk, chunk + 1, (size_t)n - 1)))
            memcpy(s->ram->host + at, chunk, (size_t)n);
    }
    free(chunk);
    return ok;
}

static bool init(Flash *s, Error *err)
{
    if (s->size & (s->size - 1))
        return error_set_class(err, ERROR_INVALID, "cfi.pflash01: size must be a power of two");
    s->ram = ram_new(s->dev.dma_as->mem, s->dev.name, s->size, RAM_ANON, err);
    if (!s->ram)
        return false;
    device_region_romd(&s->dev, 0, s->ram);
    s->req = (BlockReq){ .op = BLOCK_WRITE, .iov = &s->iov, .iov_count = 1, .done = written };
    s->backed = s->dev.block->present;
    return !s->backed || (check_medium(s, err) && read_medium(s, err));
}

static void reset(Flash *s)
{
    s->read_mode = ARRAY;
    s->next = IDLE;
    s->status = 0;
    s->sector = s->buffer_at = s->buffer_left = s->buffer_empty = 0;
    memset(s->locked, 0, sizeof(s->locked));
    memset(s->buffer, 0, BUFFER);
    show(s);
}

static void fini(Flash *s)
{
    for (bool more = true; more;) { // the loop has ended: nobody else completes
        block_drain(s->dev.block);
        loop_cancel(s->dev.loop, &s->req.work);
        more = s->dirty_end != 0;
        if (more)
            submit_dirty(s);
    }
}

// A snapshot may say anything.
static bool load(Flash *s, StateReader *r, u32 version, Error *err)
{
    (void)r;
    (void)version;
    if (s->next <= LOCK && s->sector < s->size / SECTOR && s->buffer_at < s->size &&
        s->buffer_left <= BUFFER / 4 && (s->next != DATA || s->buffer_left))
        return true;
    return error_set_class(err, ERROR_INVALID, "%s: the snapshot is damaged", s->dev.name);
}

DEVICE_NAMED(cfi_flash, "cfi.pflash01", .spec = "JEDEC JESD68.01",
             .desc = "parallel NOR flash, Intel command set", .size = sizeof(Flash), .ops = &ops,
             .region_size = SIZE_MAX_, .backends = BACKEND_BLOCK,
             .props = { PROP_SIZE("size", size, SIZE_MAX_, .min = SECTOR, .max = SIZE_MAX_) },
             .state = { STATE(read_mode), STATE(next), STATE(status), STATE(sector),
                        STATE(buffer_at), STATE(buffer_left), STATE(buffer_empty),
                        STATE(locked), STATE(buffer), HOST_ONLY(size), HOST_ONLY(pad),
                        HOST_ONLY(ram), HOST_ONLY(req), HOST_ONLY(iov), HOST_ONLY(dirty),
                        HOST_ONLY(dirty_end), HOST_ONLY(in_flight), HOST_ONLY(backed) },
             .init = init, .reset = reset, .fini = fini, .load = load, .loaded = show)
