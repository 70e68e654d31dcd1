/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands of optoutctl share: options, messages, and the way from
 * the configuration to an open cache. One thread.
 *
 * The order is always the same: ctl_load_conf(), then the input and output
 * files are opened with the caller's rights, then ctl_become_user(), and only
 * then ctl_open_cache(), so that the files of the cache keep their owner.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>
#include "cache/cache.h"
#include "cache/identity.h"
#include "conf/conf.h"
#include "milter/privileges.h"
#include "policy/error.h"
#include "policy/policy.h"

struct ctl;

struct command {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *help;      /* what it does, options, exit codes */
	int (*run)(struct ctl *ctl, int argc, char **argv);
	int error_status; /* exit code of every error, 0: as sysexits.h */
};

extern const struct command command_add;
extern const struct command command_backup;
extern const struct command command_doctor;
extern const struct command command_erase;
extern const struct command command_explain;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_init;
extern const struct command command_query;
extern const struct command command_remove;
extern const struct command command_test;
extern const struct command command_verify;

struct ctl {
	const struct command *command;
	const char *conf_path;
	bool json;
	int status; /* exit code when ctl_next_option() says CTL_STOP */

	struct conf *conf;
	struct address_form form;
	struct privileges privileges;
	struct policy *policy; /* NULL: none, or policy_error says why */
	struct error policy_error;
	struct keyring *ring;
	struct cache *cache;
};

/* Every command takes these; add them to its own options. */
#define CTL_SHORT_OPTIONS ":hc:"
#define CTL_LONG_OPTIONS                                                       \
	{ "config", required_argument, NULL, 'c' },                            \
		{ "help", no_argument, NULL, 'h' },                            \
		{ "json", no_argument, NULL, 'J' },                            \
	{                                                                      \
		NULL, 0, NULL, 0                                               \
	}

#define CTL_STOP 0 /* an option that ends the command with ctl->status */

/*
 * As getopt_long(), without the options above, which it handles itself:
 * returns the command's own option, -1 after the last, or CTL_STOP.
 */
int ctl_next_option(struct ctl *ctl, int argc, char **argv, const char *shorts,
	const struct option *longs);

/* Prints "optoutctl: ..." on standard error and returns status. */
int ctl_fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* As ctl_fail(), for a wrong command line: EX_USAGE, and names the help. */
int ctl_usage(const struct ctl *ctl, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Each returns 0, or an exit code after a message. */
int ctl_load_conf(struct ctl *ctl);
int ctl_become_user(const struct ctl *ctl);
int ctl_open_cache(struct ctl *ctl);

/* The two steps of ctl_open_cache(), for those who go on without: 0 or -1. */
int ctl_load_keys(struct ctl *ctl, struct error *error);
int ctl_try_cache(struct ctl *ctl, struct error *error);

/*
 * Loads the policy, for its order pattern. An error matters only to those
 * who meet an order ID, so it is kept until then.
 */
void ctl_load_policy(struct ctl *ctl);

/* Frees what was loaded and opened. */
void ctl_fini(struct ctl *ctl);

/* Opens a file, "-" is standard input. Returns 0, or an exit code. */
int ctl_open_input(const char *path, int *fd_r);

/* Ends standard output: 0, or an exit code if something was not written. */
int ctl_end_output(int status);

/* Prints untrusted text: controls and broken UTF-8 as \xNN. */
void ctl_print_text(FILE *out, const char *text);

#endif
