/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/time_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define NS_PER_SECOND	  INT64_C(1000000000)

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar. */
static void date_from_days(int64_t days, int64_t *ret_year, unsigned int *ret_month, unsigned int *ret_day)
{
	days += 719468; /* since 0000-03-01: years begin in March, leap days end them */

	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;

	*ret_day = (unsigned int)(day_of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (unsigned int)(month < 10 ? month + 3 : month - 9);
	*ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

void time_rfc3339(char buf[RFC3339_LEN], int64_t unix_ns, unsigned int decimals)
{
	int64_t seconds = unix_ns / NS_PER_SECOND, fraction = unix_ns % NS_PER_SECOND;

	if (fraction < 0) {
		fraction += NS_PER_SECOND;
		seconds--;
	}

	int64_t days = seconds / 86400, left = seconds % 86400;

	if (left < 0) {
		left += 86400;
		days--;
	}

	int64_t year;
	unsigned int month, day;

	date_from_days(days, &year, &month, &day);

	int size = snprintf(buf, RFC3339_LEN, "%04" PRId64 "-%02u-%02uT%02d:%02d:%02d", year, month, day,
			    (int)(left / 3600), (int)(left / 60 % 60), (int)(left % 60));
	if (decimals) {
		snprintf(buf + size, RFC3339_LEN - (size_t)size, ".%09" PRId64, fraction);
		size += 1 + (int)(decimals > 9 ? 9 : decimals);
	}
	snprintf(buf + size, RFC3339_LEN - (size_t)size, "Z");
}

/* date_from_days() the other way round */
static int64_t days_of_date(int64_t year, unsigned int month, unsigned int day)
{
	year -= month <= 2;

	int64_t era = year / 400, year_of_era = year % 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

/* length digits at *text, which moves behind them; -1 if they are not there or are more than most. */
static int64_t take_digits(const char **text, size_t length, int64_t most)
{
	int64_t number = 0;

	for (size_t i = 0; i < length; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		number = number * 10 + (**text - '0');
	}
	return number <= most ? number : -1;
}

int time_from_rfc3339(const char *text, int64_t *ret_unix_ns)
{
	static const struct {
		size_t length;
		int64_t least, most;
		char behind;
	} parts[] = {{4, 1970, 2261, '-'}, {2, 1, 12, '-'}, {2, 1, 31, 'T'},
		     {2, 0, 23, ':'},	   {2, 0, 59, ':'}, {2, 0, 60, '\0'}};
	int64_t values[ARRAY_SIZE(parts)], fraction = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		values[i] = take_digits(&text, parts[i].length, parts[i].most);
		if (values[i] < parts[i].least || (parts[i].behind && *text++ != parts[i].behind))
			return -EINVAL;
	}
	if (*text == '.') {
		size_t digits = strspn(++text, "0123456789");

		if (!digits || digits > 9)
			return -EINVAL;
		fraction = take_digits(&text, digits, INT64_MAX);
		for (; digits < 9; digits++)
			fraction *= 10;
	}
	if (strcmp(text, "Z"))
		return -EINVAL;

	int64_t days = days_of_date(values[0], (unsigned int)values[1], (unsigned int)values[2]);

	*ret_unix_ns =
		(((days * 24 + values[3]) * 60 + values[4]) * 60 + values[5]) * NS_PER_SECOND + fraction;
	return 0;
}

void duration_text(char buf[DURATION_LEN], int64_t ns)
{
	static const struct {
		int64_t unit;
		const char *name;
	} units[] = {{NS_PER_SECOND, "s"}, {1000000, "ms"}, {1000, "us"}};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (ns < units[i].unit)
			continue;
		int64_t tenths = ns / (units[i].unit / 10);
		if (tenths >= 1000)
			snprintf(buf, DURATION_LEN, "%" PRId64 " %s", tenths / 10, units[i].name);
		else
			snprintf(buf, DURATION_LEN, "%" PRId64 ".%d %s", tenths / 10, (int)(tenths % 10),
				 units[i].name);
		return;
	}
	snprintf(buf, DURATION_LEN, "%" PRId64 " ns", ns);
}
