# SPDX-License-Identifier: GPL-2.0-or-later
# make            build ./reusetrace
# make run        install what is missing, build, trace live (ARGS="-P 8080");
#                 where the kernel refuses tracing, play the demo in a VM
# make check      install what tests need, run all tests
# make unit       unit tests
# make asan       unit tests with the address and undefined-behaviour sanitizers
# make lint       format, licences, lengths
# make vmlinux    compare vmlinux.h with the type information of every kernel
# make vm         VM tests (KERNELS="6.12" MODULES="demo")
# make oracle     the kernel as judge: every case on every kernel, for an hour or two
# make recorder-kills   the recorder killed 200 times under load (KILLS=200 KERNELS="6.12")
# make bpf-faults  each call of bpf() at the start fails once, each optional hook is missing (KERNELS="6.12")
# make mutants    is every mistake in the rules noticed? Asks what the oracle recorded
# make bench      what ls, why and a trace cost, beside others, in a VM
# make demo       the demo in a VM
# make docs       manual page, completions and schema, in build/docs
# make install    into PREFIX (/usr/local), below DESTDIR; make uninstall
# make static     build/static/reusetrace, which needs no library
# make deb        the Debian package, in build/deb
# make arm64      build/arm64/static/reusetrace, cross-compiled for arm64
# make arm64-check    scenarios on arm64, emulated (KERNELS="6.12" MODULES="pairs")
# make windows    build build/windows/reusetrace.exe with mingw-w64
# make format     format the C sources (clang-format 14)
# make clean      remove what was built
# V=1 shows the commands. Under sudo, all is built as the calling user.

VERSION := 0.1.0
BUILD := build
OUT := $(BUILD)
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = @printf '  %-8s %s\n' $(1) $(2)

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

CC ?= cc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL := $(firstword $(shell command -v bpftool || ls /usr/sbin/bpftool 2>/dev/null) bpftool)

WARN := -Wall -Wextra -Wmissing-field-initializers $(if $(WERROR),-Werror)
CFLAGS ?= -O2 -g
ifdef SANITIZE
CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
# Paths in it are relative, so that it does not matter where it was built.
RELATIVE := -ffile-prefix-map=$(CURDIR)/= -ffile-prefix-map=$(CURDIR)=.
CFLAGS_ALL := -std=c11 $(CPPFLAGS) $(RELATIVE) -D_GNU_SOURCE -DREUSETRACE_VERSION='"$(VERSION)"' -Iuser -I$(BUILD) $(WARN) $(CFLAGS)
ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
BPF_CFLAGS := $(RELATIVE) -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_$(ARCH) -D__bpf__ -Ivmlinux -Ibpf $(WARN)
LIBS := -lbpf -lelf -lz -ljson-c -lsqlite3 -lsystemd -lseccomp -lm

BPF := list probe trace
BPF_HEADERS := $(wildcard bpf/*.h vmlinux/*.h) user/event.h
SKELETONS := $(BPF:%=$(BUILD)/%.skel.h)
SOURCES := $(filter-out user/windows/%,$(wildcard user/*/*.c))
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
CORE := $(filter-out %/main.o,$(OBJECTS))

