# SPDX-License-Identifier: GPL-2.0-or-later
# Installing, included by the Makefile. GNU's names of directories; where they are
# not given they follow PREFIX. DESTDIR is put before all of them and into none.

PREFIX ?= /usr/local
prefix ?= $(PREFIX)
bindir ?= $(prefix)/bin
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
docdir ?= $(datadir)/doc/reusetrace
bashdir ?= $(datadir)/bash-completion/completions
zshdir ?= $(datadir)/zsh/site-functions
fishdir ?= $(datadir)/fish/vendor_completions.d
unitdir ?= $(prefix)/lib/systemd/system
INSTALL ?= install

# FILE:MODE:TARGET
INSTALLED := \
	reusetrace:755:$(bindir)/reusetrace \
	$(BUILD)/docs/reusetrace.8:644:$(mandir)/man8/reusetrace.8 \
	$(BUILD)/docs/reusetrace.bash:644:$(bashdir)/reusetrace \
	$(BUILD)/docs/_reusetrace:644:$(zshdir)/_reusetrace \
	$(BUILD)/docs/reusetrace.fish:644:$(fishdir)/reusetrace.fish \
	$(BUILD)/docs/reusetrace-1.schema.json:644:$(docdir)/reusetrace-1.schema.json \
	dist/reusetrace-record.service:644:$(unitdir)/reusetrace-record.service \
	docs/recorder.md:644:$(docdir)/recorder.md \
	README.md:644:$(docdir)/README.md
# What of these names other installed files.
NAMING := $(mandir)/man8/reusetrace.8 $(unitdir)/reusetrace-record.service

part = $(word $(1),$(subst :, ,$(2)))
TARGETS := $(foreach row,$(INSTALLED),$(call part,3,$(row)))

.PHONY: install uninstall

install:
	+@$(AS_CALLER) $(MAKE) --no-print-directory reusetrace docs
	$(call say,INSTALL,$(DESTDIR)$(prefix))
	$(Q)set -e; for row in $(INSTALLED); do \
		target=$${row##*:}; rest=$${row%:*}; \
		$(INSTALL) -D -m "$${rest#*:}" "$${rest%%:*}" "$(DESTDIR)$$target"; \
	done
	$(Q)sed -i 's,/usr/bin/reusetrace,$(bindir)/reusetrace,; s,/usr/share/doc/reusetrace,$(docdir),' \
		$(addprefix $(DESTDIR),$(NAMING))

uninstall:
	$(call say,REMOVE,$(DESTDIR)$(prefix))
	$(Q)rm -f $(addprefix $(DESTDIR),$(TARGETS))
	$(Q)rmdir --ignore-fail-on-non-empty $(DESTDIR)$(docdir) 2>/dev/null || true
