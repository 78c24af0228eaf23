# SPDX-License-Identifier: GPL-2.0-or-later
# For arm64, cross-compiled with Debian's compiler and libraries, included by the Makefile,
# which installs what is needed first.
# make arm64          build/arm64/static/reusetrace, which needs no library
# make arm64-check    its scenarios in emulated machines (KERNELS="6.12" MODULES="pairs")

ARM64 := build/arm64
ARM64_STIMULI := $(patsubst tests/vm/stimulus/%.c,$(ARM64)/tests/vm/%,$(wildcard tests/vm/stimulus/*.c)) \
	$(patsubst tests/vm/preload/%.c,$(ARM64)/tests/vm/%.so,$(wildcard tests/vm/preload/*.c))
ARM64_MAKE = $(MAKE) --no-print-directory ARCH=arm64 BUILD=$(ARM64) OUT=$(ARM64) IN_PAYLOAD= \
	CC="aarch64-linux-gnu-gcc --sysroot=$(ARM64_ROOT)" PKG_CONFIG_SYSROOT_DIR=$(ARM64_ROOT) \
	PKG_CONFIG_LIBDIR=$(ARM64_ROOT)/usr/lib/aarch64-linux-gnu/pkgconfig

.PHONY: arm64-programs arm64-payload arm64-parts

# Its own name is asked for only where it is needed.
arm64-programs arm64-payload: ARM64_ROOT = $(shell tools/sysroot arm64)

arm64-programs:
	+@$(ARM64_MAKE) static

# Linked with the libraries of the machine's root; the documents are those of this one.
arm64-payload: docs
	+@$(ARM64_MAKE) arm64-parts
	$(call say,PAYLOAD,$(ARM64)/payload)
	$(Q)rm -rf $(ARM64)/payload && mkdir -p $(ARM64)/payload
	$(Q)cp $(ARM64)/tests/reusetrace $(ARM64)/tests/reusetrace-static $(ARM64_STIMULI) \
		$(BUILD)/docs/reusetrace.8 $(BUILD)/docs/reusetrace-1.schema.json tests/ship/schema.py \
		$(wildcard tests/*.py tests/vm/*.py tests/demo/*.py dist/*.service) $(ARM64)/payload

arm64-parts: $(BUILD)/tests/reusetrace $(BUILD)/tests/reusetrace-static $(STIMULI)
