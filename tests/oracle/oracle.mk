# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel as judge, included by the Makefile.
# make oracle         every case on every kernel
# make oracle-slice   some of them, every rule and axis
# make mutants        does the suite notice a mistake in the rules?

ORACLE := $(BUILD)/tests/oracle
ORACLE_SOURCES := $(wildcard tests/oracle/*.c)
ORACLE_OBJECTS := $(ORACLE_SOURCES:%.c=$(OUT)/%.o)
ORACLE_RULES := $(filter $(OUT)/user/rules/% $(OUT)/user/model/%,$(OBJECTS))

# It brings its libraries along: it runs in a machine that has others or none.
$(ORACLE)/oracle: $(ORACLE_OBJECTS) $(ORACLE_RULES)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -static $^ -ljson-c -o $@

oracle-programs: $(ORACLE)/oracle
