/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Learns the weights of words from texts of known kind, by logistic regression
 * (liblinear), and prints them as conf/phrases/wording.tsv:
 *   learn_wording FILE...
 * Texts that are kept out of it, for tests, are simply not named.
 */
#include <glib.h>
#include <linear.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/message.h"
#include "policy/phrase_text.h"
#include "policy/wording.h"
#include "tests/texts.h"

#define SENTENCES_MAX 2000
#define TEXTS_MIN 2 /* that must have an entry */
#define COST 10
#define PRECISION 0.001

/* How often each entry stands in one text: id -> times. */
struct sample {
	GHashTable *times;
	bool critical;
};

static GHashTable *ids; /* entry -> id, from 1 */
static GPtrArray *entries;
static GArray *samples;

static void count_entry(void *context, const char *entry)
{
	struct sample *sample = context;
	size_t id = GPOINTER_TO_SIZE(g_hash_table_lookup(ids, entry));

	if (id == 0) {
		g_ptr_array_add(entries, g_strdup(entry));
		id = entries->len;
		g_hash_table_insert(ids, g_ptr_array_index(entries, id - 1),
			GSIZE_TO_POINTER(id));
	}
	g_hash_table_insert(sample->times, GSIZE_TO_POINTER(id),
		GSIZE_TO_POINTER(
			1 + GPOINTER_TO_SIZE(g_hash_table_lookup(
				    sample->times, GSIZE_TO_POINTER(id)))));
}

static void add_text(const struct text *text)
{
	struct sample sample = { .times = g_hash_table_new(NULL, NULL),
		.critical = text->critical };
	struct phrase_text words;
	struct sentences sentences;

	if (sentences_split(text->body, strlen(text->body), SENTENCES_MAX,
		    &sentences) != SENTENCES_OK ||
		phrase_text_init(&words, text->body, &sentences, true, false) <
			0)
		exit(1);
	wording_each(&words.spaced, count_entry, &sample);
	g_array_append_val(samples, sample);
	phrase_text_fini(&words);
	sentences_fini(&sentences);
}

/* In how many texts each entry stands. */
static unsigned *count_texts(void)
{
	unsigned *counts = calloc(entries->len + 1, sizeof(*counts));

	for (guint i = 0; i < samples->len; i++) {
		GHashTableIter iter;
		gpointer id;

		g_hash_table_iter_init(
			&iter, g_array_index(samples, struct sample, i).times);
		while (g_hash_table_iter_next(&iter, &id, NULL))
			counts[GPOINTER_TO_SIZE(id)]++;
	}
	return counts;
}

/* As wording_add() takes it. */
static int rarity_of(unsigned texts)
{
	double share = (1.0 + samples->len) / (1.0 + texts);

	return (int)lround((log(share) + 1) * WORDING_UNIT);
}

static int compare_nodes(const void *a, const void *b)
{
	const struct feature_node *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/* A text as wording_weigh() sees it, of length 1, and the bias. */
static struct feature_node *make_nodes(
	const struct sample *sample, const unsigned *texts)
{
	struct feature_node *nodes =
		calloc(g_hash_table_size(sample->times) + 2, sizeof(*nodes));
	size_t count = 0;
	GHashTableIter iter;
	gpointer id, times;
	double size = 0;

	g_hash_table_iter_init(&iter, sample->times);
	while (g_hash_table_iter_next(&iter, &id, &times)) {
		size_t i = GPOINTER_TO_SIZE(id);
		double value = (1 + log(GPOINTER_TO_SIZE(times))) *
			       rarity_of(texts[i]) / WORDING_UNIT;

		if (texts[i] < TEXTS_MIN)
			continue;
		nodes[count++] = (struct feature_node){ (int)i, value };
		size += value * value;
	}
	for (size_t i = 0; i < count; i++)
		nodes[i].value /= sqrt(size);
	qsort(nodes, count, sizeof(*nodes), compare_nodes);
	nodes[count++] = (struct feature_node){ (int)entries->len + 1, 1 };
	nodes[count].index = -1;
	return nodes;
}

static struct model *learn(const unsigned *texts)
{
	struct parameter parameter = {
		.solver_type = L2R_LR, .C = COST, .eps = PRECISION
	};
	struct problem problem = {
		.l = (int)samples->len,
		.n = (int)entries->len + 1,
		.bias = 1,
	};

	problem.x = calloc(samples->len, sizeof(*problem.x));
	problem.y = calloc(samples->len, sizeof(*problem.y));
	for (guint i = 0; i < samples->len; i++) {
		const struct sample *sample =
			&g_array_index(samples, struct sample, i);

		problem.x[i] = make_nodes(sample, texts);
		problem.y[i] = sample->critical ? 1 : -1;
	}
	return train(&problem, &parameter);
}

static int weight_of(const struct model *model, size_t id)
{
	double weight = model->w[id - 1] * (model->label[0] == 1 ? 1 : -1);

	return (int)lround(weight * WORDING_UNIT);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_weights(const struct model *model, const unsigned *texts)
{
	printf("# SPDX-License-Identifier: BSD-2-Clause\n"
	       "# Weights of words and pairs of words, learned from %u texts "
	       "by "
	       "\"make wording\":\n"
	       "# weight (above 0 speaks for a critical message), rarity, "
	       "entry; in hundredths.\n"
	       "# A word stands for all that begin with its six letters.\n",
		samples->len);
	printf("%d\t0\t\n", weight_of(model, entries->len + 1));
	g_ptr_array_sort(entries, compare_entries);
	for (guint i = 0; i < entries->len; i++) {
		const char *entry = g_ptr_array_index(entries, i);
		size_t id = GPOINTER_TO_SIZE(g_hash_table_lookup(ids, entry));

		if (texts[id] >= TEXTS_MIN)
			printf("%d\t%d\t%s\n", weight_of(model, id),
				rarity_of(texts[id]), entry);
	}
}

static void print_nothing(const char *text)
{
	(void)text;
}

int main(int argc, char **argv)
{
	unsigned *counts;

	message_init();
	set_print_string_function(print_nothing);
	ids = g_hash_table_new(g_str_hash, g_str_equal);
	entries = g_ptr_array_new();
	samples = g_array_new(FALSE, FALSE, sizeof(struct sample));
	for (int i = 1; i < argc; i++) {
		struct texts texts;

		texts_load(&texts, argv[i]);
		for (size_t j = 0; j < texts.count; j++)
			add_text(&texts.items[j]);
		texts_fini(&texts);
	}
	if (samples->len == 0) {
		fprintf(stderr, "learn_wording: name files of texts\n");
		return 64;
	}
	counts = count_texts();
	print_weights(learn(counts), counts);
	return 0;
}
