// SPDX-License-Identifier: MIT
// Semihosting calls of AArch64 (Arm "Semihosting for AArch32 and AArch64", 2.0): HLT #0xf000 with
// the operation in w0 and in x1 a value or the address of a block of 8-byte words; the answer
// comes back in x0.  What the calls do is in core/semihost.c.
//
// Pointers and lengths are the guest's: memory is looked at through its own translation, a page
// at a time, and what is not there makes the call fail with EFAULT, never a fault.  A call that
// has to wait leaves the pc where it is and is made again, so it has no effect before it is
// done; interrupts are taken in between.
#include "cpu/arm/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/machine.h"
#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"

LOG_CATEGORY("cpu.arm.semihost")

enum { ADP_STOPPED_APPLICATION_EXIT = 0x20026, TICKFREQ = 1000000000, CHUNK = 65536,
       CENTISECOND = 10000000 };

typedef struct Call {
    ArmCpu *s;
    Semihost *sh;
    u64 arg[4];                                     // the block, as far as the row says
} Call;

// -- guest memory -----------------------------------------------------------------------------
// Bytes of [va, va + len) done; fewer: what follows is not mapped, or not with this access.
static u64 copy(ArmCpu *s, u64 va, void *buf, u64 len, TcgAccess acc)
{
    Cpu *cpu = &s->cpu;
    u64 n = 0;

    while (n < len) {
        u64 part = MIN(len - n, 4096 - (va + n) % 4096), pa;
        TcgFault f;

        if (!tcg_probe_quiet(cpu, va + n, acc, MO_8, &f, &pa) ||
            as_rw(cpu->as, pa, (u8 *)buf + n, part, acc == ACC_WRITE, cpu->attrs) != MEM_OK)
            break;
        n += part;
    }
    return n;
}

static bool get(ArmCpu *s, u64 va, void *buf, u64 len)
{
    return copy(s, va, buf, len, ACC_READ) == len;
}

static bool put(ArmCpu *s, u64 va, const void *buf, u64 len)
{
    return copy(s, va, (void *)(uintptr_t)buf, len, ACC_WRITE) == len;
}

static bool put_word(ArmCpu *s, u64 va, u64 v)
{
    u8 bytes[8];

    store_le64(bytes, v);
    return put(s, va, bytes, sizeof(bytes));
}

// A name of `len` bytes; the terminating zero need not be counted nor be there.  *out: malloc'd.
static i64 get_name(ArmCpu *s, u64 va, u64 len, char **out)
{
    *out = NULL;
    if (len >= SEMIHOST_PATH)
        return -ENAMETOOLONG;
    char *name = xalloc((size_t)len + 1);

    if (!get(s, va, name, len) || strlen(name) < (len ? len - 1 : 0)) {
        free(name);
        return -EFAULT;                             // or a zero byte within
    }
    *out = name;
    return 0;
}

// -- files ------------------------------------------------------------------------------------
// 5.13: bit 0 of the mode is "binary", bit 1 "+", 2..3 r, w, a.
static const int open_flags[6] = {
    O_RDONLY, O_RDWR, O_WRONLY | O_CREAT | O_TRUNC, O_RDWR | O_CREAT | O_TRUNC,
    O_WRONLY | O_CREAT | O_APPEND, O_RDWR | O_CREAT | O_APPEND,
};

// 3: magic, then SH_EXT_EXIT_EXTENDED and SH_EXT_STDOUT_STDERR.
static const u8 features[5] = { 'S', 'H', 'F', 'B', 3 };

static i64 open_special(Call *c, const char *name, u64 mode)
{
    if (str_eq(name, ":tt"))
        return semihost_open_stream(c->sh, mode < 4   ? SEMIHOST_IN
                                           : mode < 8 ? SEMIHOST_OUT : SEMIHOST_ERR);
    if (mode > 1)
        return -EACCES;
    return semihost_open_bytes(c->sh, features, sizeof(features));
}

static i64 sys_open(Call *c)
{
    char *name;
    u64 mode = c->arg[1];
    i64 r = mode > 11 ? -EINVAL : get_name(c->s, c->arg[0], c->arg[2], &name);

    if (r)
        return r;
    if (str_eq(name, ":tt") || str_eq(name, ":semihosting-features"))
        r = open_special(c, name, mode);
    else
        r = semihost_open(c->sh, name, open_flags[mode / 2]);
    free(name);
    return r;
}

static i64 sys_close(Call *c)   { return semihost_close(c->sh, c->arg[0]); }
static i64 sys_istty(Call *c)   { return semihost_is_tty(c->sh, c->arg[0]); }
static i64 sys_seek(Call *c)    { return semihost_seek(c->sh, c->arg[0], c->arg[1]); }
static i64 sys_flen(Call *c)    { return semihost_length(c->sh, c->arg[0]); }
static i64 sys_iserror(Call *c) { return (i64)c->arg[0] < 0; }

