# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzzers of what is read from outside, included by the Makefile.
# make fuzz           the fuzzers over their corpus, and a slice of new inputs
# make fuzz-corpus    what of the corpus comes from scenarios and recordings, anew; other files stay

FUZZ := $(BUILD)/fuzz
FUZZ_CC := clang
FUZZ_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_COVERAGE := -O0 -g -fprofile-instr-generate -fcoverage-mapping
FUZZ_TARGETS := etl events netsh recording words escape
FUZZ_SOURCES := $(filter-out user/view/report%,$(wildcard user/etw/*.c user/rules/*.c user/model/*.c \
	user/recording/*.c user/recorder/*.c user/view/*.c)) \
	user/linux/users.c $(addprefix user/cli/,options.c option_types.c list_order.c socket_words.c target.c)
FUZZ_FLAGS := -std=c11 -D_GNU_SOURCE -DREUSETRACE_VERSION='"$(VERSION)"' -Iuser -Itests $(WARN)
FUZZ_LIBS := -ljson-c -lsqlite3 -lm
FUZZ_OBJECTS := $(FUZZ_SOURCES:%.c=$(FUZZ)/asan/%.o)
COVERAGE_OBJECTS := $(FUZZ_SOURCES:%.c=$(FUZZ)/coverage/%.o)
FUZZ_MAINS := $(FUZZ_TARGETS:%=tests/fuzz/fuzz_%.o)

.PHONY: fuzz fuzz-programs fuzz-corpus

$(FUZZ)/asan/%.o: %.c
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

$(FUZZ)/coverage/%.o: %.c
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_COVERAGE) -MMD -MP -c $< -o $@

$(FUZZ)/asan.a: $(FUZZ_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(FUZZ)/coverage.a: $(COVERAGE_OBJECTS) $(FUZZ)/coverage/tests/fuzz/replay.o
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(FUZZ_TARGETS:%=$(FUZZ)/%): $(FUZZ)/%: $(FUZZ)/asan/tests/fuzz/fuzz_%.o $(FUZZ)/asan.a
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer $^ $(FUZZ_LIBS) -o $@

$(FUZZ_TARGETS:%=$(FUZZ)/coverage-%): $(FUZZ)/coverage-%: $(FUZZ)/coverage/tests/fuzz/fuzz_%.o $(FUZZ)/coverage.a
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_COVERAGE) $^ $(FUZZ_LIBS) -o $@

fuzz-programs: $(FUZZ_TARGETS:%=$(FUZZ)/%) $(FUZZ_TARGETS:%=$(FUZZ)/coverage-%)

fuzz-corpus:
	$(Q)python3 tests/etw/corpus.py tests/fuzz/corpus

fuzz:
	@tests/run $@

-include $(FUZZ_OBJECTS:.o=.d) $(COVERAGE_OBJECTS:.o=.d) \
	$(addprefix $(FUZZ)/asan/,$(FUZZ_MAINS:.o=.d)) $(addprefix $(FUZZ)/coverage/,$(FUZZ_MAINS:.o=.d))
