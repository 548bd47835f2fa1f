// SPDX-License-Identifier: MIT
// PL011: FIFO, interrupts, flow control, without a CPU.
#include "tests/device/rig.h"
#include "tests/lib/test.h"

enum { DR = 0, RSR = 4, FR = 0x18, IBRD = 0x24, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38,
       RIS = 0x3c, MIS = 0x40, ICR = 0x44 };
enum { TXFE = 0x80, RXFF = 0x40, TXFF = 0x20, RXFE = 0x10, BUSY = 8 };
enum { RX = 0x10, TX = 0x20, RT = 0x40, BE = 0x200, OE = 0x400 };

TEST(pl011_reset_values)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    rig_check(&r, "tests/device/pl011.txt");
    rig_close(&r);
}

TEST(pl011_write_masks)
{
    static const struct { u32 at, ones; } t[] = {
        { 0x20, 0xff }, { 0x24, 0xffff }, { 0x28, 0x3f }, { 0x2c, 0xff }, { 0x30, 0xff87 },
        { 0x34, 0x3f }, { 0x38, 0x7ff },
    };
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        wr(&r, t[i].at, ~0u);
        EQ(rd(&r, t[i].at), t[i].ones);
        wr(&r, t[i].at, 0);
        EQ(rd(&r, t[i].at), 0);
    }
    wr(&r, CR, 0xff80); // loop-back: RTS, DTR, OUT1, OUT2 come in as CTS, DSR, DCD, RI
    EQ(rd(&r, FR), 0x197);
    EQ(rig_read(&r, 0xfe0, 1), 0x11);
    EQ(rig_read(&r, 0xfe0, 8), 0x1000000011ull);
    rig_close(&r);
}

TEST(pl011_transmit)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    wr(&r, IMSC, TX);
    EQ(r.line[0], 0);
    wr(&r, DR, 'a');
    rig_write(&r, DR, 'b', 1);
    STR_EQ(chardev_test_output(r.chr, NULL), "ab");
    EQ(rd(&r, RIS), TX);
    EQ(rd(&r, MIS), TX);
    EQ(r.line[0], 1);
    wr(&r, ICR, TX);
    EQ(r.line[0], 0);
    EQ(rd(&r, FR), TXFE | RXFE);
    rig_close(&r);
}

TEST(pl011_transmit_backpressure)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    wr(&r, LCR_H, 0x70); // FIFOs on
    chardev_test_limit(r.chr, 0);
    for (int i = 0; i < 16; i++) {
        EQ(rd(&r, FR) & TXFF, 0);
        wr(&r, DR, 'a' + i);
    }
    EQ(rd(&r, FR), TXFF | BUSY | RXFE);
    wr(&r, DR, '!'); // lost
    wr(&r, ICR, TX);
    chardev_test_limit(r.chr, 7);
    chardev_front_writable(chardev_test_dev(r.chr));
    EQ(rd(&r, RIS) & TX, 0); // 9 left, 8 is the level
    chardev_test_limit(r.chr, 1);
    chardev_front_writable(chardev_test_dev(r.chr));
    EQ(rd(&r, RIS) & TX, TX);
    chardev_test_limit(r.chr, SIZE_MAX);
    chardev_front_writable(chardev_test_dev(r.chr));
    STR_EQ(chardev_test_output(r.chr, NULL), "abcdefghijklmnop");
    EQ(rd(&r, FR), TXFE | RXFE);
    rig_close(&r);
}

TEST(pl011_receive_fifo)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    wr(&r, LCR_H, 0x70);
    wr(&r, IMSC, RX | RT);
    EQ(chardev_test_feed(r.chr, "0123456", 7), 7);
    EQ(rd(&r, RIS) & RX, 0);
    EQ(chardev_test_feed(r.chr, "7", 1), 1);
    EQ(rd(&r, RIS) & RX, RX);
    EQ(r.line[0], 1);
    EQ(chardev_test_feed(r.chr, "89abcdefgh", 10), 8); // 16 in all
    EQ(rd(&r, FR) & RXFF, RXFF);
    for (int i = 0; i < 16; i++)
        EQ(rd(&r, DR), "0123456789abcdef"[i]);
    EQ(rd(&r, RIS) & RX, 0);
    EQ(r.line[0], 0);
    EQ(rd(&r, FR) & RXFE, RXFE);
    EQ(rd(&r, DR), 0);
    rig_close(&r);
}

TEST(pl011_receive_timeout)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    wr(&r, LCR_H, 0x70);
    wr(&r, IMSC, RT);
    EQ(chardev_test_feed(r.chr, "x", 1), 1);
    EQ(r.line[0], 0);
    rig_spin(&r, 10);
    EQ(rd(&r, RIS), RT);
    EQ(r.line[0], 1);
    EQ(rd(&r, DR), 'x');
    EQ(rd(&r, RIS), 0);
    EQ(r.line[0], 0);
    rig_close(&r);
}

TEST(pl011_no_fifo)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    EQ(chardev_test_feed(r.chr, "xy", 2), 1);
    EQ(rd(&r, RIS), RX);
    EQ(rd(&r, FR), TXFE | RXFF);
    EQ(rd(&r, DR), 'x');
    EQ(chardev_test_feed(r.chr, "y", 1), 1);
    EQ(rd(&r, DR), 'y');
    rig_close(&r);
}

TEST(pl011_break_and_overrun)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    chardev_front_event(chardev_test_dev(r.chr), CHARDEV_BREAK);
    EQ(rd(&r, RIS), RX | BE);
    chardev_front_event(chardev_test_dev(r.chr), CHARDEV_BREAK); // no room
    EQ(rd(&r, RIS), RX | BE | OE);
    EQ(rd(&r, DR), 0xc00);
    EQ(rd(&r, RSR), 0xc);
    wr(&r, RSR, 0xff);
    EQ(rd(&r, RSR), 0);
    rig_close(&r);
}

TEST(pl011_loopback)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    wr(&r, CR, 0x381);
    EQ(chardev_test_feed(r.chr, "z", 1), 0);
    wr(&r, DR, 'q');
    EQ(rd(&r, DR), 'q');
    STR_EQ(chardev_test_output(r.chr, NULL), "");
    rig_close(&r);
}

TEST(pl011_state)
{
    Rig r;

    rig_open(&r, "pl011", NULL, NULL);
    wr(&r, LCR_H, 0x70);
    wr(&r, IBRD, 13);
    chardev_test_feed(r.chr, "abc", 3);
    chardev_test_limit(r.chr, 0);
    wr(&r, DR, 'x');
    rig_check_state(&r);
    EQ(rd(&r, DR), 'a');
    rig_close(&r);
}
