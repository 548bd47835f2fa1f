# SPDX-License-Identifier: MIT
# Mimic's only Makefile.  Sources are found by wildcard, objects go to
# build/$(MODE)/; `make help` lists targets and variables.

MODE ?= rel
B    ?= build/$(MODE)
all:
# as many jobs as CPUs unless told otherwise
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# --- configuration: these goals need none, the others make it ----------------
ifneq ($(filter-out help clean distclean fmt,$(or $(MAKECMDGOALS),all)),)
include config.mk
endif
# what a goal needs installed beside a compiler and the libraries
DEPS_check := check
DEPS_demo  := demo
DEPS_check-all := all
DEPS_diff  := all
DEPS_bench := all
DEPS_bench-micro := all
DEPS := $(firstword $(foreach g,$(MAKECMDGOALS),$(DEPS_$g)))
config.mk: configure $(wildcard tools/probe/*.c)
	@./configure $(CONFIGURE_ARGS) $(DEPS:%=--install-deps=%)
config.h: config.mk

ifneq ($(V),1)
Q    := @
say   = @printf '  %-7s %s\n' '$(1)' '$(2)'
endif

# --- modes --------------------------------------------------------------------
MODE_rel  := -O2 -g -DMIMIC_DEBUG=0
MODE_dbg  := -Og -g3 -DMIMIC_DEBUG=1
MODE_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
             -fno-omit-frame-pointer -DMIMIC_DEBUG=1
MODE_tsan := -O1 -g -fsanitize=thread -fno-omit-frame-pointer -DMIMIC_DEBUG=1
MODE_cov  := -O0 -g --coverage -DMIMIC_DEBUG=1
# clang's pointer-overflow also means NULL + 0, the end of an empty vector (defined by C23)
MODE_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer \
             -fno-sanitize=pointer-overflow \
             -fno-sanitize-recover=undefined -fprofile-instr-generate -fcoverage-mapping \
             -DMIMIC_DEBUG=1
ifndef MODE_$(MODE)
$(error MODE=$(MODE): one of rel dbg asan tsan cov fuzz)
endif
ifeq ($(MODE),fuzz)
CC := clang
endif
WARN := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes \
        -Wimplicit-fallthrough -Wundef
WARN += $(if $(findstring clang,$(CC)),-Wthread-safety,$(if $(filter tsan,$(MODE)),-Wno-tsan))
WARN += $(if $(CI)$(filter dbg,$(MODE)),-Werror)
# every header is found by its path from the root, generated ones below $(B)
CFLAGS  = -std=gnu11 -D_GNU_SOURCE -pthread -fno-strict-aliasing -ffp-contract=off -fno-math-errno \
          $(WARN) $(MODE_$(MODE)) -I. -I$(B) $(LIB_CFLAGS) $(EXTRA_CFLAGS) $(FILE_CFLAGS)
LDFLAGS = -pthread -Wl,--as-needed $(filter -fsanitize% -fprofile% --coverage,$(MODE_$(MODE))) $(EXTRA_LDFLAGS)
comma  := ,

# --- sources --------------------------------------------------------------------
FOLDERS := util core tcg cpu machine devices chardev block net gdb ui main \
           $(filter kvm,$(FEATURES_ON))
SRC := $(wildcard $(foreach d,$(FOLDERS),$d/*.c $d/*/*.c)) \
       $(wildcard tcg/host/eval/*.c tcg/host/$(HOST)/*.c tcg/host/$(HOST)/*.S net/user/*/*.c)
# x_FEATURE.c is built when the feature is on, x_noFEATURE.c when it is off
SRC := $(filter-out $(foreach f,$(FEATURES_OFF),$(filter %_$f.c,$(SRC))) \
                    $(foreach f,$(FEATURES_ON),$(filter %_no$f.c,$(SRC))),$(SRC))
OBJ := $(addsuffix .o,$(basename $(SRC:%=$(B)/%)))
LIBOBJ := $(filter-out $(B)/main/main.o,$(OBJ))

