/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units and containers of holders, in a line of text. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "view/text_parts.h"

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16

static char *words(const struct place *places, size_t count)
{
	struct owner owners[8] = {{.pid = 1}};
	struct holder holder = {.owners = owners, .owner_count = count};
	struct strbuf out = {.data = NULL};

	for (size_t i = 0; i < count; i++)
		owners[i] = (struct owner){.pid = 1, .place = places ? &places[i] : NULL};
	text_places(&out, &holder);
	return out.data ? out.data : strdup("");
}

#define ASSERT_WORDS(expected, ...)                                                                          \
	do {                                                                                                 \
		const struct place places_[] = {__VA_ARGS__};                                                \
		char *text_ = words(places_, COUNT(places_));                                                \
                                                                                                             \
		assert_string_equal(text_, expected);                                                        \
		free(text_);                                                                                 \
	} while (0)

static void test_one(void **state)
{
	(void)state;
	ASSERT_WORDS("", {.unit = ""});
	ASSERT_WORDS(", unit nginx.service", {.unit = "nginx.service"});
	ASSERT_WORDS(", unit web.service, passed by systemd as h\\x1b",
		     {.unit = "web.service", .passed_as = "h\033"});
	ASSERT_WORDS("", {.unit = "session-3.scope"});
	ASSERT_WORDS("", {.unit = "user.slice"});
	ASSERT_WORDS(", container 0123456789ab", {.unit = "docker-x.scope", .container = HEX64});
	ASSERT_WORDS(", container web (0123456789ab)", {.container = HEX64, .container_name = "web"});
	ASSERT_WORDS(", container deb-12, unit systemd-nspawn@deb.service",
		     {.unit = "systemd-nspawn@deb.service", .container = "deb-12"});
	ASSERT_WORDS(", watches container 0123456789ab", {.serves = HEX64});
	ASSERT_WORDS(", forwards to 172.17.0.2:80", {.task = "forwards to", .target = "172.17.0.2:80"});
	ASSERT_WORDS(", forwards to container 0123456789ab at 172.17.0.2:80",
		     {.task = "forwards to", .serves = HEX64, .target = "172.17.0.2:80"});
	ASSERT_WORDS(", forwards to a container, unit a.service",
		     {.task = "forwards to", .unit = "a.service"});
}

static void test_several(void **state)
{
	(void)state;
	ASSERT_WORDS(", unit a.service", {.unit = "a.service"}, {.unit = "a.service"}, {.unit = "x.scope"});
	ASSERT_WORDS(", unit a.service, unit b.service", {.unit = "init.scope"}, {.unit = "a.service"},
		     {.unit = "b.service"});
	ASSERT_WORDS(", unit a.service, unit b.service, unit c.service", {.unit = "a.service"},
		     {.unit = "b.service"}, {.unit = "c.service"}, {.unit = "d.service"});
}

static void test_unknown(void **state)
{
	const struct place bound = {.unit = "a.service"};
	struct holder holder = {.bound_by = {.pid = 1, .place = &bound}};
	struct strbuf out = {.data = NULL};
	char *text = words(NULL, 2);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	text_places(&out, &holder);
	assert_string_equal(out.data, ", unit a.service");
	strbuf_free(&out);
	holder = (struct holder){.made_in = &bound};
	text_places(&out, &holder);
	assert_string_equal(out.data, ", unit a.service");
	strbuf_free(&out);
}

static void test_socket_unit(void **state)
{
	const struct place made_in = {.unit = "web.socket"}, service = {.unit = "web.service"};
	struct owner owners[] = {{.pid = 1}, {.pid = 2, .place = &service}};
	struct holder holder = {.owners = owners, .owner_count = 2, .made_in = &made_in};
	struct strbuf out = {.data = NULL};

	(void)state;
	text_places(&out, &holder);
	assert_string_equal(out.data, ", socket unit web.socket, unit web.service");
	strbuf_free(&out);
	holder.owner_count = 0;
	text_places(&out, &holder);
	assert_string_equal(out.data, ", socket unit web.socket");
	strbuf_free(&out);
}

static void test_hostile(void **state)
{
	struct place full;

	(void)state;
	ASSERT_WORDS(", container \\x1b[31m\\x0ax", {.container = "\033[31m\nx"});
	memset(&full, 'a', sizeof(full));
	full.passed_as[0] = full.unit[UNIT_LEN - 1] = full.container[CONTAINER_LEN - 1] = '\0';
	full.task = NULL;
	full.container_name[0] = full.target[0] = full.serves[0] = '\0';

	char *text = words(&full, 1);

	assert_int_equal(strlen(text), strlen(", container ") + CONTAINER_LEN - 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),	cmocka_unit_test(test_several),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_socket_unit),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
