// SPDX-License-Identifier: MIT
// The words of --tcg-stress, and its random numbers.
#include "tcg/stress.h"

#include <string.h>

bool stress_parse(const char *text, u32 *out, Error *err)
{
    static const char *const names[] = { "ra", "spill", "tlb", "tb1", "smc", "link",
                                         "move" };
    *out = 0;
    for (const char *p = text; ; p++) {
        size_t n = strcspn(p, ",");
        u32 bit = 0;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (strlen(names[i]) == n && !memcmp(names[i], p, n))
                bit = 1u << i;
        if (!bit)
            return error_set(err, "--tcg-stress: '%.*s': must be some of "
                             "ra,spill,tlb,tb1,smc,link,move", (int)n, p);
        *out |= bit;
        p += n;
        if (!*p)
            return true;
    }
}

u32 stress_random(TcgThread *th, u32 n)             // splitmix64
{
    u64 z = th->stress += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (u32)((z >> 32) * n >> 32);
}

bool stress_one_in(TcgThread *th, u32 what, u32 n)
{
    return stress_on(tcg_cpu(th->cpu)->tcg, what) && !stress_random(th, n);
}

u32 stress_pick(TcgThread *th, u32 set)
{
    u32 skip = stress_random(th, (u32)__builtin_popcount(set));
    while (skip--)
        set &= set - 1;
    return (u32)__builtin_ctz(set);
}
