/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people type: words, one a line, for the command that the first byte
 * names.  Each word is also read as an ADDRESS, as a SOCKET and as a host.
 */
#include <errno.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/target.h"
#include "fuzz/fuzz.h"
#include "model/address.h"
#include "model/text.h"

#define WORDS_MOST 64
#define ERROR_LEN  512

#define COMMAND(command_bit, operand_type, member, many)                                                     \
	{                                                                                                    \
		.bit = (command_bit), .help_head = "", .help_tail = "",                                      \
		.operand = {.name = "OPERAND",                                                               \
			    .type = &(operand_type),                                                         \
			    .offset = offsetof(struct config, member),                                       \
			    .least = (many) > 1,                                                             \
			    .most = (many),                                                                  \
			    .one = "one is enough"},                                                         \
		.runs_program = (command_bit) == COMMAND_TRACE,                                              \
	}

static const struct command_info commands[] = {
	COMMAND(COMMAND_TRACE, type_ports, ports, 1),	      COMMAND(COMMAND_REPLAY, type_path, file, 1),
	COMMAND(COMMAND_REPORT, type_path, file, 1),	      COMMAND(COMMAND_RECORD, type_path, file, 0),
	COMMAND(COMMAND_HISTORY, type_address, address, 1),   COMMAND(COMMAND_LS, type_address, address, 1),
	COMMAND(COMMAND_EXPLAIN, type_sockets, sockets, 100), COMMAND(COMMAND_WHY, type_address, address, 1),
};

/* One line that is safe to print, or quoted by who prints it. */
static void check_error(const char *error, bool is_safe)
{
	size_t length = strlen(error);

	if (!length)
		abort();
	for (size_t i = 0; i < length && is_safe; i++)
		if ((unsigned char)error[i] < 0x20 || error[i] == 0x7f)
			abort();
}

static void check_result(int err, const char *error, bool is_safe)
{
	if (err && err != -EINVAL)
		abort();
	if (err)
		check_error(error, is_safe);
}

/* What is written is read as the same. */
static void check_address(const struct address *address)
{
	char text[ADDRESS_TEXT_LEN], again[ADDRESS_TEXT_LEN];
	struct address read;

	if (address->family != FAMILY_IPV4 && address->family != FAMILY_IPV6)
		return;
	if (address_format_host(text, sizeof(text), address) >= sizeof(text) ||
	    address_parse_host(text, &read) || !address_equal(address, &read))
		abort();
	address_format_host(again, sizeof(again), &read);
	if (strcmp(text, again))
		abort();
	(void)address_format(text, sizeof(text), address, 8080);
	if (address_is_mapped(address) && address->family != FAMILY_IPV6)
		abort();
	(void)address_is_wildcard(address);
}

static void read_word(const char *word)
{
	char error[SOCKET_ERROR_LEN] = "";
	struct address address;
	struct target target;
	struct claim claim;
	int err = target_parse(word, &target, error);

	check_result(err, error, false);
	if (!err)
		check_address(&target.sock.address);
	error[0] = '\0';
	err = socket_words_parse(word, &claim, error);
	check_result(err, error, false);
	if (!err)
		check_address(&claim.sock.address);
	if (!address_parse_host(word, &address))
		check_address(&address);
}

static void parse(const struct command_info *command, int argc, char **argv)
{
	char error[ERROR_LEN] = "";
	struct strbuf help = {.data = NULL};
	struct option_info row;
	struct config config;
	int err = options_parse(command, argc, argv, &config, error, sizeof(error));

	check_result(err, error, true);
	if (err)
		return;
	(void)options_color(config.color, stderr);
	if (!config.help)
		return;
	options_help(&help, command, NULL);
	for (size_t i = 0; options_row(i, &row); i++)
		strbuf_puts(&help, row.section);
	strbuf_free(&help);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MOST + 1] = {"reusetrace"}, *text, *rest, *word;
	int count = 1;

	if (!size)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	if (!text)
		return 0;
	rest = text;
	while (count < WORDS_MOST && (word = strsep(&rest, "\n"))) {
		words[count++] = word;
		read_word(word);
	}
	parse(&commands[data[0] % (sizeof(commands) / sizeof(commands[0]))], count, words);
	free(text);
	return 0;
}
