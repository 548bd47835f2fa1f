// SPDX-License-Identifier: MIT
// `info`: what there is, from core's own tables; see hmp.h.
#include "main/hmp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"
#include "core/block.h"
#include "core/net.h"

// ---- processors ----------------------------------------------------------------------------

static void ask_thread(Cpu *cpu, void *opaque)
{
    (void)cpu;
    *(int *)opaque = (int)syscall(SYS_gettid);
}

int cpu_thread_number(Cpu *cpu)
{
    int number = 0;

    cpu_run_on(cpu, ask_thread, &number);
    return number;
}

static void dump_cpu(Hmp *h, Cpu *cpu)
{
    str_addf(h->out, "CPU#%d\n", cpu->index);
    if (cpu->cls->dump)
        cpu->cls->dump(cpu, h->out);
}

void hmp_info_registers(Hmp *h)
{
    if (h->has[0] && h->num[0] >= h->m->cpu_count)
        error_set_class(h->err, ERROR_INVALID, "CPU#%llu not available; there are 0 to %u",
                        (unsigned long long)h->num[0], h->m->cpu_count - 1);
    else if (h->flag)
        for (u32 i = 0; i < h->m->cpu_count; i++)
            dump_cpu(h, h->m->cpu[i]);
    else
        dump_cpu(h, h->has[0] ? h->m->cpu[h->num[0]] : hmp_cpu(h));
}

void hmp_info_cpus(Hmp *h)
{
    static const char *const power[] = { "", " (off)", " (coming on)" };

    for (u32 i = 0; i < h->m->cpu_count; i++) {
        Cpu *cpu = h->m->cpu[i];

        str_addf(h->out, "%c CPU #%u: thread_id=%d pc=0x%016llx %s%s%s\n",
                 i == *h->cpu ? '*' : ' ', i, cpu_thread_number(cpu),
                 (unsigned long long)cpu->cls->pc(cpu), cpu->model->name,
                 cpu->halted ? " (halted)" : "", power[atomic_load(&cpu->power)]);
    }
}

static void mappings(Hmp *h, bool each)
{
    Cpu *cpu = hmp_cpu(h);

    if (cpu->cls->mappings)
        cpu->cls->mappings(cpu, each, h->out);
    else
        error_set_class(h->err, ERROR_UNSUPPORTED, "not known for this processor");
}

void hmp_info_mem(Hmp *h) { mappings(h, false); }
void hmp_info_tlb(Hmp *h) { mappings(h, true); }

// ---- the machine ---------------------------------------------------------------------------

void hmp_info_status(Hmp *h)
{
    const char *status = monitors_status(h->all);

    if (str_eq(status, "running"))
        str_add(h->out, "VM status: running\n");
    else if (str_eq(status, "paused"))
        str_add(h->out, "VM status: paused\n");
    else
        str_addf(h->out, "VM status: paused (%s)\n", status);
}

void hmp_info_version(Hmp *h) { str_add(h->out, MIMIC_VERSION "\n"); }

void hmp_info_name(Hmp *h)
{
    if (h->all->host->name)
        str_addf(h->out, "%s\n", h->all->host->name);
}

void hmp_info_jit(Hmp *h)
{
    if (h->m->accel->stats)
        h->m->accel->stats(h->m, h->out);
    else
        error_set_class(h->err, ERROR_UNSUPPORTED, "accelerator %s keeps no figures",
                        h->m->accel->name);
}

void hmp_info_roms(Hmp *h)
{
    const MachineConfig *c = h->m->config;
    const struct { const char *what, *path; } files[] = {
        { "kernel", c->kernel }, { "initrd", c->initrd }, { "dtb", c->dtb },
        { "firmware", c->firmware },
    };

    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (files[i].path)
            str_addf(h->out, "%s: \"%s\"\n", files[i].what, files[i].path);
}

static const char *yes(bool b) { return b ? "true" : "false"; }

void hmp_info_memdev(Hmp *h)
{
    objects_foreach (o, machine_objects(h->m)) {
        const MemoryBackend *b = container_of(o, MemoryBackend, obj);

        if (object_is_memory(o))
            str_addf(h->out, "memory backend: %s\n  size:  %llu\n  merge: %s\n  dump: %s\n"
                     "  prealloc: %s\n  share: %s\n  reserve: %s\n  policy: %s\n"
                     "  host nodes: \n", o->id, (unsigned long long)b->size, yes(b->merge),
                     yes(b->dump), yes(b->prealloc), yes(b->share), yes(b->reserve),
                     memory_policies[b->policy]);
    }
}