# the soft-float runs with the guest's rounding mode and exception flags in the host's
# MXCSR: a float in there would round as the guest says and set its flags, so it gets no
# vector registers, and calls nothing that has them (tools/nosimd.sh looks)
NOSIMD_SRCS := $(filter cpu/fp/%.c %_fast.c,$(SRC))
NOSIMD_OBJ  := $(NOSIMD_SRCS:%.c=$(B)/%.o)
ifeq ($(HOST)$(filter cov,$(MODE)),amd64)
$(NOSIMD_OBJ): FILE_CFLAGS = -mgeneral-regs-only
endif
# the rounding mode changes under these
$(filter $(B)/cpu/% $(B)/tcg/%,$(filter-out $(NOSIMD_OBJ),$(OBJ))): FILE_CFLAGS = $(if \
    $(findstring clang,$(CC)),,-frounding-math)
# the translator is linked as a whole: a tenth faster; LTO=0 links faster.  Test programs do without
LTO ?= $(if $(filter rel,$(MODE)),$(if $(findstring clang,$(CC)),0,1),0)
LTO_OBJ := $(if $(filter 1,$(LTO)),$(filter $(B)/cpu/% $(B)/tcg/%,$(filter-out $(NOSIMD_OBJ),$(OBJ))))
$(LTO_OBJ): LTO_CFLAGS = -flto -ffat-lto-objects
LDFLAGS += $(if $(LTO_OBJ),-fno-lto)

