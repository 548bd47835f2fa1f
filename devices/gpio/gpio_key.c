// SPDX-License-Identifier: MIT
// A push button: a rise of its input holds the output high for a tenth of a second of guest
// time, as a finger would (Linux, Documentation/devicetree/bindings/input/gpio-keys.yaml, is
// who looks at it, with debouncing).
// Pins: irq_in 0 = pressed; irq_out 0 = the contact.
#include "core/device.h"

#define HELD_NS (NS_PER_SECOND / 10)

typedef struct {
    Device dev;
    Timer release;
    u32 down, pad;
} GpioKey;
DEVICE_OF(gpio_key, GpioKey)

static void update(GpioKey *s) { irq_set(&s->dev.irq_out[0], (int)s->down); }

static void let_go(GpioKey *s)
{
    s->down = 0;
    update(s);
}

static void irq_in(GpioKey *s, int n, int level)
{
    if (n || !level)
        return;
    s->down = 1;
    update(s);
    timer_arm(&s->release, clock_now(s->dev.clocks, CLOCK_VIRTUAL) + HELD_NS);
}

static void reset(GpioKey *s) { s->down = 0; }

DEVICE_NAMED(gpio_key, "gpio-key", .desc = "push button on a GPIO pin", .size = sizeof(GpioKey),
             .irqs = 1, .irq_in = irq_in, .timers = { TIMER(release, let_go) },
             .state = { STATE(down), HOST_ONLY(pad) }, .reset = reset, .loaded = update)