void hmp_info_mtree(Hmp *h)
{
    char *text = NULL, *line, *save = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    bool flat = false;

    if (!f) {
        error_errno(h->err, "no memory for the text");
        return;
    }
    mem_print_tree(&h->m->mem, f);
    fclose(f);
    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        bool space = str_starts(line, "address-space");

        flat = !space && (flat || str_starts(line, "  flat view"));
        if (h->flag ? flat || space : !flat)
            str_addf(h->out, "%s\n", line);
    }
    free(text);
}

// ---- devices -------------------------------------------------------------------------------

static void print_prop(const Device *dev, const Prop *p, Str *out)
{
    const void *at = (const u8 *)dev + p->at;
    unsigned long long n;

    str_addf(out, "    %s = ", p->name);
    if (p->kind == PROP_KIND_STRING) {
        const char *s = *(char *const *)at;

        str_addf(out, "\"%s\"\n", s ? s : "");
        return;
    }
    if (p->kind == PROP_KIND_LINK) {
        const Device *to = *(Device *const *)at;

        str_addf(out, "%s\n", to ? to->name : "none");
        return;
    }
    n = prop_get_u64(dev, p);
    if (p->kind == PROP_KIND_BOOL)
        str_add(out, n ? "true\n" : "false\n");
    else if (p->kind == PROP_KIND_ENUM)
        str_addf(out, "%s\n", p->names[n]);
    else
        str_addf(out, "%llu (0x%llx)\n", n, n);
}

static Gpa absolute(const MemoryRegion *r)
{
    Gpa at = 0;

    for (; r->parent; r = r->parent)
        at += r->at;
    return at;
}

void hmp_info_qtree(Hmp *h)
{
    list_foreach (dev, &h->m->devices, Device, link) {
        str_addf(h->out, "dev: %s, id \"%s\"\n", dev->cls->name, dev->name);
        for (const Prop *p = dev->cls->props; p < dev->cls->props + DEVICE_PROPS && p->name; p++)
            print_prop(dev, p, h->out);
        if (dev->chardev != &chardev_null)
            str_addf(h->out, "    chardev = \"%s\"\n", dev->chardev->name);
        if (dev->irq_out_count)
            str_addf(h->out, "    irqs %u\n", dev->irq_out_count);
        for (u32 i = 0; i < dev->region_count; i++) {
            const MemoryRegion *r = &dev->region[i].mr;

            if (r->parent)
                str_addf(h->out, "    mmio %016llx/%016llx\n", (unsigned long long)absolute(r),
                         (unsigned long long)r->size);
        }
    }
}

// What a line leads to: a device, a processor, or neither.
static void print_sink(const Machine *m, const Irq *irq, Str *out)
{
    list_foreach (dev, &m->devices, Device, link)
        if (irq->to == dev) {
            str_addf(out, "%s:%d", dev->name, irq->n);
            return;
        }
    for (u32 i = 0; i < m->cpu_count; i++)
        if (irq->to == m->cpu[i]) {
            str_addf(out, "cpu%u:%d", i, irq->n);
            return;
        }
    str_add(out, irq->set == irq_nowhere ? "nowhere" : "the board");
}

void hmp_info_irq(Hmp *h)
{
    list_foreach (dev, &h->m->devices, Device, link)
        for (u32 i = 0; i < dev->irq_out_count; i++) {
            const Irq *irq = &dev->irq_out[i];

            if (irq->set == irq_nowhere)
                continue;
            str_addf(h->out, "%s:%u -> ", dev->name, i);
            print_sink(h->m, irq, h->out);
            str_addf(h->out, " level %d\n", irq_level(irq));
        }
    for (u32 i = 0; i < h->m->cpu_count; i++)
        str_addf(h->out, "cpu%u pending lines 0x%x\n", i,
                 atomic_load(&h->m->cpu[i]->pending_irq));
}

static void print_chardev(void *opaque, const char *id, const char *kind, u64 in, u64 out)
{
    str_addf(opaque, "%s: filename=%s (%llu bytes in, %llu out)\n", id, kind,
             (unsigned long long)in, (unsigned long long)out);
}

void hmp_info_chardev(Hmp *h)
{
    if (h->all->host->chardevs)
        chardevs_each(h->all->host->chardevs, print_chardev, h->out);
}

void hmp_info_block(Hmp *h)
{
    list_foreach (dev, &h->m->devices, Device, link)
        if (dev->block && dev->block->present)
            str_addf(h->out, "%s: %s, %llu bytes%s\n", dev->name, dev->block->name,
                     (unsigned long long)dev->block->size,
                     dev->block->readonly ? ", read-only" : "");
}

void hmp_info_network(Hmp *h)
{
    list_foreach (dev, &h->m->devices, Device, link)
        if (dev->net)
            str_addf(h->out, "%s: %s, %llu frames in, %llu out\n", dev->name, dev->net->name,
                     (unsigned long long)atomic_load(&dev->net->frames_in),
                     (unsigned long long)atomic_load(&dev->net->frames_out));
}