// One piece of a read or write; bytes done, less than n at the end, or negative.
static i64 read_piece(Call *c, u64 va, u8 *buf, u64 n)
{
    u8 old;

    // a console's bytes are gone once read, so look first whether there is a place for them
    if (!get(c->s, va, &old, 1) || !put(c->s, va, &old, 1))
        return -EFAULT;
    i64 got = semihost_read(c->sh, c->arg[0], buf, n);

    return got > 0 && !put(c->s, va, buf, (u64)got) ? -EFAULT : got;
}

static i64 write_piece(Call *c, u64 va, u8 *buf, u64 n)
{
    u64 got = copy(c->s, va, buf, n, ACC_READ);

    return got || !n ? semihost_write(c->sh, c->arg[0], buf, got) : -EFAULT;
}

// Answers with the bytes that were not done (5.17, 5.25).  What was done before it would wait
// or fail stands.
static i64 transfer(Call *c, i64 (*piece)(Call *, u64, u8 *, u64))
{
    u64 len = c->arg[2], most = MIN(len, SEMIHOST_MOST), n = 0;
    u8 *buf = xalloc(CHUNK);
    i64 got = 0;

    if (!len)                                       // but a bad handle still is one
        got = semihost_is_tty(c->sh, c->arg[0]);
    while (n < most) {
        u64 want = MIN(most - n, CHUNK);

        got = piece(c, c->arg[1] + n, buf, want);
        n += got > 0 ? (u64)got : 0;
        if (got < (i64)want)
            break;
    }
    free(buf);
    return got < 0 && !n ? got : (i64)(len - n);
}

static i64 sys_read(Call *c)  { return transfer(c, read_piece); }
static i64 sys_write(Call *c) { return transfer(c, write_piece); }

static i64 sys_remove(Call *c)
{
    char *name;
    i64 r = get_name(c->s, c->arg[0], c->arg[1], &name);

    if (!r && remove(name))
        r = -errno;
    free(name);
    return r;
}

static i64 sys_rename(Call *c)
{
    char *from, *to = NULL;
    i64 r = get_name(c->s, c->arg[0], c->arg[1], &from);

    if (!r)
        r = get_name(c->s, c->arg[2], c->arg[3], &to);
    if (!r && rename(from, to))
        r = -errno;
    free(from);
    free(to);
    return r;
}

static i64 sys_tmpnam(Call *c)
{
    char name[48];
    int n = snprintf(name, sizeof(name), "/tmp/mimic-%x-%02x", (unsigned)getpid(),
                     (unsigned)c->arg[1] & 0xff);

    if (c->arg[1] > 255 || (u64)n >= c->arg[2])
        return -EINVAL;
    return put(c->s, c->arg[0], name, (u64)n + 1) ? 0 : -EFAULT;
}

// -- console ----------------------------------------------------------------------------------
static i64 sys_writec(Call *c)
{
    u8 byte;

    if (!get(c->s, c->s->x[1], &byte, 1))
        return -EFAULT;
    i64 r = semihost_put(c->sh, SEMIHOST_ERR, &byte, 1);

    return r < 0 ? r : (i64)c->s->x[0];             // R0 is corrupted, says 5.24; keep it
}

static i64 sys_write0(Call *c)
{
    u64 va = c->s->x[1], n = 0, got = 1;
    Str text = { 0 };
    i64 r = -EFAULT;
    u8 byte = 1;

    while (n < SEMIHOST_MOST / 64 && (got = copy(c->s, va + n, &byte, 1, ACC_READ)) && byte) {
        str_addc(&text, (char)byte);
        n++;
    }
    if (text.len || got)
        r = semihost_put(c->sh, SEMIHOST_ERR, str_text(&text), text.len);
    str_free(&text);
    return r < 0 ? r : (i64)c->s->x[0];
}

static i64 sys_readc(Call *c)
{
    u8 byte;
    i64 n = semihost_get(c->sh, &byte, 1);

    return n == 1 ? byte : n == 0 ? -EIO : n;
}

// -- time and surroundings --------------------------------------------------------------------
static u64 now(Call *c, ClockId id) { return clock_now(c->s->cpu.clocks, id); }

static i64 sys_clock(Call *c)    { return (i64)(now(c, CLOCK_VIRTUAL) / CENTISECOND); }
static i64 sys_time(Call *c)     { return (i64)(now(c, CLOCK_HOST) / NS_PER_SECOND); }
static i64 sys_tickfreq(Call *c) { (void)c; return TICKFREQ; }

static i64 sys_elapsed(Call *c)
{
    return put_word(c->s, c->s->x[1], now(c, CLOCK_VIRTUAL)) ? 0 : -EFAULT;
}

static i64 sys_system(Call *c)
{
    char *command;
    i64 r = get_name(c->s, c->arg[0], c->arg[1], &command);

    if (!r)
        r = semihost_system(c->sh, &c->s->cpu, command);
    free(command);
    return r;
}

static i64 sys_get_cmdline(Call *c)
{
    const char *line = semihost_config(c->sh)->cmdline;
    u64 len = strlen(line);

    if (len >= c->arg[1])
        return -E2BIG;
    return put(c->s, c->arg[0], line, len + 1) && put_word(c->s, c->s->x[1] + 8, len) ? 0
                                                                                      : -EFAULT;
}

