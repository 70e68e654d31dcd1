/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "ctl/times.h"

#define YEAR_MIN 1970
#define RELATIVE_MAX (INT64_C(1000) * 366 * 86400)

/* Reads exactly count digits and steps over them. */
static bool take_digits(const char **at, int count, int *value_r)
{
	*value_r = 0;
	for (int i = 0; i < count; i++) {
		char c = **at;

		if (!isdigit((unsigned char)c))
			return false;
		*value_r = *value_r * 10 + (c - '0');
		++*at;
	}
	return true;
}

static bool take_char(const char **at, const char *set)
{
	if (!**at || !strchr(set, **at))
		return false;
	++*at;
	return true;
}

/* "Z", "+01:00", or nothing: UTC. */
static bool take_zone(const char **at, int *seconds_r)
{
	int hours, minutes, sign;

	*seconds_r = 0;
	if (!**at || take_char(at, "Zz"))
		return true;
	sign = **at == '-' ? -1 : 1;
	if (!take_char(at, "+-") || !take_digits(at, 2, &hours) ||
		!take_char(at, ":") || !take_digits(at, 2, &minutes))
		return false;
	*seconds_r = sign * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

static bool take_clock(const char **at, struct tm *tm, int *zone_r)
{
	if (!take_digits(at, 2, &tm->tm_hour) || !take_char(at, ":") ||
		!take_digits(at, 2, &tm->tm_min) || !take_char(at, ":") ||
		!take_digits(at, 2, &tm->tm_sec))
		return false;
	if (take_char(at, ".")) {
		if (!isdigit((unsigned char)**at))
			return false;
		while (isdigit((unsigned char)**at))
			++*at;
	}
	return take_zone(at, zone_r);
}

static int parse_absolute(const char *at, int64_t *time_r)
{
	struct tm tm = { 0 }, made;
	int year, month, zone = 0;
	time_t when;

	if (!take_digits(&at, 4, &year) || !take_char(&at, "-") ||
		!take_digits(&at, 2, &month) || !take_char(&at, "-") ||
		!take_digits(&at, 2, &tm.tm_mday))
		return -1;
	if (take_char(&at, "Tt ") && !take_clock(&at, &tm, &zone))
		return -1;
	if (*at || year < YEAR_MIN || tm.tm_hour > 23 || tm.tm_min > 59 ||
		tm.tm_sec > 60)
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	made = tm;
	when = timegm(&made);
	/* timegm() takes 31 February for a day in March; we do not. */
	if (tm.tm_sec < 60 &&
		(made.tm_mday != tm.tm_mday || made.tm_mon != tm.tm_mon))
		return -1;
	*time_r = (int64_t)when - zone;
	return *time_r < 0 ? -1 : 0;
}

static int64_t unit_seconds(const char *unit)
{
	static const char units[] = "smhdw";
	static const int64_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	const char *found;

	if (!unit[0] || unit[1])
		return 0;
	found = strchr(units, unit[0]);
	return found ? seconds[found - units] : 0;
}

static int parse_relative(const char *text, int64_t now, int64_t *time_r)
{
	size_t digits = strspn(text, "0123456789");
	int64_t count = 0, unit = unit_seconds(text + digits);

	if (digits == 0 || digits > 12 || unit == 0)
		return -1;
	for (size_t i = 0; i < digits; i++)
		count = count * 10 + (text[i] - '0');
	if (count == 0 || count > RELATIVE_MAX / unit)
		return -1;
	*time_r = now + count * unit;
	return 0;
}

int times_parse(const char *text, int64_t now, int64_t *time_r)
{
	if (now >= 0 && parse_relative(text, now, time_r) == 0)
		return 0;
	return parse_absolute(text, time_r);
}

void times_format(int64_t when, char text_r[TIMES_SIZE])
{
	time_t seconds = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) ||
		strftime(text_r, TIMES_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(text_r, TIMES_SIZE, "?");
}

int64_t times_now(void)
{
	return (int64_t)time(NULL);
}