UNIT_SOURCES := $(wildcard tests/unit/*.c)
UNIT_OBJECTS := $(UNIT_SOURCES:%.c=$(OUT)/%.o)
UNIT := $(patsubst tests/unit/%.c,$(OUT)/tests/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_SHARED := $(filter-out $(UNIT:%=%.o),$(UNIT_OBJECTS))
STIMULI := $(patsubst tests/vm/stimulus/%.c,$(BUILD)/tests/vm/%,$(wildcard tests/vm/stimulus/*.c))
STIMULI += $(patsubst tests/vm/preload/%.c,$(BUILD)/tests/vm/%.so,$(wildcard tests/vm/preload/*.c))
ifeq ($(ARCH),x86)
STIMULI += $(patsubst tests/vm/stimulus32/%.c,$(BUILD)/tests/vm/%,$(wildcard tests/vm/stimulus32/*.c))
endif
PAYLOAD := $(BUILD)/payload
IN_PAYLOAD := -Wl,--dynamic-linker=/payload/lib/ld.so -Wl,-rpath,/payload/lib

# The user who called sudo, if there is one.
CALLER := $(if $(filter 0,$(shell id -u)),$(filter-out 0,$(SUDO_UID)))
AS_CALLER := tools/as-caller
SUITES := lint unit asan vmlinux vm

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run demo check prepare $(SUITES) bench oracle oracle-slice oracle-why recorder-kills recorder-kills-run bpf-faults bpf-faults-run objects unit-programs vmlinux-programs payload sanitized format clean help windows arm64 arm64-check deb

ifneq ($(CALLER),)
all reusetrace docs static lint unit asan format clean mutants:
	+@$(AS_CALLER) $(MAKE) --no-print-directory $@
else

all: reusetrace

reusetrace: $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -o $@

objects: $(OBJECTS)

$(OUT)/%.o: %.c $(SKELETONS)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(BUILD)/%.bpf.o: bpf/%.bpf.c $(BPF_HEADERS)
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# ---- the page of `report`: its parts in one file, before and behind the data

REPORT := $(BUILD)/report

$(REPORT)/head.html: $(wildcard user/view/report/*)
	$(call say,PAGE,$@)
	$(Q)user/view/report/assemble $(REPORT)

$(OUT)/user/view/report_page.o: CFLAGS_ALL += -DREPORT_DIR='"$(REPORT)"'
$(OUT)/user/view/report_page.o: $(REPORT)/head.html

# ---- unit tests

$(OUT)/core.a: $(CORE)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(OUT)/tests/unit/shared.a: $(UNIT_SHARED)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(UNIT): %: %.o $(OUT)/tests/unit/shared.a $(OUT)/core.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

unit-programs: $(UNIT)

lint unit asan:
	@tests/run $@

# ---- vmlinux.h: each type of it as a variable, so that all are in the BTF

$(BUILD)/tests/vmlinux/types.bpf.c: vmlinux/vmlinux.h vmlinux/$(ARCH).h bpf/compat.bpf.h
	@mkdir -p $(@D)
	$(Q)( echo '#include "vmlinux.h"'; echo '#include "compat.bpf.h"'; \
	      awk '/^struct .* {$$/ { name = $$2 } \
	           /^};/ && FILENAME ~ /vmlinux/ && name || /^} FLAVOUR/ { print "struct", name, "var_" name ";" } \
	           /^}/ { name = "" }' $^ ) > $@

$(BUILD)/tests/vmlinux/types.bpf.o: $(BUILD)/tests/vmlinux/types.bpf.c
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(BUILD)/tests/vmlinux/check: $(OUT)/tests/vmlinux/check.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -o $@

vmlinux-programs: $(BUILD)/tests/vmlinux/check $(BUILD)/tests/vmlinux/types.bpf.o $(BPF:%=$(BUILD)/%.bpf.o)

# ---- what a VM is given. Its root may have an older C library than the one
# used here, so the program is linked once more, to bring its libraries along.

$(BUILD)/tests/vm/%: tests/vm/stimulus/%.c $(wildcard tests/vm/stimulus/*.h)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror -static $< -o $@ -pthread

$(BUILD)/tests/vm/%.so: tests/vm/preload/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror -shared -fPIC $< -o $@

# 32-bit code that needs no library
$(BUILD)/tests/vm/%: tests/vm/stimulus32/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static -no-pie -fno-pie \
		-fno-stack-protector $< -o $@

$(BUILD)/tests/reusetrace: $(OBJECTS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) $(IN_PAYLOAD) -o $@

# With SANITIZE=1: the objects of the unit tests in `make asan`.
$(BUILD)/tests/reusetrace-sanitized: $(OBJECTS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) $(IN_PAYLOAD) -o $@

sanitized:
	$(Q)$(MAKE) --no-print-directory OUT=$(BUILD)/asan SANITIZE=1 $(BUILD)/tests/reusetrace-sanitized

$(BUILD)/tests/reusetrace-static: $(BUILD)/static/reusetrace
	@cp $< $@

payload: reusetrace docs $(BUILD)/tests/reusetrace $(BUILD)/tests/reusetrace-static $(STIMULI)
	$(call say,PAYLOAD,$(PAYLOAD))
	$(Q)tools/payload $(PAYLOAD) $(BUILD)/tests/reusetrace $(STIMULI) \
		$(BUILD)/tests/reusetrace-static $(BUILD)/docs/reusetrace.8 $(BUILD)/docs/reusetrace-1.schema.json \
		$(wildcard $(BUILD)/tests/reusetrace-sanitized $(BUILD)/deb/reusetrace_*.deb) tests/ship/schema.py \
		$(wildcard tests/*.py tests/vm/*.py tests/demo/*.py dist/*.service)

bpf-faults-run: payload
	@for kernel in $${KERNELS:-6.12}; do \
		tools/vm --kernel $$kernel --timeout 14400 --payload $(PAYLOAD) -- \
			env ALL_BPF_CALLS=1 python3 -u scenarios.py faults_bpf || exit; \
	done

recorder-kills-run: payload
	@for kernel in $${KERNELS:-6.12}; do \
		tools/vm --kernel $$kernel --timeout 14400 --payload $(PAYLOAD) -- \
			env RECORDER_KILLS=$${KILLS:-200} python3 -u scenarios.py recorder.test_killed_under_load || exit; \
	done

-include tests/arm64/arm64.mk tests/oracle/oracle.mk tests/etw/etw.mk tests/fuzz/fuzz.mk user/windows/windows.mk dist/dist.mk

format:
	clang-format-14 -i $(wildcard bpf/*.[ch] user/*.h user/*/*.[ch] docs/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])

