/* SPDX-License-Identifier: BSD-2-Clause */
/* How long judging takes, with the installed policy and packs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "conf/conf.h"
#include "policy/judge.h"
#include "policy/message.h"

#define ROUNDS 301

static const char *const texts[][2] = {
	{ "colons", ": a" },
	{ "English",
		"Thank you for your order. The bell is cast and waits on the "
		"bench, and before we can go on we need to know which name to "
		"engrave on it. " },
	{ "German",
		"Vielen Dank für Ihre Bestellung. Die Glocke ist gegossen und "
		"liegt auf der Werkbank. Bitte teilen Sie uns mit, welchen "
		"Namen wir eingravieren sollen. " },
	{ "French",
		"Merci pour votre commande. La cloche est coulée et attend sur "
		"l'établi. Merci de nous indiquer quel prénom nous devons "
		"graver. " },
	{ "Spanish",
		"Gracias por su pedido. La campana está fundida y espera en el "
		"banco de trabajo. Indíquenos qué nombre debemos grabar. " },
	{ "Japanese",
		"ご注文ありがとうございます。鐘は完成し、作業台にございます。"
		"彫刻するお名前をお知らせください。" },
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* Repeats text up to size octets; returns the median of the rounds. */
static double measure(const struct judge_rules *rules,
	const struct phrasebook *book, const char *text, size_t size,
	int rounds)
{
	size_t length = strlen(text), filled = 0;
	char *body = malloc(size + 1);
	double times[ROUNDS];

	while (body != NULL && filled + length <= size) {
		memcpy(body + filled, text, length);
		filled += length;
	}
	for (int i = 0; i < rounds && body != NULL; i++) {
		double start = now_us();
		struct judgement judgement;

		judge_text(rules, book, body, filled, &judgement);
		judgement_fini(&judgement);
		times[i] = now_us() - start;
	}
	free(body);
	qsort(times, rounds, sizeof(times[0]), compare);
	return times[rounds / 2];
}

int main(void)
{
	const char *source = getenv("OPTOUT_SRCDIR");
	const struct address_form form = { 0 };
	const struct judge_rules *rules;
	struct phrasebook *book;
	struct policy *policy;
	struct error error;
	char path[4096];
	double start;

	message_init();
	snprintf(path, sizeof(path), "%s/conf/policy.conf",
		source ? source : ".");
	policy = conf_load_policy(path, &form, &error);
	if (policy == NULL) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	rules = policy_judge_rules(policy);
	snprintf(path, sizeof(path), "%s/conf/phrases", source ? source : ".");
	start = now_us();
	book = conf_load_phrases(path, &error);
	if (book == NULL) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	printf("load %zu phrase packs: %.1f ms\n", phrasebook_count(book),
		(now_us() - start) / 1e3);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		printf("judge %s, median: 1 KiB %.0f us, 4 KiB %.0f us, "
		       "64 KiB %.0f us\n",
			texts[i][0],
			measure(rules, book, texts[i][1], 1 << 10, ROUNDS),
			measure(rules, book, texts[i][1], 4 << 10, ROUNDS),
			measure(rules, book, texts[i][1], JUDGE_TEXT_MAX, 21));
	phrasebook_free(&book);
	policy_free(&policy);
	return 0;
}