# --- decoders generated from tables ------------------------------------------------
DECODE := $(wildcard cpu/*/*.decode)
GEN    := $(DECODE:%.decode=$(B)/gen/%_decode.inc)
$(B)/decodegen: tools/decodegen.c
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O1 -g $(filter-out -Werror,$(WARN)) -D_GNU_SOURCE -I. -o $@ $<
$(B)/gen/%_decode.inc: %.decode $(B)/decodegen
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && $(B)/decodegen $< $@

# --- the program ---------------------------------------------------------------------
LINKS := mimic-system-aarch64 mimic-system-arm mimic-system-x86_64 mimic-system-i386
.SECONDARY:
.PHONY: all check check-all demo bench bench-micro diff golden fuzz install fmt clean distclean \
        help \
        tests headers fuzzers nosimd
all: $(B)/mimic $(LINKS:%=$(B)/%)
$(B)/mimic: $(OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(filter-out -fno-lto,$(LDFLAGS)) $(if $(LTO_OBJ),-O2 -flto=2) -o $@ $^ $(LDLIBS)
$(LINKS:%=$(B)/%): | $(B)/mimic
	$(Q)ln -sf mimic $@
$(B)/%.o: %.c config.mk | $(GEN)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LTO_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/%.o: %.S config.mk
	$(call say,AS,$@)
	$(Q)mkdir -p $(@D) && $(CC) -I. -I$(B) -g -MMD -MP -c -o $@ $<

# --- tests: one program per folder, everything but main/main.c linked in ----------------
TESTLIB := $(patsubst %.c,$(B)/%.o,$(wildcard tests/lib/*.c))
test_obj = $(patsubst %.c,$(B)/%.o,$(wildcard tests/$(1)/*.c))
SUITES  := $(foreach s,unit device machine,$(if $(wildcard tests/$s/*.c),$s))
DIFF    := $(if $(wildcard tests/diff/*.c),$(B)/tests/diff/diff)
GOLDEN  := $(if $(filter amd64,$(HOST)),$(if $(wildcard tests/golden/*.c),$(B)/tests/golden/golden))
FUZZ    := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/*.c))
tests: all $(SUITES:%=$(B)/tests/%/run) $(DIFF) $(GOLDEN) $(B)/decodegen
define suite
$(B)/tests/$(1)/run: $$(LIBOBJ) $$(TESTLIB) $$(call test_obj,$(1))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach s,$(SUITES),$(eval $(call suite,$s)))
$(B)/tests/diff/diff: $(LIBOBJ) $(call test_obj,diff)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/tests/golden/golden: $(LIBOBJ) $(B)/tests/golden/golden.o $(B)/tests/diff/diff_engine.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
fuzzers: $(FUZZ)
$(filter %/a64,$(FUZZ)): $(B)/tests/diff/diff_engine.o $(B)/tests/diff/diff_gen.o
$(FUZZ): %: %.o $(LIBOBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(subst fuzzer-no-link,fuzzer,$(LDFLAGS)) -o $@ $^ $(LDLIBS)

# every header compiles alone
HDR := $(wildcard $(foreach d,$(FOLDERS) kvm tests/lib,$d/*.h $d/*/*.h) tcg/host/eval/*.h \
       tcg/host/$(HOST)/*.h)
headers: $(HDR:%=$(B)/hdr/%.ok)
$(B)/hdr/%.ok: % config.mk | $(GEN)
	$(call say,HDR,$<)
	$(Q)mkdir -p $(@D) && echo '#include "$<"' | $(CC) $(CFLAGS) -Werror -Wno-unused -x c -MMD \
	    -MP -MT $@ -MF $(@:.ok=.d) -fsyntax-only - && touch $@
nosimd: $(OBJ)
	$(Q)[ $(HOST) != amd64 ] || tools/nosimd.sh $(B) $(NOSIMD_OBJ)

check check-all:
	@./configure $(CONFIGURE_ARGS) --deps=$(DEPS) || echo 'going on without'
	@MAKE='$(MAKE)' MAKE_ARGS='$(MAKEOVERRIDES)' MODE=$(MODE) V=$(V) tests/run.sh $@
demo: all
	@tools/demo.sh $(B)/mimic
bench: all
	@./configure $(CONFIGURE_ARGS) --deps=all
	@python3 tools/bench.py --emulator $(abspath $(B)/mimic-system-aarch64) --cpu cortex-a72 \
	    --metric cpu $(BENCH_ARGS)
bench-micro: all
	@./configure $(CONFIGURE_ARGS) --deps=all
	@tests/bench-micro/run.py $(B) $(BENCH_ARGS)
diff: tests
	@tests/diff/run.sh $(B) $(DIFF_ARGS)

golden: tests
	@tests/golden/run.sh $(B) --write && git diff --stat tests/golden

# each target SECONDS long, with a corpus that stays; FUZZ_TARGETS: only these
SECONDS ?= 600
fuzz:
	@./configure $(CONFIGURE_ARGS) --deps=all
	@$(MAKE) --no-print-directory MODE=fuzz fuzzers
	@tests/fuzz/run.sh build/fuzz --seconds $(SECONDS) $(FUZZ_TARGETS)

# --- the rest -----------------------------------------------------------------------------
D := $(DESTDIR)$(PREFIX)
install: all
	install -d $(D)/bin $(D)/share/man/man1 $(D)/share/doc/mimic
	install -m 755 $(B)/mimic $(D)/bin/mimic
	for l in $(LINKS); do ln -sf mimic $(D)/bin/$$l; done
	install -m 644 docs/mimic.1 $(D)/share/man/man1/
	for l in $(LINKS); do ln -sf mimic.1 $(D)/share/man/man1/$$l.1; done
	install -m 644 README.md LICENSE $(wildcard docs/*.md) $(D)/share/doc/mimic/
# what differs from the last commit; FMT=all: everything
fmt:
	@{ [ "$(FMT)" = all ] && git ls-files '*.[ch]' || { git diff --name-only --diff-filter=d HEAD; \
	   git ls-files -o --exclude-standard; } | grep '\.[ch]$$'; } | xargs -r clang-format -i
clean:
	rm -rf build
distclean: clean
	rm -f config.mk config.h config.log
help:
	@echo 'make              build/rel/mimic and its mimic-system-* names'
	@echo 'make check        every quick test; installs what it needs (apt-get)'
	@echo 'make check-all    and sanitizers, boots, fuzz and comparison slices'
	@echo 'make demo         boot Debian arm64 to a shell (or, without a terminal, print and leave)'
	@echo 'make bench        compare speed with QEMU (BENCH_ARGS: see tools/bench.py --help)'
	@echo 'make bench-micro  single operations and short kernels beside QEMU (BENCH_ARGS)'
	@echo 'make diff         random instructions against qemu-aarch64-static (DIFF_ARGS)'
	@echo 'make golden       write the expected host code anew (tests/golden)'
	@echo 'make fuzz         each fuzz target for SECONDS=600, and its coverage (FUZZ_TARGETS)'
	@echo 'make install      to DESTDIR/PREFIX;  fmt (FMT=all)  clean  distclean'
	@echo 'MODE=rel|dbg|asan|tsan|cov|fuzz   V=1: show commands   CI=1: warnings are errors'

-include $(OBJ:.o=.d) $(TESTLIB:.o=.d) $(patsubst %.c,$(B)/%.d,$(wildcard tests/*/*.c))
-include $(HDR:%=$(B)/hdr/%.d)
