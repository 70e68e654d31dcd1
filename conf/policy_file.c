/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy file. */
#include "conf/conf.h"
#include "conf/conf_private.h"
#include "policy/policy.h"

/* Says where the setting stands that the compiler of policies refused. */
static void locate(const struct reader *reader, const struct error *cause,
	struct error *error)
{
	reader_fail(reader, reader_line(reader, cause->key), error, "%s%s%s",
		cause->key, cause->key[0] ? ": " : "", cause->text);
}

struct policy *conf_load_policy(
	const char *path, const struct address_form *form, struct error *error)
{
	struct reader *reader = reader_open(path, error);
	struct policy_spec spec = { 0 };
	struct policy *policy = NULL;
	struct error cause = { 0 };

	if (reader == NULL)
		return NULL;
	if (options_load(CONF_FILE_POLICY, reader, &spec, error) == 0) {
		policy = policy_new(&spec, form, &cause);
		if (policy == NULL)
			locate(reader, &cause, error);
	}
	policy_spec_fini(&spec);
	reader_close(&reader);
	return policy;
}
