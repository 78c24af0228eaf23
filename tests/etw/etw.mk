# SPDX-License-Identifier: GPL-2.0-or-later
# Windows captures, included by the Makefile.
# make etw            generated and third-party .etl files
# make fuzz           the fuzzers over their corpus, and a slice of new inputs
# make fuzz-corpus    what of the corpus comes from the scenarios, anew; other files stay

FUZZ := $(BUILD)/fuzz
FUZZ_CC := clang
FUZZ_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_COVERAGE := -O0 -g -fprofile-instr-generate -fcoverage-mapping
FUZZ_TARGETS := etl events netsh
FUZZ_SOURCES := $(wildcard user/etw/*.c user/rules/*.c user/model/*.c)
FUZZ_HEADERS := $(wildcard user/etw/*.h user/rules/*.h user/model/*.h tests/fuzz/*.h)
FUZZ_FLAGS := -std=c11 -D_GNU_SOURCE -Iuser -Itests $(WARN)

.PHONY: etw fuzz etw-programs fuzz-programs fuzz-corpus

$(OUT)/tests/etw/dump: $(OUT)/tests/etw/dump.o $(OUT)/core.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -o $@

etw-programs: $(OUT)/tests/etw/dump

$(FUZZ)/%: tests/fuzz/fuzz_%.c $(FUZZ_SOURCES) $(FUZZ_HEADERS)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer $< $(FUZZ_SOURCES) -o $@

$(FUZZ)/coverage-%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(FUZZ_SOURCES) $(FUZZ_HEADERS)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_COVERAGE) $< tests/fuzz/replay.c $(FUZZ_SOURCES) -o $@

fuzz-programs: $(FUZZ_TARGETS:%=$(FUZZ)/%) $(FUZZ_TARGETS:%=$(FUZZ)/coverage-%)

fuzz-corpus:
	$(Q)python3 tests/etw/corpus.py tests/fuzz/corpus

etw fuzz:
	@tests/run $@

-include $(OUT)/tests/etw/dump.d
