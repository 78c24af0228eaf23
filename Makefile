# SPDX-License-Identifier: GPL-2.0-or-later
# make            build ./reusetrace
# make run        install what is missing, build, trace live (or play the demo)
# make check      install what tests need, run unit and VM tests
# make clean      remove what was built

VERSION := 0.1.0
BUILD := build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = @printf '  %-8s %s\n' $(1) $(2)

CC ?= cc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL := $(firstword $(shell command -v bpftool || ls /usr/sbin/bpftool 2>/dev/null) bpftool)
PKG_CONFIG ?= pkg-config

WARN := -Wall -Wextra -Wmissing-field-initializers $(if $(WERROR),-Werror)
CFLAGS ?= -O2 -g
CFLAGS_ALL := -std=c11 -D_GNU_SOURCE -DREUSETRACE_VERSION='"$(VERSION)"' -Iuser -I$(BUILD) $(WARN) $(CFLAGS)
ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
BPF_CFLAGS := -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_$(ARCH) -D__bpf__ -Ivmlinux -Ibpf $(WARN)
LIBS := -lbpf -lelf -lz

BPF := probe trace
SKELETONS := $(BPF:%=$(BUILD)/%.skel.h)
CORE := $(wildcard user/model/*.c user/rules/*.c user/view/*.c)
SOURCES := $(CORE) $(wildcard user/linux/*.c user/cli/*.c)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run check clean

all: reusetrace

reusetrace: $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/%.o: %.c $(SKELETONS)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(BUILD)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) vmlinux/vmlinux.h user/event.h
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

clean:
	rm -rf $(BUILD) reusetrace

-include $(OBJECTS:.o=.d)
