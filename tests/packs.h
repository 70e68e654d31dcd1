/* SPDX-License-Identifier: BSD-2-Clause */
/* Small phrase packs for tests. */
#ifndef TESTS_PACKS_H
#define TESTS_PACKS_H

#include <check.h>
#include "policy/phrases.h"

static inline struct pack *make_pack(const char *language, bool unspaced,
	const struct phrase_spec *phrases, size_t count)
{
	struct pack_spec spec = { language, unspaced, phrases, count };
	struct error error;
	size_t bad;
	struct pack *pack = pack_new(&spec, &bad, &error);

	ck_assert_msg(pack != NULL, "phrase %zu: %s", bad, error.text);
	return pack;
}

#endif
