// SPDX-License-Identifier: MIT
// Arm PrimeCell UART, PL011 (ARM DDI 0183G), revision r1p4.
// Pins: region 0 = registers, 4 KiB; irq_out 0 = UARTINTR (all sources combined).
// Back end: a chardev.  Characters leave as fast as it takes them; when it takes none they
// stay in the transmit FIFO, which fills up, and FR.TXFF holds the guest off.
// Missing on purpose: DMA (DMACR reads 0), IrDA, the baud rate as delay of characters, the
// integration test registers.  Modem inputs are inactive but in loop-back.
// DEVIATION: sends and receives without CR.UARTEN, TXE, RXE too; bare-metal guests written
// for emulators never set them.
#include "core/device.h"
#include "util/bits.h"

#define FIFO_DEPTH 16
#define UARTCLK 24000000u // "apb-pclk" of the boards that have one

enum { // CR, 3.3.8
    CR_LBE = 1 << 7, CR_DTR = 1 << 10, CR_RTS = 1 << 11, CR_OUT1 = 1 << 12, CR_OUT2 = 1 << 13,
};
enum { // FR, 3.3.3
    FR_CTS = 1 << 0, FR_DSR = 1 << 1, FR_DCD = 1 << 2, FR_BUSY = 1 << 3, FR_RXFE = 1 << 4,
    FR_TXFF = 1 << 5, FR_RXFF = 1 << 6, FR_TXFE = 1 << 7, FR_RI = 1 << 8,
};
enum { LCR_BRK = 1 << 0, LCR_FEN = 1 << 4 }; // LCR_H, 3.3.7
enum { // RIS, MIS, IMSC, ICR, 3.3.10
    INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6, INT_BE = 1 << 9, INT_OE = 1 << 10,
};
enum { DR_BE = 1 << 10, DR_OE = 1 << 11 }; // DR, 3.3.1; RSR has the same bits 8 lower

typedef struct {
    Device dev;
    Timer quiet; // 32 bit times without a character: the receive timeout
    u32 rsr, ilpr, ibrd, fbrd, lcr_h, cr, ifls, dmacr, imsc, ris;
    u32 rx_head, rx_count, tx_count;
    u32 starved; // the back end was told "no room"
    u16 rx[FIFO_DEPTH];
    u8 tx[FIFO_DEPTH];
} Pl011;
DEVICE_OF(pl011, Pl011)

static u32 depth(const Pl011 *s)
{
    return s->lcr_h & LCR_FEN ? FIFO_DEPTH : 1;
}

// Trigger levels of IFLS, 3.3.9: 1/8, 1/4, 1/2, 3/4, 7/8; the rest is reserved.
static u32 trigger(u32 select)
{
    static const u8 level[8] = { 2, 4, 8, 12, 14, 14, 14, 14 };

    return level[select & 7];
}

static u32 rx_trigger(const Pl011 *s)
{
    return depth(s) == 1 ? 1 : trigger(s->ifls >> 3);
}

static u32 tx_trigger(const Pl011 *s)
{
    return depth(s) == 1 ? 0 : trigger(s->ifls);
}

static void update(Pl011 *s)
{
    irq_set(&s->dev.irq_out[0], (s->ris & s->imsc) != 0);
}

// ---- receive -----------------------------------------------------------------------------

// 32 bit times at the programmed rate (3.3.5: baud = UARTCLK / (16 * (IBRD + FBRD / 64))),
// kept between what a person and what a test can stand.
static u64 quiet_ns(const Pl011 *s)
{
    u64 divisor = (u64)s->ibrd * 64 + s->fbrd;
    u64 ns = divisor * 16 * 32 * NS_PER_SECOND / 64 / UARTCLK;

    return MIN(MAX(ns, 50000), 5000000);
}

static void rx_put(Pl011 *s, u16 ch)
{
    if (s->rx_count >= depth(s)) { // the character is lost, the FIFO stays as it is (3.3.1)
        s->rx[(s->rx_head + s->rx_count - 1) % FIFO_DEPTH] |= DR_OE;
        s->ris |= INT_OE;
        return;
    }
    s->rx[(s->rx_head + s->rx_count++) % FIFO_DEPTH] = ch;
    if (s->rx_count >= rx_trigger(s))
        s->ris |= INT_RX;
    if (ch & DR_BE)
        s->ris |= INT_BE;
    if (s->lcr_h & LCR_FEN)
        timer_arm_in(&s->quiet, quiet_ns(s));
}

