# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel as judge, included by the Makefile, which installs what is needed first.
# make oracle         every case on every kernel (KERNELS="6.12")
# make oracle-slice   some of them, every rule and axis
# make oracle-why     what `reusetrace why` says before the bind in all of the slice's cases; its
#                     programs are loaded once (make check runs the command itself in some)
# make mutants        is every mistake in the rules noticed? Needs recordings of one
#                     of the two.

ORACLE := $(BUILD)/tests/oracle
ORACLE_OBJECTS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/oracle/*.c))
ORACLE_RULES := $(filter $(OUT)/user/rules/% $(OUT)/user/model/%,$(OBJECTS))
RECHECK_OBJECTS := $(OUT)/tests/oracle/mutants/recheck.o $(OUT)/tests/oracle/facts.o
ORACLE_RUN := tests/oracle/run $(PAYLOAD) $(ORACLE)/oracle $(BUILD)/oracle

.PHONY: oracle-run oracle-slice-run oracle-why-run mutants oracle-programs

$(OUT)/tests/oracle/mutants/%.o: CFLAGS_ALL += -Itests/oracle

# Static: the machine that it runs in may have no json-c.
$(ORACLE)/oracle: $(ORACLE_OBJECTS) $(ORACLE_RULES)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -static $^ -ljson-c -o $@

$(ORACLE)/recheck: $(RECHECK_OBJECTS) $(ORACLE_RULES)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ -ljson-c -ldl -o $@

$(ORACLE)/why-asker: $(OUT)/tests/oracle/asker/asker.o $(filter-out $(OUT)/user/cli/main.o,$(OBJECTS))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -Wl,--wrap=lister_new $^ $(LIBS) $(IN_PAYLOAD) -o $@

oracle-programs: $(ORACLE)/oracle $(ORACLE)/recheck $(ORACLE)/why-asker

oracle-run: payload $(ORACLE)/oracle
	@$(ORACLE_RUN) all

oracle-slice-run: payload $(ORACLE)/oracle
	@$(ORACLE_RUN) slice

oracle-why-run: payload $(ORACLE)/oracle $(ORACLE)/why-asker
	@tests/oracle/run $(PAYLOAD) $(ORACLE)/oracle $(BUILD)/oracle-why all-why

mutants: $(ORACLE)/recheck unit-programs
	@CC="$(CC)" tests/oracle/mutants/run $(BUILD) $(wildcard $(BUILD)/oracle/*/facts.ndjson)

-include $(OUT)/tests/oracle/asker/asker.d $(ORACLE_OBJECTS:.o=.d) $(RECHECK_OBJECTS:.o=.d)
