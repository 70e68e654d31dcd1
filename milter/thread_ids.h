/* SPDX-License-Identifier: BSD-2-Clause */
/* Message-IDs out of header values. Pure. */
#ifndef MILTER_THREAD_IDS_H
#define MILTER_THREAD_IDS_H

#include <stddef.h>

#define THREAD_IDS_FIRST 10 /* a long list of references: the first ones */
#define THREAD_IDS_LAST 50  /* and the last ones */
#define THREAD_IDS_MAX (THREAD_IDS_FIRST + THREAD_IDS_LAST)
#define THREAD_ID_SIZE 512 /* octets with NUL; a longer id is none */

/* Each without angle brackets and blanks. {0} is empty. */
struct thread_ids {
	size_t seen; /* of them THREAD_IDS_MAX at most are kept */
	char (*ids)[THREAD_ID_SIZE];
};

/*
 * Adds the ids of a raw value, folds and comments in it are skipped. Of more
 * than THREAD_IDS_MAX the first and the last ones stay. Returns 0, or -1: out
 * of memory.
 */
int thread_ids_add(struct thread_ids *ids, const char *value);
size_t thread_ids_count(const struct thread_ids *ids);
void thread_ids_fini(struct thread_ids *ids);

#endif
