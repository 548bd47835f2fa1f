// SPDX-License-Identifier: MIT
// `mimic doctor`; see doctor.h.  A finding is a line: mark, subject, what was found and, after
// a semicolon, what would make it better.
//
// Marks: `missing` is said only of what guests cannot run without, so it decides the exit
// status; everything else that could be better is a `note`.
#include "main/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"
#include "core/accel.h"
#include "core/machine.h"
#include "main/options.h"
#include "util/str.h"
#ifdef __x86_64__
#include "tcg/host/amd64/asm.h"
#endif

enum { CODE_BYTES = 1 << 20, LOW_MIB = 256, LEAST_MIB = 8 }; // the last two: tb-size
enum { FEW_FILES = 1024, FEW_MIB = 512, KVM_API = 12 };

typedef enum { OK, NOTE, MISSING } Mark;
typedef struct Doctor { unsigned count[MISSING + 1]; } Doctor;

static void say(Doctor *d, Mark mark, const char *what, const char *fmt, ...) PRINTF(4, 5);

static void say(Doctor *d, Mark mark, const char *what, const char *fmt, ...)
{
    static const char *const names[] = { "ok", "note", "missing" };
    va_list ap;

    va_start(ap, fmt);
    printf("%-8s%-20s", names[mark], what);
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
    d->count[mark]++;
}

// The value behind the first line of a /proc file that starts with key; false: none.
static bool proc_value(const char *path, const char *key, char *val, size_t size)
{
    FILE *f = fopen(path, "re");
    char line[4096];
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        const char *colon = strchr(line, ':');

        found = colon && str_starts(line, key);
        if (found)
            snprintf(val, size, "%.*s", (int)strcspn(colon + 1 + strspn(colon + 1, " \t"), "\n"),
                     colon + 1 + strspn(colon + 1, " \t"));
    }
    if (f)
        fclose(f);
    return found;
}

// Is `word` among those of the first CPU's flags?
static bool cpu_flag(const char *flags, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = flags; (p = strstr(p, word)); p += n)
        if ((p == flags || p[-1] == ' ') && (!p[n] || p[n] == ' '))
            return true;
    return false;
}

// ---- processor -----------------------------------------------------------------------------

#ifdef __x86_64__
static void look_cpu_features(Doctor *d)
{
    static const struct { u32 set; const char *name; } sets[] = {
        { ASM_AVX512, "AVX-512" }, { ASM_VBMI, "VBMI" }, { ASM_BITALG, "BITALG" },
        { ASM_GFNI, "GFNI" }, { ASM_SHA, "SHA" },
    };
    const char *missing = asm_cpu_missing();
    u32 has = asm_cpu_detect();
    Str yes = { 0 }, no = { 0 };

    if (missing)
        say(d, NOTE, "translator", "this CPU lacks %s, guests run on the slow evaluator; use a "
            "CPU of x86-64-v3 with AES, or give the VM around this its host's CPU", missing);
    else
        say(d, OK, "translator", "x86-64-v3, AES and PCLMULQDQ are there");
    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        str_addf(has & sets[i].set ? &yes : &no, " %s", sets[i].name);
    say(d, no.len ? NOTE : OK, "faster with", "%s%s%s%s", yes.len ? "used:" : "used: none",
        str_text(&yes), no.len ? "; a CPU that has them would help:" : "", str_text(&no));
    str_free(&yes);
    str_free(&no);
}
#else
static void look_cpu_features(Doctor *d)
{
    say(d, NOTE, "translator", "none for " MIMIC_HOST ", guests run on the slow evaluator; use an "
        "amd64 host");
}
#endif

static void look_cpu(Doctor *d)
{
    char model[128] = MIMIC_HOST;
    cpu_set_t set;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int mine = sched_getaffinity(0, sizeof(set), &set) ? (int)online : CPU_COUNT(&set);

    proc_value("/proc/cpuinfo", "model name", model, sizeof(model));
    say(d, OK, "CPU", "%s", model);
    look_cpu_features(d);
    if (mine < online)
        say(d, NOTE, "cores", "%d of %ld; 'taskset -pc 0-%ld $$' gives this shell all", mine,
            online, online - 1);
    else
        say(d, mine > 1 ? OK : NOTE, "cores", "%d%s", mine,
            mine > 1 ? "" : "; each processor of -smp wants one, give this host more");
}

// ---- KVM -----------------------------------------------------------------------------------

KvmState kvm_state(const KvmFacts *f)
{
    if (!f->open_errno)
        return f->api < KVM_API ? KVM_TOO_OLD : KVM_WORKS;
    if (f->open_errno == EACCES || f->open_errno == EPERM)
        return KVM_NO_PERMISSION;
    if (!f->virt)
        return KVM_NO_VIRTUALISATION;
    return f->module ? KVM_NO_NODE : KVM_NO_MODULE;
}

