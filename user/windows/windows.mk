# SPDX-License-Identifier: GPL-2.0-or-later
# reusetrace.exe, included by the Makefile, which installs what is needed first.
# make windows        build/windows/reusetrace.exe, with mingw-w64

WINDOWS := $(BUILD)/windows
WINDOWS_CC := x86_64-w64-mingw32-gcc
WINDOWS_RC := x86_64-w64-mingw32-windres
WINDOWS_JSON := $(WINDOWS)/json-c

# All but the Linux platform: its commands are those that use it.
WINDOWS_NOT := user/cli/main.c user/cli/commands.c user/cli/fleet.c user/view/journal.c user/view/metrics_file.c user/cli/record.c user/cli/history.c user/cli/past.c $(shell grep -lE '^.include [<"](linux|bpf|sqlite3)[/.]' $(wildcard user/*/*.c))
WINDOWS_SOURCES := $(filter-out user/linux/% user/recorder/% $(WINDOWS_NOT),$(wildcard user/*/*.c))
WINDOWS_OBJECTS := $(WINDOWS_SOURCES:%.c=$(WINDOWS)/%.o)
WINDOWS_CFLAGS := -std=c11 -O2 -D_GNU_SOURCE -D__USE_MINGW_ANSI_STDIO=1 -D_WIN32_WINNT=0x0602 \
	-DREUSETRACE_VERSION='"$(VERSION)"' -include user/windows/compat.h -Iuser -I$(WINDOWS_JSON)/include \
	-Wall -Wextra -Wmissing-field-initializers -Werror
WINDOWS_LIBS := -L$(WINDOWS_JSON)/lib -ljson-c -liphlpapi -lws2_32 -ladvapi32 -lpthread

.PHONY: windows-programs windows-tests

windows-programs: $(WINDOWS)/reusetrace.exe

windows-tests: $(WINDOWS)/holder.exe $(WINDOWS)/bindtwice.exe

$(WINDOWS)/%.exe: tests/windows/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(WINDOWS_CC) -std=c11 -O2 -Wall -Wextra -Werror -static $< -lws2_32 -o $@

$(WINDOWS_JSON): tools/json-c
	@mkdir -p $(@D)
	$(Q)directory=$$(tools/json-c) && ln -sfn "$$directory" $@

$(WINDOWS)/%.o: %.c | $(WINDOWS_JSON)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(WINDOWS_CC) $(WINDOWS_CFLAGS) -MMD -MP -c $< -o $@

$(WINDOWS)/user/view/report_page.o: WINDOWS_CFLAGS += -DREPORT_DIR='"$(REPORT)"'
$(WINDOWS)/user/view/report_page.o: $(REPORT)/head.html

$(WINDOWS)/reusetrace.res: user/windows/reusetrace.rc user/windows/reusetrace.manifest
	$(call say,RC,$@)
	@mkdir -p $(@D)
	$(Q)$(WINDOWS_RC) -Iuser/windows -O coff $< $@

$(WINDOWS)/reusetrace.exe: $(WINDOWS_OBJECTS) $(WINDOWS)/reusetrace.res
	$(call say,LD,$@)
	$(Q)$(WINDOWS_CC) -static $^ $(WINDOWS_LIBS) -o $@

-include $(WINDOWS_OBJECTS:.o=.d)
