// SPDX-License-Identifier: MIT
// core/object.c and the memory backends of core/memory_backend.c.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory_backend.h"
#include "tests/lib/test.h"
#include "util/alloc.h"

static Objects all;
static Error err;

// As -object has it.
static MemoryBackend *add(const char *text)
{
    Args a;
    Object *o = NULL;

    err.text[0] = 0;
    if (args_parse(&a, "-object", text, "qom-type", NULL, &err)) {
        o = objects_add(&all, args_str(&a, "qom-type", NULL), args_str(&a, "id", NULL), &a, &err);
        args_free(&a);
    }
    return o ? container_of(o, MemoryBackend, obj) : NULL;
}

static MemoryBackend *add_file(const char *path, const char *more)
{
    char text[400];

    snprintf(text, sizeof(text), "memory-backend-file,id=f,mem-path=%s,%s", path, more);
    return add(text);
}

static const char *failure(const char *text)
{
    EQ(add(text), NULL);
    return err.text;
}

TEST(object_life)
{
    objects_init(&all);
    MemoryBackend *a = add("memory-backend-ram,id=a,size=1M"), *b;

    TRUE(a && a->host && !a->host[MIB - 1]);
    EQ(a->bytes, MIB);
    EQ((uintptr_t)a->host % (2 * MIB), 0);
    EQ(objects_find(&all, "a"), &a->obj);
    EQ(memory_backend_find(&all, "a", &err), a);
    STR_HAS(failure("memory-backend-ram,id=a,size=1M"), "'a' already");
    b = add("memory-backend-memfd,id=b.2_x-y,size=5000");
    TRUE(b && b->share && b->fd >= 0);
    EQ(b->bytes, 8192);
    a->obj.users = 1;
    FALSE(objects_del(&all, "a", &err));
    STR_HAS(err.text, "in use");
    a->obj.users = 0;
    TRUE(objects_del(&all, "a", &err));
    FALSE(objects_del(&all, "a", &err));
    EQ(objects_find(&all, "a"), NULL);
    EQ(memory_backend_find(&all, "a", &err), NULL);
    objects_free(&all);
    EQ(objects_find(&all, "b.2_x-y"), NULL);
}

TEST(object_errors)
{
    objects_init(&all);
    STR_HAS(failure("memory-backend-rom,id=a,size=1M"), "did you mean 'memory-backend-ram'?");
    STR_HAS(failure("zebra,id=a"), "-object help");
    STR_HAS(failure("memory-backend-ram,size=1M"), "give id=");
    STR_HAS(failure("memory-backend-ram,id=7a,size=1M"), "'7a'");
    STR_HAS(failure("memory-backend-ram,id=a/b,size=1M"), "'a/b'");
    STR_HAS(failure("memory-backend-ram,id=a"), "'a': no size");
    STR_HAS(failure("memory-backend-ram,id=a,sise=1M"), "did you mean 'size'?");
    STR_HAS(failure("memory-backend-ram,id=a,size=1X"), "'size'");
    STR_HAS(failure("memory-backend-ram,id=a,size=90000T"), "impossible size");
    STR_HAS(failure("memory-backend-ram,id=a,size=1M,share=maybe"), "'share'");
    STR_HAS(failure("memory-backend-ram,id=a,size=1M,policy=bind"), "'policy'");
    STR_HAS(failure("memory-backend-ram,id=a,size=1M,prealloc-threads=0"), "prealloc-threads");
    STR_HAS(failure("memory-backend-memfd,id=a,size=1M,hugetlbsize=2M"), "hugetlbsize");
    STR_HAS(failure("memory-backend-file,id=a,size=1M"), "mem-path=FILE");
    STR_HAS(failure("memory-backend-file,id=a,size=1M,mem-path=/nodir/x"), "'/nodir/x'");
    STR_HAS(failure("memory-backend-file,id=a,size=1M,mem-path=/etc/passwd/x"), "Not a directory");
    STR_HAS(failure("memory-backend-file,id=a,size=1M,mem-path=/tmp,align=3"), "power of two");
    STR_HAS(failure("memory-backend-file,id=a,size=1M,mem-path=/tmp,readonly=on"), "directory");
    STR_HAS(failure("memory-backend-file,id=a,size=1M,mem-path=/tmp,pmem=on"), "pmem");
    EQ(fcntl(0, F_GETFD) < 0, 0);   // a refused one closes only what it opened
    TRUE(list_empty(&all.list));
}

TEST(object_file_shared)
{
    u8 text[8192] = "here before";
    const char *path = test_file("mem", text, sizeof(text));
    MemoryBackend *b;
    char now[8];

    objects_init(&all);
    b = add_file(path, "size=8K,share=on");
    STR_EQ((const char *)b->host, "here before");
    memcpy(b->host + 4096, "written", 8);
    TRUE(objects_del(&all, "f", &err));
    int fd = open(path, O_RDONLY);
    EQ(pread(fd, now, 8, 4096), 8);
    STR_EQ(now, "written");
    close(fd);

    b = add_file(path, "size=8K,share=off,merge=off,dump=off,reserve=off,prealloc=on,align=4M");
    EQ((uintptr_t)b->host % (4 * MIB), 0);
    memcpy(b->host + 4096, "private", 8);
    TRUE(objects_del(&all, "f", &err));
    b = add_file(path, "size=8K,readonly=on");
    STR_EQ((const char *)b->host + 4096, "written");
    objects_free(&all);
}

TEST(object_file_sizes)
{
    char *small = xstrdup(test_file("small", "abc", 3));
    const char *empty = test_file("empty", "", 0);
    char fresh[200];
    struct stat st;

    objects_init(&all);
    EQ(add_file(small, "size=8K"), NULL);
    STR_HAS(err.text, "has 3 bytes, size=8192 wants more");
    EQ(add_file(empty, "size=8K,readonly=on"), NULL);
    TRUE(add_file(empty, "size=5000") != NULL);
    EQ(stat(empty, &st), 0);
    EQ(st.st_size, 8192);
    TRUE(objects_del(&all, "f", &err));

    snprintf(fresh, sizeof(fresh), "%s.new", empty);
    EQ(add_file(fresh, "size=8K,readonly=on"), NULL);
    STR_HAS(err.text, "No such file");
    TRUE(add_file(fresh, "size=8K,prealloc=on,share=on,discard-data=on") != NULL);
    TRUE(objects_del(&all, "f", &err));
    EQ(stat(fresh, &st), 0);        // made, and left
    EQ(st.st_size, 8192);
    EQ(unlink(fresh), 0);
    EQ(add_file(fresh, "size=8K,policy=bind"), NULL);
    EQ(stat(fresh, &st), -1);       // refused: not made
    MemoryBackend *b = add_file("/tmp", "size=8K"); // a file without a name in it

    TRUE(b && !fstat(b->fd, &st));
    EQ(st.st_nlink, 0);
    objects_free(&all);
    free(small);
}

TEST(object_memfd_seal)
{
    objects_init(&all);
    MemoryBackend *b = add("memory-backend-memfd,id=m,size=8K");

    EQ(ftruncate(b->fd, 4096), -1);
    u8 *again = mmap(NULL, 8192, PROT_READ, MAP_SHARED, b->fd, 0);

    TRUE(again != MAP_FAILED);
    b->host[5000] = 7;
    EQ(again[5000], 7);
    munmap(again, 8192);
    objects_free(&all);
    b = add("memory-backend-memfd,id=m,size=8K,seal=off");
    EQ(ftruncate(b->fd, 8192), 0);
    EQ(ftruncate(b->fd, 16384), 0);
    objects_free(&all);
}
