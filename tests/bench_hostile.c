/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a hostile message of one MiB takes: what the limits let in of it is
 * read, brought into normal form, and searched for orders.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "policy/author.h"
#include "policy/order.h"
#include "policy/text.h"
#include "tests/hostile.h"

/* The limits as installed: limits.header_bytes, limits.body_bytes. */
#define SIZE (256 << 10)
#define ROUNDS 5
#define GOAL_MS 50.0

static struct order_pattern *pattern;
static double worst_ms;
static int over;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void find_orders(const char *text)
{
	struct order_candidates candidates = { 0 };
	char *normal = text_normalize(text, strlen(text));

	order_find(pattern, normal, strlen(normal), &candidates);
	free(normal);
}

static void read_body(const void *context, const char *data)
{
	static const struct message_limits limits = { 32, 1000, SIZE, false };
	const struct hostile *row = context;
	const struct message_content content = {
		.content_type = row->type,
		.transfer_encoding = row->encoding,
		.body = data,
		.length = strlen(data),
	};
	char *text;

	message_text(&content, &limits, &text);
	find_orders(text);
	free(text);
}

static void read_header(const void *context, const char *data)
{
	char *text = text_decode_header(data);

	(void)context;
	find_orders(text);
	free(text);
}

static void read_author(const void *context, const char *data)
{
	author_read(data, context);
}

/* The fastest of the rounds: what the input costs, whatever else runs. */
static void measure(const char *what, const char *name, const char *unit,
	const void *context, void (*run)(const void *context, const char *data))
{
	size_t length;
	char *data = hostile_fill(unit, SIZE, &length);
	char *text = malloc(length + 1);
	double best = 0;

	memcpy(text, data, length);
	text[length] = '\0';
	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ms(), took;

		run(context, text);
		took = now_ms() - start;
		best = i == 0 || took < best ? took : best;
	}
	printf("%s, ", what);
	for (; *name != '\0'; name++)
		printf(*name >= ' ' && *name <= '~' ? "%c" : "\\x%02x",
			(unsigned char)*name);
	printf(": %.1f ms\n", best);
	worst_ms = best > worst_ms ? best : worst_ms;
	over += best > GOAL_MS;
	free(text);
	free(data);
}

static const char *const headers[] = { "=?utf-8?Q?1?= ", "=?utf-8?Q?1 ", "=?",
	"=?a?Q?\?=", "=?utf-8?",
	"=?utf-8?B?AAAA?= ", "=?iso-2022-jp?B?GyRC?= ", "\n ", "\xff",
	"\xe2\x80", "\x1b$B", "u\u0308", "\u0301\u0323", "\ufdfa", "\u3300",
	"\u200b", "\u1112\u1161\u11ab", "002-1234567-123456 ", "0-", "1",
	"002-1234567-1234567 " };
static const char *const authors[] = { "(", "<", "\"", "a:", ":;", "@", "<>",
	"a@x.example,", "a@x.example ", "()", "\\" };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

int main(void)
{
	static const struct address_form form = { .fold_case = true };
	struct error error;

	message_init();
	pattern = order_pattern_new("[0-9]{3}-[0-9]{7}-[0-9]{7}", &error);
	if (pattern == NULL)
		return 1;
	for (size_t i = 0; i < HOSTILE_COUNT; i++)
		measure("body", hostile[i].name, hostile[i].unit, &hostile[i],
			read_body);
	for (size_t i = 0; i < COUNT(headers); i++)
		measure("Subject", headers[i], headers[i], NULL, read_header);
	for (size_t i = 0; i < COUNT(authors); i++)
		measure("From", authors[i], authors[i], &form, read_author);
	printf("slowest %.1f ms, %d over %.0f ms\n", worst_ms, over, GOAL_MS);
	order_pattern_free(&pattern);
	return 0;
}
