/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts in, verdict out: the whole policy on one screen. */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/facts.h"
#include "policy/policy.h"
#include "policy/reason.h"

struct verdict {
	enum reason reason;
	enum mode mode;	      /* of this reason; NOT_GOVERNED etc. as well */
	enum outcome outcome; /* what is done: accept in shadow mode */
	const char *rule;     /* name of the rule that decided, static */
};

/* The first rule that applies decides. */
struct verdict decide(const struct policy *policy, const struct facts *facts);

/* The verdict for a reason that is known without judging. */
struct verdict verdict_for(
	const struct policy *policy, enum reason reason, const char *rule);

#endif
