// SPDX-License-Identifier: MIT
// Semihosting for AArch64 (Arm "Semihosting for AArch32 and AArch64", 2.0): console output and
// exit, for bare-metal tests.  x0 is the operation, x1 its argument or the address of a block.
// Missing on purpose: host files.  Only ":tt" opens, as standard input, output or error.
#include "cpu/arm/internal.h"

#include <stdio.h>

#include "core/machine.h"
#include "util/bits.h"
#include "util/log.h"

LOG_CATEGORY("cpu.arm.semihost")

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITEC = 0x03, SYS_WRITE0 = 0x04, SYS_WRITE = 0x05,
       SYS_READ = 0x06, SYS_READC = 0x07, SYS_ISERROR = 0x08, SYS_ISTTY = 0x09, SYS_SEEK = 0x0a,
       SYS_FLEN = 0x0c, SYS_ERRNO = 0x13, SYS_GET_CMDLINE = 0x15, SYS_EXIT = 0x18,
       SYS_EXIT_EXTENDED = 0x20, SYS_TICKFREQ = 0x31 };
enum { APPLICATION_EXIT = 0x20026, HANDLE_IN = 1, HANDLE_OUT, HANDLE_ERR, ERR_BADF = 9,
       WRITE0_MAX = 65536 };

static u64 arg(ArmCpu *s, unsigned i) { return tcg_load(&s->cpu, s->x[1] + 8 * i, MO_64); }
static u8 byte(ArmCpu *s, u64 at)     { return (u8)tcg_load(&s->cpu, at, MO_8); }

static void write0(ArmCpu *s)
{
    for (u64 at = s->x[1], n = 0; n < WRITE0_MAX; at++, n++) {
        int c = byte(s, at);

        if (!c)
            break;
        putchar(c);
    }
    fflush(stdout);
}

// Returns the number of bytes not written.
static u64 write_block(ArmCpu *s)
{
    u64 handle = arg(s, 0), at = arg(s, 1), len = arg(s, 2);
    FILE *f = handle == HANDLE_OUT ? stdout : handle == HANDLE_ERR ? stderr : NULL;

    if (!f)
        return len;
    for (u64 i = 0; i < len; i++) {
        if (i == WRITE0_MAX)
            return fflush(f), len - i;
        putc(byte(s, at + i), f);
    }
    fflush(f);
    return 0;
}

static u64 open_tt(ArmCpu *s)
{
    u64 name = arg(s, 0), mode = arg(s, 1);

    if (arg(s, 2) != 3 || byte(s, name) != ':' || byte(s, name + 1) != 't' ||
        byte(s, name + 2) != 't')
        return ~0ull;
    return mode < 4 ? HANDLE_IN : mode < 8 ? HANDLE_OUT : HANDLE_ERR;
}

static _Noreturn void finish(ArmCpu *s)
{
    u64 reason = arg(s, 0), code = arg(s, 1);

    machine_request(s->cpu.machine, REQUEST_QUIT, reason == APPLICATION_EXIT ? (int)(u8)code : 1);
    cpu_power_off_self(&s->cpu);
    tcg_unwind(&s->cpu);
}

bool arm_semihost(ArmCpu *s)
{
    u32 op = (u32)s->x[0];
    u64 ret = ~0ull;

    switch (op) {
    case SYS_WRITEC:    putchar(byte(s, s->x[1])); fflush(stdout); return true;
    case SYS_WRITE0:    write0(s); return true;
    case SYS_WRITE:     ret = write_block(s); break;
    case SYS_OPEN:      ret = open_tt(s); break;
    case SYS_CLOSE:     ret = arg(s, 0) - HANDLE_IN < 3 ? 0 : ~0ull; break;
    case SYS_ISTTY:     ret = arg(s, 0) - HANDLE_IN < 3; break;
    case SYS_READ:      ret = arg(s, 2); break;     // end of file: nothing was read
    case SYS_ISERROR:   ret = (i64)arg(s, 0) < 0; break;
    case SYS_ERRNO:     ret = ERR_BADF; break;
    case SYS_READC: case SYS_SEEK: case SYS_FLEN: case SYS_GET_CMDLINE: case SYS_TICKFREQ:
        break;
    case SYS_EXIT: case SYS_EXIT_EXTENDED:
        finish(s);
    default:
        log_unimp("semihosting operation 0x%x", op);
    }
    s->x[0] = ret;
    return true;
}
