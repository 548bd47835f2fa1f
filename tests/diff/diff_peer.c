// SPDX-License-Identifier: MIT
// The peer: cases go through a file to qemu-aarch64-static running runner.S, and come back.
#include "tests/diff/diff.h"

#include "util/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *temporary(void)
{
    FILE *f = tmpfile();
    if (!f)
        perror("tmpfile");
    return f;
}

static void spawn(const char *runner, const char *model, int in, int out)
{
    char command[512];
    snprintf(command, sizeof command, "exec qemu-aarch64-static -cpu %s '%s' <&%d >&%d 2>/dev/null",
             model, runner, in, out);
    if (system(command) == -1)
        perror("system");
}

int peer_run(const char *runner, const char *model, const DiffCase *c, DiffState *out, int n)
{
    FILE *in = temporary(), *back = temporary();
    DiffCase r;
    int done = 0;
    if (in && back && fwrite(c, sizeof *c, (size_t)n, in) == (size_t)n && !fflush(in)) {
        lseek(fileno(in), 0, SEEK_SET);
        spawn(runner, model, fileno(in), fileno(back));
        rewind(back);
        while (done < n && fread(&r, sizeof r, 1, back) == 1) {
            r.s.nzcv &= 0xf0000000;
            out[done++] = r.s;
        }
    }
    if (in)
        fclose(in);
    if (back)
        fclose(back);
    return done;
}
