/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "policy/matcher.h"

/*
 * Nodes of the tree of all strings; node 0 is the root. Edges are in a hash
 * table, as most nodes have one child only.
 */
struct node {
	uint32_t fail;	  /* the longest proper ending that is a node too */
	uint32_t report;  /* the next such that ends a string, or 0 */
	uint32_t strings; /* first of those that end here, plus 1, or 0 */
	uint32_t parent;
	uint32_t next; /* in the order of depth, while building */
	unsigned char octet;
};

struct edge {
	uint32_t from;
	uint32_t to; /* 0: no edge */
	unsigned char octet;
};

struct string {
	uint32_t id;
	uint32_t next; /* the next that is equal, plus 1, or 0 */
};

struct matcher {
	struct node *nodes;
	size_t node_count, node_size;
	struct edge *edges;
	size_t edge_count, edge_size; /* size is a power of two */
	struct string *strings;
	size_t string_count, string_size;
	uint32_t first[256]; /* edges of the root */
};

static size_t edge_slot(const struct matcher *m, uint32_t from, unsigned char c)
{
	uint32_t hash = (from * 257 + c) * 2654435761u;

	return (hash >> 7) & (m->edge_size - 1);
}

static uint32_t find_edge(
	const struct matcher *m, uint32_t from, unsigned char c)
{
	const struct edge *e;

	if (from == 0)
		return m->first[c];
	for (size_t i = edge_slot(m, from, c);; i = (i + 1) % m->edge_size) {
		e = &m->edges[i];
		if (e->to == 0 || (e->from == from && e->octet == c))
			return e->to;
	}
}

static void put_edge(struct matcher *m, const struct edge *edge)
{
	size_t i = edge_slot(m, edge->from, edge->octet);

	while (m->edges[i].to != 0)
		i = (i + 1) % m->edge_size;
	m->edges[i] = *edge;
}

static int grow_edges(struct matcher *m)
{
	struct edge *old = m->edges;
	size_t old_size = m->edge_size;

	m->edges = calloc(2 * old_size, sizeof(*m->edges));
	if (m->edges == NULL) {
		m->edges = old;
		return -1;
	}
	m->edge_size = 2 * old_size;
	for (size_t i = 0; i < old_size; i++)
		if (old[i].to != 0)
			put_edge(m, &old[i]);
	free(old);
	return 0;
}

static int add_edge(
	struct matcher *m, uint32_t from, unsigned char c, uint32_t to)
{
	struct edge edge = { from, to, c };

	if (from == 0) {
		m->first[c] = to;
		return 0;
	}
	if (2 * m->edge_count >= m->edge_size && grow_edges(m) < 0)
		return -1;
	put_edge(m, &edge);
	m->edge_count++;
	return 0;
}

/* Makes room for one item more. Returns 0, or -1. */
static int reserve(void **items, size_t *size, size_t count, size_t item)
{
	size_t wanted = *size ? 2 * *size : 64;
	void *grown;

	if (count < *size)
		return 0;
	grown = reallocarray(*items, wanted, item);
	if (grown == NULL)
		return -1;
	*items = grown;
	*size = wanted;
	return 0;
}

static int add_node(struct matcher *m, uint32_t parent, unsigned char c)
{
	if (reserve((void **)&m->nodes, &m->node_size, m->node_count,
		    sizeof(*m->nodes)) < 0)
		return -1;
	m->nodes[m->node_count] = (struct node){ .parent = parent, .octet = c };
	if (m->node_count > 0 &&
		add_edge(m, parent, c, (uint32_t)m->node_count) < 0)
		return -1;
	m->node_count++;
	return 0;
}

struct matcher *matcher_new(void)
{
	struct matcher *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->edge_size = 1024;
	m->edges = calloc(m->edge_size, sizeof(*m->edges));
	if (m->edges == NULL || add_node(m, 0, 0) < 0)
		matcher_free(&m);
	return m;
}

void matcher_free(struct matcher **matcher)
{
	struct matcher *m = *matcher;

	*matcher = NULL;
	if (m == NULL)
		return;
	free(m->nodes);
	free(m->edges);
	free(m->strings);
	free(m);
}

int matcher_add(
	struct matcher *m, const char *string, size_t length, uint32_t id)
{
	uint32_t at = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)string[i];
		uint32_t to = find_edge(m, at, c);

		if (to == 0) {
			to = (uint32_t)m->node_count;
			if (add_node(m, at, c) < 0)
				return -1;
		}
		at = to;
	}
	if (reserve((void **)&m->strings, &m->string_size, m->string_count,
		    sizeof(*m->strings)) < 0)
		return -1;
	m->strings[m->string_count] =
		(struct string){ id, m->nodes[at].strings };
	m->nodes[at].strings = (uint32_t)++m->string_count;
	return 0;
}

/* Where the search goes from a node by an octet. */
static uint32_t step(const struct matcher *m, uint32_t at, unsigned char c)
{
	uint32_t to;

	while ((to = find_edge(m, at, c)) == 0 && at != 0)
		at = m->nodes[at].fail;
	return to;
}

static void link_node(struct matcher *m, uint32_t index)
{
	struct node *node = &m->nodes[index];
	struct node *fail;

	if (node->parent != 0)
		node->fail = step(m, m->nodes[node->parent].fail, node->octet);
	fail = &m->nodes[node->fail];
	node->report = fail->strings != 0 ? node->fail : fail->report;
}

/* Nodes must be linked in the order of depth. */
int matcher_finish(struct matcher *m)
{
	uint32_t *depths = calloc(m->node_count, sizeof(*depths));
	uint32_t *order = calloc(m->node_count + 1, sizeof(*order));
	uint32_t deepest = 0;

	if (depths == NULL || order == NULL) {
		free(depths);
		free(order);
		return -1;
	}
	/* A parent stands before its children. */
	for (size_t i = 1; i < m->node_count; i++) {
		depths[i] = depths[m->nodes[i].parent] + 1;
		deepest = depths[i] > deepest ? depths[i] : deepest;
		m->nodes[i].next = order[depths[i]];
		order[depths[i]] = (uint32_t)i;
	}
	for (uint32_t depth = 1; depth <= deepest; depth++)
		for (uint32_t i = order[depth]; i != 0; i = m->nodes[i].next)
			link_node(m, i);
	free(depths);
	free(order);
	return 0;
}

void matcher_search(const struct matcher *m, const char *text, size_t length,
	void (*found)(void *context, uint32_t id, size_t end), void *context)
{
	uint32_t at = 0;

	for (size_t i = 0; i < length; i++) {
		at = step(m, at, (unsigned char)text[i]);
		for (uint32_t n = at; n != 0; n = m->nodes[n].report)
			for (uint32_t s = m->nodes[n].strings; s != 0;
				s = m->strings[s - 1].next)
				found(context, m->strings[s - 1].id, i + 1);
	}
}
