/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include "milter/snapshot.h"

struct snapshot *snapshot_load(const char *conf_path, struct error *error)
{
	return snapshot_load_policy(conf_path, NULL, error);
}

struct snapshot *snapshot_load_policy(
	const char *conf_path, const char *policy_path, struct error *error)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct address_form form;

	if (s == NULL) {
		error_set(error, "out of memory");
		return NULL;
	}
	s->references = 1;
	s->owned_conf = conf_load(conf_path, error);
	if (s->owned_conf != NULL) {
		form = conf_address_form(s->owned_conf);
		s->owned_policy = conf_load_policy(
			policy_path ? policy_path : s->owned_conf->policy,
			&form, error);
	}
	if (s->owned_policy != NULL)
		s->owned_phrases =
			conf_load_phrases(s->owned_conf->phrases, error);
	s->conf = s->owned_conf;
	s->policy = s->owned_policy;
	s->phrases = s->owned_phrases;
	if (s->phrases == NULL)
		snapshot_unref(&s);
	return s;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	__atomic_add_fetch(&snapshot->references, 1, __ATOMIC_RELAXED);
	return snapshot;
}

void snapshot_unref(struct snapshot **snapshot)
{
	struct snapshot *s = *snapshot;

	*snapshot = NULL;
	if (s == NULL ||
		__atomic_sub_fetch(&s->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	phrasebook_free(&s->owned_phrases);
	policy_free(&s->owned_policy);
	conf_free(&s->owned_conf);
	free(s);
}
