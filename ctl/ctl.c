/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ctl/ctl.h"
#include "milter/service.h"

/* Length of the UTF-8 character at text, 0 if it must not be shown as it is. */
static size_t printable_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80	 ? 1
			: text[0] < 0xc2 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf5 ? 4
					 : 0;

	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if (length == 1 && (text[0] < 0x20 || text[0] == 0x7f))
		return 0;
	if (length == 2 && text[0] == 0xc2 && text[1] < 0xa0)
		return 0;
	return length;
}

void ctl_print_text(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		size_t length = printable_length(at);

		if (length == 0)
			fprintf(out, "\\x%02x", *at++);
		else
			at += fwrite(at, 1, length, out);
	}
}

/* Errors may quote mail and files, so they are untrusted text, too. */
static void __attribute__((format(printf, 2, 0)))
print_error(const char *what, const char *format, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	fflush(stdout);
	fputs("optoutctl: ", stderr);
	if (what)
		fprintf(stderr, "%s: ", what);
	ctl_print_text(stderr, text);
}

int ctl_fail(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(NULL, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

int ctl_usage(const struct ctl *ctl, const char *format, ...)
{
	va_list args;
	const char *name = ctl->command->name;

	va_start(args, format);
	print_error(name, format, args);
	va_end(args);
	fprintf(stderr, "; see optoutctl %s --help\n", name);
	return EX_USAGE;
}

static void print_help(const struct command *command)
{
	printf("Usage: optoutctl [-c FILE] %s [--json] %s\n\n%s", command->name,
		command->arguments, command->help);
}

int ctl_next_option(struct ctl *ctl, int argc, char **argv, const char *shorts,
	const struct option *longs)
{
	for (;;) {
		int c = getopt_long(argc, argv, shorts, longs, NULL);

		switch (c) {
		case 'c':
			ctl->conf_path = optarg;
			break;
		case 'J':
			ctl->json = true;
			break;
		case 'h':
			print_help(ctl->command);
			ctl->status = ctl_end_output(0);
			return CTL_STOP;
		case ':':
			ctl->status = ctl_usage(
				ctl, "%s: needs a value", argv[optind - 1]);
			return CTL_STOP;
		case '?':
			ctl->status = ctl_usage(
				ctl, "%s: no such option", argv[optind - 1]);
			return CTL_STOP;
		default:
			return c;
		}
	}
}

int ctl_load_conf(struct ctl *ctl)
{
	struct error error;

	ctl->conf = conf_load(ctl->conf_path, &error);
	if (!ctl->conf)
		return ctl_fail(EX_CONFIG, "%s", error.text);
	ctl->form = conf_address_form(ctl->conf);
	if (privileges_lookup(ctl->conf->user, &ctl->privileges, &error) < 0)
		return ctl_fail(
			EX_CONFIG, "%s: %s", ctl->conf_path, error.text);
	return 0;
}

void ctl_load_policy(struct ctl *ctl)
{
	error_set(&ctl->policy_error, "%s", "");
	if (!ctl->conf->policy || !*ctl->conf->policy)
		return;
	ctl->policy = conf_load_policy(
		ctl->conf->policy, &ctl->form, &ctl->policy_error);
}

int ctl_become_user(const struct ctl *ctl)
{
	const struct privileges *privileges = &ctl->privileges;
	struct error error;

	if (!privileges->change || geteuid() == privileges->uid)
		return 0;
	if (geteuid() != 0)
		return ctl_fail(EX_NOPERM,
			"cannot become user \"%s\" that %s names; run as root "
			"or as this user",
			privileges->name, ctl->conf_path);
	if (privileges_drop(privileges, &error) < 0)
		return ctl_fail(EX_NOPERM, "%s", error.text);
	return 0;
}

/* The loader tells why in words; this tells it to scripts. */
static int keys_status(const char *path)
{
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return EX_NOINPUT;
	return EX_NOPERM;
}

int ctl_load_keys(struct ctl *ctl, struct error *error)
{
	ctl->ring = keyring_load(ctl->conf->cache.keys, error);
	return ctl->ring ? 0 : -1;
}

int ctl_try_cache(struct ctl *ctl, struct error *error)
{
	struct cache_options options = service_cache_options(ctl->conf);

	ctl->cache = cache_open(&options, ctl->ring, error);
	return ctl->cache ? 0 : -1;
}

int ctl_open_cache(struct ctl *ctl)
{
	struct error error;

	if (ctl_load_keys(ctl, &error) < 0)
		return ctl_fail(
			keys_status(ctl->conf->cache.keys), "%s", error.text);
	if (ctl_try_cache(ctl, &error) < 0)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	return 0;
}

void ctl_fini(struct ctl *ctl)
{
	cache_close(&ctl->cache);
	keyring_free(&ctl->ring);
	policy_free(&ctl->policy);
	conf_free(&ctl->conf);
}

int ctl_open_input(const char *path, int *fd_r)
{
	struct stat st;

	if (!strcmp(path, "-")) {
		*fd_r = STDIN_FILENO;
		return 0;
	}
	*fd_r = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd_r < 0)
		return ctl_fail(EX_NOINPUT, "%s: cannot open: %s", path,
			strerror(errno));
	if (fstat(*fd_r, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(*fd_r);
		return ctl_fail(
			EX_NOINPUT, "%s: is a directory; name a file", path);
	}
	return 0;
}

int ctl_end_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return ctl_fail(
		EX_IOERR, "standard output: cannot write: %s", strerror(errno));
}