// Heap from behind what was loaded to the end of RAM, where the stack begins to grow down.
static i64 sys_heapinfo(Call *c)
{
    Machine *m = c->s->cpu.machine;
    Gpa base = align_up(m->image_end, 16);
    u64 len = 0;

    if (!base || !as_lookup(&m->as, base, &len).host)
        return -ENOMEM;
    const u64 words[4] = { base, base + len, base + len, base };

    for (int i = 0; i < 4; i++)
        if (!put_word(c->s, c->arg[0] + 8 * (u64)i, words[i]))
            return -EFAULT;
    return 0;
}

// 5.5, 5.6: {reason, code}; with any other reason than a program's own end the status is 1.
static i64 sys_exit(Call *c)
{
    if (semihost_drain(c->sh) == SEMIHOST_WAIT)
        return SEMIHOST_WAIT;
    machine_request(c->s->cpu.machine, REQUEST_QUIT,
                    c->arg[0] == ADP_STOPPED_APPLICATION_EXIT ? (int)(u8)c->arg[1] : 1);
    cpu_power_off_self(&c->s->cpu);
    tcg_unwind(&c->s->cpu);
}

// -- the table --------------------------------------------------------------------------------
typedef struct Operation {
    const char *name;                               // the document's
    i64 (*fn)(Call *c);                             // the answer, -errno or SEMIHOST_WAIT
    u8 words;                                       // of the block at x1
} Operation;

static i64 sys_errno(Call *c);

static const Operation operations[] = {
    [0x01] = { "SYS_OPEN", sys_open, 3 },           [0x02] = { "SYS_CLOSE", sys_close, 1 },
    [0x03] = { "SYS_WRITEC", sys_writec, 0 },       [0x04] = { "SYS_WRITE0", sys_write0, 0 },
    [0x05] = { "SYS_WRITE", sys_write, 3 },         [0x06] = { "SYS_READ", sys_read, 3 },
    [0x07] = { "SYS_READC", sys_readc, 0 },         [0x08] = { "SYS_ISERROR", sys_iserror, 1 },
    [0x09] = { "SYS_ISTTY", sys_istty, 1 },         [0x0a] = { "SYS_SEEK", sys_seek, 2 },
    [0x0c] = { "SYS_FLEN", sys_flen, 1 },           [0x0d] = { "SYS_TMPNAM", sys_tmpnam, 3 },
    [0x0e] = { "SYS_REMOVE", sys_remove, 2 },       [0x0f] = { "SYS_RENAME", sys_rename, 4 },
    [0x10] = { "SYS_CLOCK", sys_clock, 0 },         [0x11] = { "SYS_TIME", sys_time, 0 },
    [0x12] = { "SYS_SYSTEM", sys_system, 2 },       [0x13] = { "SYS_ERRNO", sys_errno, 0 },
    [0x15] = { "SYS_GET_CMDLINE", sys_get_cmdline, 2 },
    [0x16] = { "SYS_HEAPINFO", sys_heapinfo, 1 },   [0x18] = { "SYS_EXIT", sys_exit, 2 },
    [0x20] = { "SYS_EXIT_EXTENDED", sys_exit, 2 },  [0x30] = { "SYS_ELAPSED", sys_elapsed, 0 },
    [0x31] = { "SYS_TICKFREQ", sys_tickfreq, 0 },
};

static i64 sys_errno(Call *c) { return (i64)c->s->semihost_errno; }

static i64 call(ArmCpu *s, Semihost *sh, const Operation *op)
{
    Call c = { .s = s, .sh = sh };
    u8 block[sizeof(c.arg)];

    if (!get(s, s->x[1], block, 8u * op->words))
        return -EFAULT;
    for (unsigned i = 0; i < op->words; i++)
        c.arg[i] = load_le64(block + 8 * i);
    return op->fn(&c);
}

// The call is made again once there is news.
static _Noreturn void wait_for_news(ArmCpu *s, Semihost *sh)
{
    semihost_wait(sh, &s->cpu);
    tcg_unwind(&s->cpu);
}

static void answer(ArmCpu *s, const Operation *op, i64 r)
{
    if (log_on(LOG_STRACE))
        log_printf("semihosting cpu %d: %s(0x%llx) = %lld\n", s->cpu.index, op->name,
                   (unsigned long long)s->x[1], (long long)r);
    if (r < 0) {
        s->semihost_errno = (u32)-r;
        r = -1;
    }
    s->x[0] = (u64)r;
}

bool arm_semihost(ArmCpu *s)
{
    Semihost *sh = s->cpu.machine ? s->cpu.machine->semihost : NULL;
    u32 nr = (u32)s->x[0];

    if (!sh || (!s->el && !semihost_config(sh)->userspace))
        return false;
    if (nr >= ARRAY_LEN(operations) || !operations[nr].fn) {
        log_unimp("semihosting operation 0x%x", nr);
        s->semihost_errno = ENOSYS;
        s->x[0] = ~0ull;
        return true;
    }
    i64 r = call(s, sh, &operations[nr]);

    if (r == SEMIHOST_WAIT)
        wait_for_news(s, sh);
    answer(s, &operations[nr], r);
    return true;
}
