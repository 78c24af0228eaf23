# SPDX-License-Identifier: GPL-2.0-or-later
# What users get, included by the Makefile: manual page, completions, schema.
# make docs           all of them, in build/docs
# make install        into DESTDIR; PREFIX, SYSTEMD_UNITS and the like may be given
# make uninstall      removes exactly those files

DOCS := $(BUILD)/docs
GENERATOR := $(patsubst %.c,$(OUT)/%.o,$(wildcard docs/generator/*.c))
MADE := $(addprefix $(DOCS)/,reusetrace.8 reusetrace.bash _reusetrace reusetrace.fish reusetrace-1.schema.json)

.PHONY: docs install uninstall

$(DOCS)/gen-docs: $(GENERATOR) $(OUT)/core.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -o $@

$(DOCS)/reusetrace.8: docs/reusetrace.8.in $(DOCS)/gen-docs
	$(call say,DOC,$@)
	$(Q)$(DOCS)/gen-docs man $< | sed 's/@version@/$(VERSION)/' > $@

$(DOCS)/reusetrace.bash: $(DOCS)/gen-docs
	$(call say,DOC,$@)
	$(Q)$< bash > $@

$(DOCS)/_reusetrace: $(DOCS)/gen-docs
	$(call say,DOC,$@)
	$(Q)$< zsh > $@

$(DOCS)/reusetrace.fish: $(DOCS)/gen-docs
	$(call say,DOC,$@)
	$(Q)$< fish > $@

$(DOCS)/reusetrace-1.schema.json: $(DOCS)/gen-docs
	$(call say,DOC,$@)
	$(Q)$< schema > $@

docs: $(MADE)

-include $(GENERATOR:.o=.d)