const char *kvm_state_text(KvmState s)
{
    static const char *const texts[KVM_STATES] = {
        [KVM_WORKS] = "/dev/kvm works",
        [KVM_NO_MODULE] = "the kernel module is not loaded; "
                          "'sudo modprobe kvm_intel' (on AMD kvm_amd)",
        [KVM_NO_NODE] = "no /dev/kvm though the kernel has it; 'sudo mknod -m 660 /dev/kvm c 10 "
                        "232', in a container start it with --device /dev/kvm",
        [KVM_NO_PERMISSION] = "no permission for /dev/kvm; 'sudo usermod -aG kvm \"$USER\"' and "
                              "log in again",
        [KVM_NO_VIRTUALISATION] = "the CPU has no virtualisation; switch VT-x or AMD-V on in the "
                                  "firmware's setup, in a VM switch nesting on outside",
        [KVM_TOO_OLD] = "the kernel's KVM speaks an API older than 12; use Linux 2.6.22 or later",
    };

    return texts[s];
}

static KvmFacts kvm_look(void)
{
    KvmFacts f = { 0 };
    char flags[4096] = "";
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    f.open_errno = fd < 0 ? errno : 0;
    if (fd >= 0) {
        f.api = ioctl(fd, KVM_GET_API_VERSION, 0);
        close(fd);
    }
    proc_value("/proc/cpuinfo", "flags", flags, sizeof(flags));
    f.virt = cpu_flag(flags, "vmx") || cpu_flag(flags, "svm");
    f.module = !access("/sys/module/kvm_intel", F_OK) || !access("/sys/module/kvm_amd", F_OK);
    return f;
}

static void look_kvm(Doctor *d)
{
    KvmFacts f = kvm_look();
    KvmState s = kvm_state(&f);

    if (s != KVM_WORKS)
        say(d, NOTE, "KVM", "%s", kvm_state_text(s));
    else if (!accel_find("kvm", NULL))
        say(d, NOTE, "KVM", "%s (API %d), but this mimic has no accelerator for it yet; none "
            "is needed", kvm_state_text(s), f.api);
    else
        say(d, OK, "KVM", "%s (API %d)", kvm_state_text(s), f.api);
}

// ---- memory --------------------------------------------------------------------------------

// As tcg/cache.c maps its buffer: written through one view, run through another.
static bool double_mapping(void)
{
    void *rw = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *rx = rw == MAP_FAILED ? rw : mremap(rw, 0, CODE_BYTES, MREMAP_MAYMOVE);
    bool ok = rx != MAP_FAILED && !mprotect(rx, CODE_BYTES, PROT_READ | PROT_EXEC);

    if (rx != MAP_FAILED)
        munmap(rx, CODE_BYTES);
    if (rw != MAP_FAILED)
        munmap(rw, CODE_BYTES);
    return ok;
}

#ifndef MAP_32BIT
#define MAP_32BIT 0
#endif

static bool low_space(size_t size)
{
    void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_32BIT,
                   -1, 0);

    if (p != MAP_FAILED)
        munmap(p, size);
    return p != MAP_FAILED && (u64)(uintptr_t)p + size <= 1ull << 32;
}

static void look_code_memory(Doctor *d)
{
    if (double_mapping())
        say(d, OK, "code memory", "can be mapped twice, to write and to run");
    else
        say(d, NOTE, "code memory", "this host forbids executable memory; "
            "use -accel tcg,engine=eval, or allow execmem in its security policy");
    if (low_space(LOW_MIB * MIB))
        say(d, OK, "below 4 GiB", "%d MiB of address space are free", LOW_MIB);
    else
        say(d, low_space(LEAST_MIB * MIB) ? NOTE : MISSING, "below 4 GiB", "less than %d MiB of "
            "address space; 'ulimit -v unlimited', or less in -accel tcg,tb-size=MIB", LOW_MIB);
}

static void look_huge_pages(Doctor *d)
{
    static const char path[] = "/sys/kernel/mm/transparent_hugepage/enabled";
    char line[128] = "";
    FILE *f = fopen(path, "re");
    bool read = f && fgets(line, sizeof(line), f);

    if (f)
        fclose(f);
    if (!read)
        say(d, NOTE, "huge pages", "this kernel has none; use one with "
            "CONFIG_TRANSPARENT_HUGEPAGE");
    else if (strstr(line, "[never]"))
        say(d, NOTE, "huge pages", "off; 'echo madvise | sudo tee %s'", path);
    else
        say(d, OK, "huge pages", "%s", strstr(line, "[always]") ? "always" : "madvise, as asked");
}

static void look_memory(Doctor *d)
{
    char val[64] = "";
    u64 mib;

    if (!proc_value("/proc/meminfo", "MemAvailable", val, sizeof(val))) {
        say(d, NOTE, "memory", "/proc/meminfo does not say; mount /proc");
        return;
    }
    mib = strtoull(val, NULL, 10) >> 10;
    say(d, mib < FEW_MIB ? NOTE : OK, "memory", "%llu MiB are available%s",
        (unsigned long long)mib, mib < FEW_MIB ? "; give the guest less with -m" : "");
}

// A limit in bytes or files, and whether it suffices.
static void look_limit(Doctor *d, const char *what, int which, u64 unit, const char *name, u64 few,
                       const char *remedy)
{
    struct rlimit r = { 0 };

    if (getrlimit((__rlimit_resource_t)which, &r) || r.rlim_cur == RLIM_INFINITY)
        say(d, OK, what, "no limit");
    else
        say(d, r.rlim_cur < few ? NOTE : OK, what, "%llu%s%s",
            (unsigned long long)(r.rlim_cur / unit), name, r.rlim_cur < few ? remedy : "");
}

