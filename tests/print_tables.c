/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints what is made from the tables of options, reasons and findings, to
 * compare with the installed samples and the manuals, or to renew them.
 */
#include <stdio.h>
#include <string.h>
#include "conf/conf.h"
#include "ctl/doctor_report.h"
#include "policy/reason.h"

static void print_sample_daemon(void)
{
	conf_print_sample(stdout, CONF_FILE_DAEMON);
}

static void print_sample_policy(void)
{
	conf_print_sample(stdout, CONF_FILE_POLICY);
}

static void print_manual_daemon(void)
{
	conf_print_manual(stdout, CONF_FILE_DAEMON);
}

static void print_manual_policy(void)
{
	conf_print_manual(stdout, CONF_FILE_POLICY);
}

/* Items of an mdoc list. */
static void print_reasons(void)
{
	const struct reason_info *info;

	for (int i = 0; i < REASON_COUNT; i++) {
		info = reason_info(i);
		printf(".It Sy %s Pq %s", info->name,
			outcome_name(info->outcome));
		if (info->code != 0)
			printf(" , %d %s", info->code, info->dsn);
		printf("\n%s\n", info->when);
	}
}

/* One sentence a line, as mdoc likes it. */
static void print_sentences(const char *text)
{
	const char *stop;

	while ((stop = strstr(text, ". ")) != NULL) {
		printf("%.*s.\n", (int)(stop - text), text);
		text = stop + 2;
	}
	puts(text);
}

static void print_findings(void)
{
	const struct finding_info *info;

	for (int i = 0; i < FINDING_COUNT; i++) {
		info = finding_info(i);
		printf(".It Sy %s Pq %s\n", info->name,
			severity_name(info->severity));
		print_sentences(info->when);
	}
}

static const struct {
	const char *name;
	void (*print)(void);
} tables[] = {
	{ "sample-daemon", print_sample_daemon },
	{ "sample-policy", print_sample_policy },
	{ "manual-daemon", print_manual_daemon },
	{ "manual-policy", print_manual_policy },
	{ "reasons", print_reasons },
	{ "findings", print_findings },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (argc == 2 && strcmp(argv[1], tables[i].name) == 0) {
			tables[i].print();
			return ferror(stdout) || fflush(stdout) != 0;
		}
	fprintf(stderr, "usage: print_tables sample-daemon | sample-policy | "
			"manual-daemon | manual-policy | reasons | findings\n");
	return 64;
}