clean:
	rm -rf $(BUILD) reusetrace

endif

include dist/install.mk

deb:
	@tools/deps deb
	+@$(AS_CALLER) $(MAKE) --no-print-directory deb-package

help:
	@sed -n 's/^# //; 2,/^V=1/p' Makefile

run:
	@tools/deps build
	+@$(AS_CALLER) $(MAKE) --no-print-directory reusetrace
	+@tools/run $(ARGS)

demo: prepare
	+@$(AS_CALLER) $(MAKE) --no-print-directory payload
	@$(AS_CALLER) tests/demo/demo

prepare:
	@tools/deps check
	@tools/deps check-windows || echo "reusetrace.exe is not tested"
	@tools/kernels $(KERNELS) >/dev/null
	@tools/rootfs >/dev/null

arm64:
	@tools/deps arm64
	+@$(AS_CALLER) $(MAKE) --no-print-directory arm64-programs

arm64-check:
	@tools/deps check check-arm64
	@tools/kernels --arch arm64 $${KERNELS:-6.1 6.12} >/dev/null
	@tools/rootfs --arch arm64 >/dev/null
	+@$(AS_CALLER) tests/run arm64

windows:
	@tools/deps windows
	+@$(AS_CALLER) $(MAKE) --no-print-directory windows-programs

check: prepare
	+@$(AS_CALLER) tests/run

vm vmlinux: prepare
	+@$(AS_CALLER) tests/run $@

bench: prepare
	+@$(AS_CALLER) $(MAKE) --no-print-directory payload
	@$(AS_CALLER) tests/bench/run $(PAYLOAD) $(BUILD)/bench

oracle oracle-slice oracle-why recorder-kills bpf-faults: prepare
	+@$(AS_CALLER) $(MAKE) --no-print-directory $@-run

ifeq ($(CALLER),)
-include $(OBJECTS:.o=.d) $(UNIT_OBJECTS:.o=.d) $(OUT)/tests/vmlinux/check.d
endif