static void look_uring(Doctor *d)
{
    struct io_uring_params p = { 0 };
    long fd = syscall(SYS_io_uring_setup, 1, &p);

    if (fd >= 0) {
        close((int)fd);
        say(d, OK, "io_uring", "is there");
    } else if (errno == ENOSYS)
        say(d, NOTE, "io_uring", "this kernel has none; use Linux 5.1 or later");
    else if (errno == EPERM || errno == EACCES)
        say(d, NOTE, "io_uring", "forbidden; 'sudo sysctl kernel.io_uring_disabled=0', in a "
            "container allow it in the seccomp profile");
    else
        say(d, NOTE, "io_uring", "%s; 'ulimit -l unlimited'", strerror(errno));
}

// ---- files, terminal, programs -----------------------------------------------------------

static void look_firmware(Doctor *d)
{
    for (const FirmwareRow *r = firmware_rows; r->dir; r++) {
        char path[256];

        if (!r->file)
            continue;
        snprintf(path, sizeof(path), "%s/%s", r->dir, r->file);
        if (!access(path, R_OK))
            say(d, OK, r->what, "%s", path);
        else
            say(d, NOTE, r->what, "no %s; 'sudo apt-get install %s'", path, r->package);
    }
}

static bool utf8_locale(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *val = getenv(names[i]);

        if (val && *val)                                // the first that is set decides
            return strcasestr(val, "UTF-8") || strcasestr(val, "UTF8");
    }
    return false;
}

static void look_terminal(Doctor *d)
{
    const char *term = getenv("TERM");
    bool tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

    say(d, tty ? OK : NOTE, "terminal", "%s", tty ? "stdin and stdout are one"
        : "stdin or stdout is none, keys of -nographic come from a pipe; start mimic in one");
    if (!term || !*term || str_eq(term, "dumb"))
        say(d, NOTE, "TERM", "%s; 'export TERM=xterm-256color'", term && *term ? term : "not set");
    else
        say(d, OK, "TERM", "%s", term);
    say(d, utf8_locale() ? OK : NOTE, "UTF-8", "%s", utf8_locale() ? "by the locale"
        : "not by the locale; 'export LANG=C.UTF-8'");
}

static void look_library(Doctor *d, bool built, const char *name, const char *use)
{
    if (built)
        say(d, OK, name, "built in, %s", use);
    else
        say(d, NOTE, name, "not built in, no %s; 'sudo apt-get install lib%s-dev && ./configure && "
            "make'", use, name);
}

static bool in_path(const char *name)
{
    const char *p = getenv("PATH");
    bool found = false;

    while (p && !found) {
        char path[512];
        size_t n = strcspn(p, ":");

        snprintf(path, sizeof(path), "%.*s/%s", (int)n, p, name);
        found = n && !access(path, X_OK);
        p = p[n] ? p + n + 1 : NULL;
    }
    return found;
}

static void look_gdb(Doctor *d)
{
    if (in_path("gdb-multiarch"))
        say(d, OK, "gdb-multiarch", "is there");
    else
        say(d, NOTE, "gdb-multiarch", "not found in PATH; 'sudo apt-get install gdb-multiarch'");
}

// ---- all of it -----------------------------------------------------------------------------

// Can an accelerator run the CPU of some machine?
static void look_accel(Doctor *d)
{
    Error why = { 0 };

    machine_class_foreach(m)
        accel_foreach(a)
            if ((*a)->probe((*m)->cpu_class, &why)) {
                say(d, OK, "accelerator", "-M %s with -accel %s", (*m)->name, (*a)->name);
                return;
            }
    say(d, MISSING, "accelerator", "none works: %s", why.text);
}

bool doctor(bool *able, Error *err)
{
    Doctor d = { { 0 } };

    look_cpu(&d);
    look_kvm(&d);
    look_memory(&d);
    look_huge_pages(&d);
    look_code_memory(&d);
    look_uring(&d);
    look_limit(&d, "locked memory", RLIMIT_MEMLOCK, KIB, " KiB", 8 * MIB,
               "; 'ulimit -l unlimited' (limits.conf: memlock)");
    look_limit(&d, "open files", RLIMIT_NOFILE, 1, "", FEW_FILES, "; 'ulimit -n 4096'");
    look_firmware(&d);
    look_terminal(&d);
    look_library(&d, CONFIG_CAPSTONE, "capstone", "host code in -d out_asm");
    look_library(&d, CONFIG_JANSSON, "jansson", "QMP");
    look_gdb(&d);
    look_accel(&d);
    *able = !d.count[MISSING];
    printf("%s: %u ok, %u to note, %u missing\n", *able ? "guests can run" : "guests cannot run",
           d.count[OK], d.count[NOTE], d.count[MISSING]);
    return (!fflush(stdout) && !ferror(stdout)) ||
           error_errno(err, "doctor: cannot write to standard output");
}
