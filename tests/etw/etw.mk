# SPDX-License-Identifier: GPL-2.0-or-later
# Windows captures, included by the Makefile.
# make etw            generated and third-party .etl files

.PHONY: etw etw-programs

$(OUT)/tests/etw/dump: $(OUT)/tests/etw/dump.o $(OUT)/core.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -o $@

etw-programs: $(OUT)/tests/etw/dump

etw:
	@tests/run $@

-include $(OUT)/tests/etw/dump.d