static void quiet_fire(Pl011 *s)
{
    if (s->rx_count)
        s->ris |= INT_RT;
    update(s);
}

static size_t can_receive(Pl011 *s)
{
    u32 room = depth(s) > s->rx_count ? depth(s) - s->rx_count : 0;

    s->starved = room == 0;
    return s->cr & CR_LBE ? 0 : room;
}

static void receive(Pl011 *s, const u8 *buf, size_t len)
{
    for (size_t i = 0; i < len; i++)
        rx_put(s, buf[i]);
    update(s);
}

static void event(Pl011 *s, ChardevEvent ev)
{
    if (ev == CHARDEV_BREAK && !(s->cr & CR_LBE)) {
        rx_put(s, DR_BE);
        update(s);
    }
}

static u64 read_dr(Pl011 *s)
{
    u16 ch = 0;

    if (s->rx_count) {
        ch = s->rx[s->rx_head];
        s->rx_head = (s->rx_head + 1) % FIFO_DEPTH;
        s->rx_count--;
        s->rsr = ch >> 8;
    }
    if (s->rx_count < rx_trigger(s))
        s->ris &= ~INT_RX;
    if (!s->rx_count) {
        s->ris &= ~INT_RT;
        timer_cancel(&s->quiet);
    }
    update(s);
    // At half: the back end then brings several characters at once.
    if (s->starved && s->rx_count <= depth(s) / 2) {
        s->starved = 0;
        chardev_accept_input(s->dev.chardev);
    }
    return ch;
}

static void write_rsr(Pl011 *s, u64 v)
{
    (void)v;
    s->rsr = 0;
}

// ---- transmit ----------------------------------------------------------------------------

static void tx_drain(Pl011 *s)
{
    size_t n;

    if (!s->tx_count)
        return;
    n = chardev_write(s->dev.chardev, s->tx, s->tx_count);
    s->tx_count -= (u32)n;
    memmove(s->tx, s->tx + n, s->tx_count);
    if (n && s->tx_count <= tx_trigger(s))
        s->ris |= INT_TX;
}

static void writable(Pl011 *s)
{
    tx_drain(s);
    update(s);
}

static void write_dr(Pl011 *s, u64 v)
{
    if (s->cr & CR_LBE) { // 2.4.6
        rx_put(s, v & 0xff);
        s->ris |= INT_TX;
    } else if (s->tx_count >= depth(s)) {
        guest_error(&s->dev, "DR written with the transmit FIFO full");
    } else {
        s->tx[s->tx_count++] = (u8)v;
        if (s->tx_count > tx_trigger(s))
            s->ris &= ~INT_TX;
        tx_drain(s);
    }
    update(s);
}

// ---- the rest ----------------------------------------------------------------------------

static u64 read_fr(Pl011 *s)
{
    u32 v = s->rx_count ? 0 : FR_RXFE;

    if (s->rx_count >= depth(s))
        v |= FR_RXFF;
    if (s->tx_count >= depth(s))
        v |= FR_TXFF;
    v |= s->tx_count ? FR_BUSY : FR_TXFE;
    if (s->cr & CR_LBE) // 3.3.8: modem outputs come back as inputs
        v |= (s->cr & CR_RTS ? FR_CTS : 0) | (s->cr & CR_DTR ? FR_DSR : 0) |
             (s->cr & CR_OUT1 ? FR_DCD : 0) | (s->cr & CR_OUT2 ? FR_RI : 0);
    return v;
}

static void write_lcr_h(Pl011 *s, u64 v)
{
    bool brk = v & ~s->lcr_h & LCR_BRK;

    s->lcr_h = v & 0xff;
    if (s->rx_count < rx_trigger(s))
        s->ris &= ~INT_RX;
    update(s);
    if (brk)
        chardev_event(s->dev.chardev, CHARDEV_BREAK);
    if (s->starved && s->rx_count < depth(s)) {
        s->starved = 0;
        chardev_accept_input(s->dev.chardev);
    }
}

