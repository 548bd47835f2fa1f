// SPDX-License-Identifier: MIT
/* compiled by the cc1 benchmark: a real library in one header */
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb_image_resize.h>
