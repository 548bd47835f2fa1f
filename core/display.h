// SPDX-License-Identifier: MIT
// Displays: a device gives a surface and refreshes it when asked; a user interface shows
// it and sends input events back.  One Display joins the two.  Everything runs on the loop
// thread except display_damage, which any thread may call.
#pragma once

#include "util/thread.h"
#include "util/types.h"

typedef struct Display Display;

typedef struct Surface {
    u32 width, height, stride; // bytes per line
    u8 *pixels;                // 32 bits per pixel, xRGB little-endian; the device owns it
} Surface;

typedef struct Rect { u32 x, y, w, h; } Rect;

typedef enum { INPUT_KEY, INPUT_BUTTON, INPUT_REL, INPUT_ABS, INPUT_SYNC } InputKind;

// Codes are Linux input event codes (KEY_*, BTN_*, REL_*, ABS_*); ABS values 0..32767.
typedef struct InputEvent {
    InputKind kind;
    u16 code;
    i32 value;
} InputEvent;

typedef struct DisplaySource { // the device
    void (*refresh)(void *opaque);                       // bring the surface up to date
    void (*resize_hint)(void *opaque, u32 w, u32 h);     // the window's size; optional
} DisplaySource;

typedef struct DisplaySink { // the user interface
    void (*resize)(void *opaque, const Surface *s);
    void (*update)(void *opaque, Rect r);
    void (*cursor)(void *opaque, const u32 *argb, u32 w, u32 h, i32 hot_x, i32 hot_y); // optional
} DisplaySink;

typedef struct InputSink { // keyboards, mice, tablets
    void (*event)(void *opaque, InputEvent ev);
    void *opaque;
    u32 kinds; // BIT(InputKind)
    struct InputSink *next;
} InputSink;

struct Display {
    const DisplaySource *source;
    void *source_opaque;
    const DisplaySink *sink;
    void *sink_opaque;
    Surface surface;
    InputSink *inputs;
    Mutex lock;
    Rect damage GUARDED_BY(lock); // w = 0: none
};

void display_init(Display *d); // null source, null sink
void display_fini(Display *d);
void display_source(Display *d, const DisplaySource *source, void *opaque);
void display_sink(Display *d, const DisplaySink *sink, void *opaque);
void display_surface(Display *d, const Surface *s); // by the device: new mode
void display_damage(Display *d, Rect r);            // union with what is pending
void display_refresh(Display *d);                   // by the user interface, per frame
void display_input_add(Display *d, InputSink *s);   // the last one that takes the kind gets it
void display_input(Display *d, InputEvent ev);
