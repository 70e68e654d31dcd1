/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include "ctl/ctl.h"
#include "ctl/report.h"
#include "policy/message.h"

struct test {
	const char *manifest_path;
	const char *buyers_path;  /* NULL: the manifest tells */
	const char *results_path; /* NULL: none */
	struct report_other other;
	struct manifest manifest;
	struct buyers buyers;
	struct snapshot *snapshot;	 /* of the configuration */
	struct snapshot *other_snapshot; /* NULL: none to compare with */
};

static int parse(struct ctl *ctl, struct test *test, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "buyers", required_argument, NULL, 'b' },
		{ "results", required_argument, NULL, 'r' },
		{ "diff", required_argument, NULL, 'd' },
		CTL_LONG_OPTIONS,
	};
	int c;

	while ((c = ctl_next_option(
			ctl, argc, argv, CTL_SHORT_OPTIONS, longs)) != -1) {
		if (c == CTL_STOP)
			return CTL_STOP;
		if (c == 'b')
			test->buyers_path = optarg;
		else if (c == 'r')
			test->results_path = optarg;
		else
			test->other.path = optarg;
	}
	if (argc - optind != 1) {
		ctl->status = ctl_usage(ctl, "give one manifest");
		return CTL_STOP;
	}
	test->manifest_path = argv[optind];
	return 1;
}

static int load_policies(const struct ctl *ctl, struct test *test)
{
	struct error error;

	test->snapshot = snapshot_load(ctl->conf_path, &error);
	if (test->snapshot && test->other.path)
		test->other_snapshot = snapshot_load_policy(
			ctl->conf_path, test->other.path, &error);
	if (!test->snapshot || (test->other.path && !test->other_snapshot))
		return ctl_fail(EX_CONFIG, "%s", error.text);
	return 0;
}

static int load_manifest(struct test *test)
{
	struct error error;
	int status =
		manifest_load(&test->manifest, test->manifest_path, &error);

	if (status != 0)
		return ctl_fail(status, "%s", error.text);
	if (test->manifest.count == 0)
		return ctl_fail(EX_DATAERR, "%s: names no message",
			test->manifest_path);
	return 0;
}

/* A policy for other addresses is a likely mistake, and looks like no other. */
static void warn_of_strangers(const struct test *test)
{
	size_t strangers =
		buyers_count_strangers(&test->buyers, test->snapshot->policy);

	if (strangers > 0)
		ctl_fail(0,
			"%s: warning: %zu that opted out are no buyers by "
			"buyers.addresses of %s",
			test->buyers_path, strangers,
			test->snapshot->conf->policy);
}

static int load_buyers(const struct ctl *ctl, struct test *test)
{
	const struct policy *policy = test->snapshot->policy;
	struct error error;
	int status;

	if (!test->buyers_path && !test->manifest.has[MANIFEST_OPTED_OUT])
		return ctl_usage(ctl,
			"give --buyers: %s has no column buyer_opted_out",
			test->manifest_path);
	if (test->buyers_path)
		status = buyers_load(&test->buyers, test->buyers_path,
			policy_address_form(policy), &error);
	else
		status = buyers_of_manifest(
			&test->buyers, &test->manifest, policy, &error);
	if (status != 0)
		return ctl_fail(status, "%s", error.text);
	if (test->buyers_path)
		warn_of_strangers(test);
	return 0;
}

/* Plays all with one policy. Returns the results, or NULL. */
static struct replay_result *play(
	struct ctl *ctl, const struct test *test, struct snapshot *snapshot)
{
	struct replay_result *results =
		calloc(test->manifest.count, sizeof(*results));
	struct error error;

	if (!results) {
		ctl->status = ctl_fail(EX_OSERR, "out of memory");
		return NULL;
	}
	ctl->status = replay_run(&test->manifest, &test->buyers,
		snapshot_ref(snapshot), results, &error);
	if (ctl->status == 0)
		return results;
	ctl_fail(ctl->status, "%s", error.text);
	free(results);
	return NULL;
}

static int report(
	const struct ctl *ctl, const struct test *test, const struct report *r)
{
	int status = 0;

	if (test->results_path)
		status = report_write(r, test->results_path);
	if (status == 0)
		status = ctl->json ? report_print_json(r) : report_print(r);
	status = ctl_end_output(status);
	if (status != 0)
		return status;
	return report_is_clean(r) ? 0 : 1;
}

static int play_and_report(struct ctl *ctl, struct test *test)
{
	struct report r = { .manifest = &test->manifest };
	struct replay_result *results = play(ctl, test, test->snapshot);
	struct replay_result *others = NULL;

	if (results && test->other_snapshot) {
		others = play(ctl, test, test->other_snapshot);
		test->other.results = others;
		r.other = &test->other;
	}
	r.results = results;
	if (ctl->status == 0)
		ctl->status = report(ctl, test, &r);
	free(others);
	free(results);
	return ctl->status;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct test test = { 0 };
	int status;

	if (parse(ctl, &test, argc, argv) == CTL_STOP)
		return ctl->status;
	message_init();
	if ((status = load_policies(ctl, &test)) == 0 &&
		(status = load_manifest(&test)) == 0 &&
		(status = load_buyers(ctl, &test)) == 0)
		status = play_and_report(ctl, &test);
	snapshot_unref(&test.snapshot);
	snapshot_unref(&test.other_snapshot);
	buyers_fini(&test.buyers);
	manifest_fini(&test.manifest);
	return status;
}

const struct command command_test = {
	.name = "test",
	.arguments = "MANIFEST.tsv [--buyers FILE] [--results FILE] "
		     "[--diff POLICY]",
	.help = "Plays the messages that a manifest names through the filter's "
		"own code, with a\ntemporary cache, and compares the verdicts "
		"with those that it wants: what the\npolicy would do if every "
		"mode were enforce. Changes nothing; needs no key ring.\n\n"
		"  --buyers FILE   the buyers, and whether they opted out; "
		"default: the\n                  manifest's column "
		"buyer_opted_out\n"
		"  --results FILE  gets a line per message: file, verdict, "
		"reason, order ID\n"
		"  --diff POLICY   also shows what another policy file would "
		"change\n\n"
		"Exit codes: 0 all as wanted, and nothing would change; 1 not "
		"so; others as in\nsysexits.h.\n",
	.run = run,
};
