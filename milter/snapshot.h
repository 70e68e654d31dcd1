/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration, policy and phrases as one immutable, reference-counted whole. A
 * reload makes a new one; each message keeps the one it began with.
 */
#ifndef MILTER_SNAPSHOT_H
#define MILTER_SNAPSHOT_H

#include "conf/conf.h"
#include "policy/error.h"
#include "policy/phrases.h"
#include "policy/policy.h"

struct snapshot {
	const struct conf *conf;
	const struct policy *policy;
	const struct phrasebook *phrases;
	/* the rest is snapshot.c's */
	struct conf *owned_conf;
	struct policy *owned_policy;
	struct phrasebook *owned_phrases;
	int references; /* atomic */
};

/* Loads all files. NULL with error set. The caller holds one reference. */
struct snapshot *snapshot_load(const char *conf_path, struct error *error);

/* The same with another policy than that of the configuration, unless NULL. */
struct snapshot *snapshot_load_policy(
	const char *conf_path, const char *policy_path, struct error *error);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot **snapshot); /* NULL-safe, clears */

#endif
