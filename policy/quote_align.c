/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The best chain of common hashes, in order, which favours runs; then the
 * gaps of that chain are priced. Of a gap it is known how many words of the
 * original are missing, and how many foreign ones stand in their place.
 */
#include "policy/quote_align.h"

#include <stdlib.h>
#include <string.h>

#define OVERLAP 2 /* words that a hash shares with the next: width - 1 */
#define MATCH 2
#define RUN 1 /* more for a match that goes on with the last one */
#define PUT_IN_COST 2
#define REPLACED_COST 3
#define SHORT_LINE 4	    /* words of a line of a signature */
#define SHORT_LINE_DENSE 12 /* where characters are words */

struct aligner {
	const struct quote *quote;
	const struct quote_words *words;
	const struct quote_hit *hits;
	size_t count;
	/* Tables of quote->count + 1 rows and count + 1 columns. */
	uint16_t *best;	 /* of the first i hashes and the first j hits */
	uint16_t *match; /* of those that end with the match of both */
	/* For each hash of the fingerprint its place in the reply, or -1. */
	int32_t place[QUOTE_HASHES_MAX];
};

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void quote_sort(uint32_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
}

bool quote_has(const uint32_t *sorted, size_t count, uint32_t value)
{
	return bsearch(&value, sorted, count, sizeof(value), compare) != NULL;
}

static size_t cell(const struct aligner *a, size_t i, size_t j)
{
	return i * (a->count + 1) + j;
}

/* Whether hit j follows hit j - 1 without a gap. */
static bool goes_on(const struct aligner *a, size_t j)
{
	return j > 0 && a->hits[j].at == a->hits[j - 1].at + 1;
}

static uint16_t match_score(const struct aligner *a, size_t i, size_t j)
{
	uint16_t before = a->best[cell(a, i, j)];
	uint16_t run = a->match[cell(a, i, j)];

	if (run > 0 && goes_on(a, j) && run + RUN > before)
		before = run + RUN;
	return before + MATCH;
}

static void fill(struct aligner *a)
{
	for (size_t i = 0; i < a->quote->count; i++) {
		uint32_t value = a->quote->hashes[i] & (QUOTE_LINE_BIT - 1);

		for (size_t j = 0; j < a->count; j++) {
			size_t here = cell(a, i + 1, j + 1);
			uint16_t above = a->best[cell(a, i, j + 1)];
			uint16_t left = a->best[cell(a, i + 1, j)];
			uint16_t best = above > left ? above : left;

			if (a->hits[j].value == value)
				a->match[here] = match_score(a, i, j);
			a->best[here] =
				a->match[here] > best ? a->match[here] : best;
		}
	}
}

static void trace(struct aligner *a)
{
	size_t i = a->quote->count, j = a->count;
	bool forced = false;

	memset(a->place, -1, sizeof(a->place));
	while (i > 0 && j > 0) {
		uint16_t match = a->match[cell(a, i, j)];

		if (forced || (match > 0 && match == a->best[cell(a, i, j)])) {
			a->place[i - 1] = (int32_t)a->hits[j - 1].at;
			i--;
			j--;
			forced = goes_on(a, j) && a->match[cell(a, i, j)] > 0 &&
				 match == a->match[cell(a, i, j)] + RUN + MATCH;
		} else if (a->best[cell(a, i - 1, j)] ==
			   a->best[cell(a, i, j)]) {
			i--;
		} else {
			j--;
		}
	}
}

/* Whether word t of the original starts a line, as far as that is known. */
static bool starts_line(const struct quote *quote, size_t t)
{
	return t == 0 || t == quote->words || (t == 1 && quote->greets) ||
	       (t >= OVERLAP && t < quote->words &&
		       quote->hashes[t - OVERLAP] & QUOTE_LINE_BIT);
}

/* Whether the words from .. to - 1 of the original are short whole lines. */
static bool are_short_lines(const struct quote *quote, size_t from, size_t to)
{
	size_t longest = quote->dense ? SHORT_LINE_DENSE : SHORT_LINE;
	size_t length = 0;

	if (!starts_line(quote, from) || !starts_line(quote, to))
		return false;
	for (size_t t = from; t < to; t++) {
		length = starts_line(quote, t) ? 1 : length + 1;
		if (length > longest)
			return false;
	}
	return true;
}

