# SPDX-License-Identifier: GPL-2.0-or-later
# What users get, included by the Makefile.
# make docs           manual page, completions and schema, in build/docs
# make static         build/static/reusetrace, which needs no library
# make deb            build/deb/*.deb

DOCS := $(BUILD)/docs
GENERATOR := $(patsubst %.c,$(OUT)/%.o,$(wildcard docs/generator/*.c))
MADE := $(addprefix $(DOCS)/,reusetrace.8 reusetrace.bash _reusetrace reusetrace.fish reusetrace-1.schema.json)

.PHONY: docs static deb-package

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

# ---- one file for every kernel

$(BUILD)/static/users.o: user/linux/users.c user/model/users.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -DFILES_ONLY -c $< -o $@

# Debian has libsystemd as a shared library only.
$(BUILD)/static/journal.o: user/view/journal.c user/view/journal.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -DWITHOUT_JOURNAL -c $< -o $@

# sqlite may load extensions, which the linker warns of; none is ever loaded.
$(BUILD)/static/reusetrace: $(filter-out %/linux/users.o %/view/journal.o,$(OBJECTS)) $(BUILD)/static/users.o \
		$(BUILD)/static/journal.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -static -Wl,--no-warnings $^ \
		$$(pkg-config --static --libs libbpf libelf json-c sqlite3 libseccomp) -lm -o $@

static: $(BUILD)/static/reusetrace

# ---- the Debian package, built of a copy of the sources

deb-package:
	$(call say,DEB,$(BUILD)/deb)
	$(Q)dist/deb $(BUILD)/deb $(VERSION)

-include $(GENERATOR:.o=.d)
