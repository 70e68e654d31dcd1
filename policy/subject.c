/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/subject.h"
#include "policy/text.h"

/* May stand beside the subject, with an order number. */
static const char *const fillers[] = { "order", "id", "no", "nr", "number",
	"bestellung", "bestellnummer", "commande", "pedido", "ordine",
	"encomenda", "bestelling", "zam\u00f3wienie", "\u6ce8\u6587",
	"\u6ce8\u6587\u756a\u53f7" };

static const char punctuation[] = " ()[]{}<>#:;,.!?*\"'-_/|";

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || c >= 0x80;
}

/* The octets of the word or mark at text that may be left out, else 0. */
static size_t filler_at(const char *text, size_t length)
{
	size_t word = 0;

	if (strchr(punctuation, text[0]) != NULL)
		return 1;
	while (word < length && is_letter((unsigned char)text[word]))
		word++;
	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
		if (word == strlen(fillers[i]) &&
			memcmp(text, fillers[i], word) == 0)
			return word;
	return 0;
}

static bool is_filler(const char *text, size_t length)
{
	while (length > 0) {
		size_t n = filler_at(text, length);

		if (n == 0)
			return false;
		text += n;
		length -= n;
	}
	return true;
}

char *subject_fold(const struct order_pattern *orders, const char *decoded)
{
	char *normal = text_normalize(decoded, strlen(decoded));
	char *folded;

	if (normal == NULL)
		return NULL;
	order_blank(orders, normal);
	folded = text_casefold(normal);
	free(normal);
	return folded;
}

/* "[important]" may stand anywhere. */
static bool is_marker(const char *critical, size_t length)
{
	return length > 2 && critical[0] == '[' && critical[length - 1] == ']';
}

bool subject_claims(const char *folded, const char *critical)
{
	size_t length = strlen(critical);

	if (is_marker(critical, length))
		return strstr(folded, critical) != NULL;
	for (const char *at = strstr(folded, critical);
		length > 0 && at != NULL; at = strstr(at + 1, critical)) {
		const char *rest = at + length;

		if (is_filler(folded, (size_t)(at - folded)) &&
			is_filler(rest, strlen(rest)))
			return true;
	}
	return false;
}

char *subject_fold_prefix(const char *decoded)
{
	char *normal = text_normalize(decoded, strlen(decoded));
	char *folded = normal != NULL ? text_casefold(normal) : NULL;
	size_t blanks, length;

	free(normal);
	if (folded == NULL)
		return NULL;
	blanks = strspn(folded, " ");
	length = strlen(folded + blanks);
	while (length > 0 && folded[blanks + length - 1] == ' ')
		length--;
	memmove(folded, folded + blanks, length);
	folded[length] = '\0';
	return folded;
}

bool subject_has_prefix(const char *folded, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(folded, prefix, length) != 0)
		return false;
	folded += length;
	folded += strspn(folded, " ");
	if (*folded == '[' || *folded == '(' || *folded == '^') {
		folded++;
		folded += strspn(folded, "0123456789");
		folded += strspn(folded, "]) ");
	}
	return *folded == ':';
}