static void wrote_cr(Pl011 *s)
{
    if (!(s->cr & CR_LBE) && s->rx_count < depth(s))
        chardev_accept_input(s->dev.chardev); // nothing was taken in loop-back
}

static u64 read_mis(Pl011 *s) { return s->ris & s->imsc; }

static void write_icr(Pl011 *s, u64 v)
{
    s->ris &= ~(u32)v;
    update(s);
}

static void wrote_dmacr(Pl011 *s)
{
    if (s->dmacr & 3)
        unimp(&s->dev, "DMACR: DMA (DDI 0183G 3.3.14)");
}

static void reset(Pl011 *s)
{
    timer_cancel(&s->quiet);
    s->ris = s->rx_head = s->rx_count = s->tx_count = s->starved = 0;
}

// The counts may come from a file.
static void loaded(Pl011 *s)
{
    s->rx_head %= FIFO_DEPTH;
    s->rx_count = MIN(s->rx_count, FIFO_DEPTH);
    s->tx_count = MIN(s->tx_count, FIFO_DEPTH);
    tx_drain(s);
    update(s);
}

static void fdt(Pl011 *s, DtNode *n)
{
    u32 clock = dt_phandle_of(n, "apb-pclk");
    u32 both[2] = { clock, clock };

    (void)s;
    if (!clock)
        return;
    dt_strings(n, "clock-names", "uartclk", "apb_pclk", NULL);
    dt_cells(n, "clocks", both, 2);
}

static const Reg regs[] = {
    REG(0x000, DR,    .read = read_dr, .write = write_dr,                        .ref = "3.3.1"),
    REG(0x004, RSR,   .at = FIELD(rsr), .write = write_rsr,                      .ref = "3.3.2"),
    REG(0x018, FR,    .read = read_fr, .flags = REG_QUIET,                       .ref = "3.3.3"),
    REG(0x020, ILPR,  .at = FIELD(ilpr), .rw = 0xff,                             .ref = "3.3.4"),
    REG(0x024, IBRD,  .at = FIELD(ibrd), .rw = 0xffff,                           .ref = "3.3.5"),
    REG(0x028, FBRD,  .at = FIELD(fbrd), .rw = 0x3f,                             .ref = "3.3.6"),
    REG(0x02c, LCR_H, .at = FIELD(lcr_h), .write = write_lcr_h,                  .ref = "3.3.7"),
    REG(0x030, CR,    .at = FIELD(cr), .reset = 0x300, .rw = 0xff87, .wrote = wrote_cr,
                                                                                 .ref = "3.3.8"),
    REG(0x034, IFLS,  .at = FIELD(ifls), .reset = 0x12, .rw = 0x3f,              .ref = "3.3.9"),
    REG(0x038, IMSC,  .at = FIELD(imsc), .rw = 0x7ff, .wrote = update,           .ref = "3.3.10"),
    REG(0x03c, RIS,   .at = FIELD(ris), .flags = REG_QUIET,                      .ref = "3.3.11"),
    REG(0x040, MIS,   .read = read_mis, .flags = REG_QUIET,                      .ref = "3.3.12"),
    REG(0x044, ICR,   .write = write_icr,                                        .ref = "3.3.13"),
    REG(0x048, DMACR, .at = FIELD(dmacr), .rw = 7, .wrote = wrote_dmacr,         .ref = "3.3.14"),
    PRIMECELL_ID(0x00141011),
};

DEVICE(pl011, .spec = "ARM DDI 0183G", .desc = "Arm PL011 UART", .size = sizeof(Pl011),
       .regs = ROWS(regs), .irqs = 1, .timers = { TIMER(quiet, quiet_fire) },
       .state = { STATE(rx_head), STATE(rx_count), STATE(tx_count), STATE(starved), STATE(rx),
                  STATE(tx) },
       .backends = BACKEND_CHARDEV,
       .chardev = { .can_receive = can_receive, .receive = receive, .event = event,
                    .writable = writable },
       .reset = reset, .loaded = loaded, .compatible = "arm,pl011;arm,primecell", .fdt = fdt)
