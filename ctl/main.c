/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * optoutctl, the operator's command. The map of its source:
 *   main       the table of commands
 *   ctl        options, messages, from the configuration to an open cache
 *   init add remove query import export verify backup explain test erase
 *   doctor
 *              one command each
 *   names      addresses, sellers and order IDs of the command line and of
 *              files, as the keys of the cache
 *   scope      which opt-out add and remove mean
 *   optouts    the opt-outs of one buyer
 *   load rows  a CSV file to changes of the cache
 *   export_rows
 *              and back
 *   eml        a message file as an MTA passes it to a milter
 *   verdict    what explain prints
 *   player     plays messages through the daemon's code path
 *   table manifest buyers replay score report
 *              for test: tables of cases, playing them, what came out
 *   doctor_*   the parts of doctor; doctor_report and finding.def are what it
 *              can find
 *   postfix_conf postfix_expand sendmail_conf milter_list version
 *              mail servers' settings, as these read them
 *   csvfile jsonout progress times
 *              CSV in (libcsv), JSON out (jansson), progress bar, times
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>
#include "ctl/ctl.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define CONF_PATH SYSCONFDIR "/optout-milter/optout-milter.conf"

static const struct command *const commands[] = {
	&command_init,
	&command_add,
	&command_remove,
	&command_query,
	&command_import,
	&command_export,
	&command_verify,
	&command_backup,
	&command_explain,
	&command_test,
	&command_erase,
	&command_doctor,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const char usage_line[] =
	"optoutctl [-c FILE] COMMAND [options] [arguments]";

static int print_help(void)
{
	printf("Usage: %s\n\nCommands:\n", usage_line);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %s %s\n", commands[i]->name, commands[i]->arguments);
	printf("\nOptions:\n"
	       "  -c, --config FILE  configuration, default " CONF_PATH "\n"
	       "  -V, --version      print the version\n"
	       "  -h, --help         this help; after a command, its help\n"
	       "      --json         after a command: output as JSON\n\n"
	       "See optoutctl(8).\n");
	return ctl_end_output(EX_OK);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

/* The options before the command. Returns -1 to go on, or an exit code. */
static int parse_options(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "version", no_argument, NULL, 'V' },
		CTL_LONG_OPTIONS,
	};
	int c;

	while ((c = getopt_long(argc, argv, "+:hVc:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			ctl->conf_path = optarg;
			break;
		case 'J':
			ctl->json = true;
			break;
		case 'h':
			return print_help();
		case 'V':
			puts("optoutctl " PACKAGE_VERSION);
			return ctl_end_output(EX_OK);
		case ':':
			return ctl_fail(EX_USAGE,
				"%s: needs a value; see "
				"optoutctl --help",
				argv[optind - 1]);
		default:
			return ctl_fail(EX_USAGE,
				"%s: no such option; see "
				"optoutctl --help",
				argv[optind - 1]);
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .conf_path = CONF_PATH };
	int status;

	opterr = 0; /* messages in one form: ours */
	status = parse_options(&ctl, argc, argv);
	if (status >= 0)
		return status;
	if (optind == argc)
		return ctl_fail(EX_USAGE,
			"no command given; usage: %s; see optoutctl --help",
			usage_line);
	ctl.command = find_command(argv[optind]);
	if (!ctl.command)
		return ctl_fail(EX_USAGE,
			"%s: no such command; see optoutctl --help",
			argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0; /* GNU: start afresh, with the command's own options */
	status = ctl.command->run(&ctl, argc, argv);
	ctl_fini(&ctl);
	if (status >= EX__BASE && ctl.command->error_status)
		status = ctl.command->error_status;
	return status;
}