struct price {
	const struct aligner *a;
	size_t cost;
	size_t forgiven;
	size_t lines_lost; /* gaps that were taken for a lost line */
};

/* Words from .. to - 1 are missing at the beginning or the end. */
static void price_edge(struct price *p, size_t from, size_t to)
{
	const struct quote *quote = p->a->quote;
	size_t lost = to - from;

	if (starts_line(quote, from) && starts_line(quote, to))
		p->cost += lost;
	else
		p->cost += REPLACED_COST * lost;
	if (are_short_lines(quote, from, to))
		p->forgiven += lost;
}

/*
 * Whether the words from .. to - 1 are whole lines. Where a lost line and the
 * next one begin alike, the gap may be seen some words too late.
 */
static bool are_lines(const struct quote *quote, size_t from, size_t to)
{
	for (size_t late = 0; late <= OVERLAP && late <= from; late++)
		if (starts_line(quote, from - late) &&
			starts_line(quote, to - late))
			return true;
	return false;
}

static bool starts_reply_line(const struct aligner *a, size_t at)
{
	return at < a->words->count && a->words->items[at].starts_line;
}

static size_t at_most(size_t value, size_t most)
{
	return value < most ? value : most;
}

/*
 * Between the matches of hashes i and k, at places x and y of the reply. Where
 * only one side has a gap, up to OVERLAP hashes of the other span the seam.
 */
static void price_gap(struct price *p, size_t i, size_t k, size_t x, size_t y)
{
	const struct quote *quote = p->a->quote;
	size_t missing = k - i - 1, foreign = y - x - 1;
	size_t lost = missing - at_most(missing, at_most(foreign, OVERLAP));
	size_t put_in = foreign - at_most(foreign, at_most(missing, OVERLAP));

	if (lost > 0 && put_in > 0) {
		p->cost += REPLACED_COST * lost;
	} else if (lost > 0) {
		p->cost += lost;
		if (are_lines(quote, i + 1 + at_most(foreign, OVERLAP), k) &&
			lost <= quote->words / 4u && p->lines_lost++ == 0)
			p->forgiven += lost;
	} else if (put_in > 0) {
		if (!starts_reply_line(
			    p->a, x + 1 + at_most(missing, OVERLAP)) ||
			!starts_reply_line(p->a, y))
			p->cost += PUT_IN_COST;
	}
}

static int price(const struct aligner *a, bool forgiving)
{
	const struct quote *quote = a->quote;
	struct price p = { .a = a };
	long last = -1;

	for (size_t i = 0; i < quote->count; i++) {
		if (a->place[i] < 0)
			continue;
		if (last < 0)
			price_edge(&p, 0, i);
		else if (i != (size_t)last + 1 ||
			 a->place[i] != a->place[last] + 1)
			price_gap(&p, (size_t)last, i, (size_t)a->place[last],
				(size_t)a->place[i]);
		last = (long)i;
	}
	if (last < 0)
		return 0;
	if ((size_t)last + quote->width < quote->words)
		price_edge(&p, (size_t)last + quote->width, quote->words);
	if (p.forgiven > quote->words / 3u)
		p.forgiven = quote->words / 3u;
	if (forgiving)
		p.cost -= p.forgiven;
	if (p.cost >= quote->words)
		return 0;
	return (int)((quote->words - p.cost) * 100 / quote->words);
}

/* Of a thinned fingerprint the gaps are not known: the hashes are counted. */
static int count_share(const struct aligner *a)
{
	size_t found = 0;

	for (size_t i = 0; i < a->quote->count; i++)
		found += a->place[i] >= 0;
	return (int)(found * 100 / a->quote->count);
}

int quote_align(const struct quote *quote, const struct quote_words *words,
	const struct quote_hit *hits, size_t count, bool forgiving)
{
	struct aligner a = {
		.quote = quote, .words = words, .hits = hits, .count = count
	};
	size_t cells = ((size_t)quote->count + 1) * (count + 1);
	int share = -1;

	a.best = calloc(cells, sizeof(*a.best));
	a.match = calloc(cells, sizeof(*a.match));
	if (a.best && a.match) {
		fill(&a);
		trace(&a);
		share = quote->thinning > 0 ? count_share(&a)
					    : price(&a, forgiving);
	}
	free(a.best);
	free(a.match);
	return share;
}
