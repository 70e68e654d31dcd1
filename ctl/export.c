/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cache/writer.h"
#include "ctl/ctl.h"
#include "ctl/export_rows.h"
#include "ctl/rows.h"

struct target {
	const char *name;
	FILE *file;
	FILE *spool; /* what file gets at the end, or NULL */
};

/* Opens what is written, with the rights of the caller. 0, or an exit code. */
static int open_target(struct target *target, const char *path)
{
	int fd;

	target->name = path;
	target->file = stdout;
	if (!strcmp(path, "-"))
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		0600);
	target->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!target->file)
		return ctl_fail(EX_CANTCREAT, "%s: cannot write: %s", path,
			strerror(errno));
	return 0;
}

/*
 * Somebody slow may read a pipe or terminal, and all the while the records
 * seen here would keep their space in the database. So they are spooled.
 */
static int open_spool(struct target *target)
{
	struct stat st;

	if (fstat(fileno(target->file), &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	target->spool = tmpfile();
	if (!target->spool)
		return ctl_fail(EX_CANTCREAT,
			"cannot create a temporary file: %s; name a file to "
			"export to",
			strerror(errno));
	return 0;
}

static int copy_spool(const struct target *target)
{
	char chunk[65536];
	size_t n;

	rewind(target->spool);
	while ((n = fread(chunk, 1, sizeof(chunk), target->spool)) > 0) {
		if (fwrite(chunk, 1, n, target->file) != n)
			return -1;
	}
	return ferror(target->spool) ? -1 : 0;
}

/* Ends the writing. Returns 0, or an exit code after a message. */
static int end_target(struct target *target, int status)
{
	bool failed = false;

	if (status == 0 && target->spool)
		failed = copy_spool(target) < 0;
	if (status == 0 && !failed) {
		failed = fflush(target->file) != 0 || ferror(target->file);
		if (!failed && target->file != stdout)
			failed = fsync(fileno(target->file)) < 0 &&
				 errno != EINVAL;
	}
	if (failed)
		status = ctl_fail(EX_IOERR, "%s: cannot write: %s",
			target->name, strerror(errno));
	if (target->spool)
		fclose(target->spool);
	if (target->file && target->file != stdout)
		fclose(target->file);
	return status;
}

static int walk(const struct ctl *ctl, enum bulk_kind kind, FILE *out)
{
	struct error error;
	struct cache_read *read = cache_read_begin(ctl->cache, &error);
	uint64_t bad;
	int rc;

	if (!read)
		return ctl_fail(EX_UNAVAILABLE, "%s", error.text);
	rc = export_rows(read, kind, ctl->json, out, &bad);
	cache_read_end(&read);
	if (rc > 0)
		return 0; /* cannot write: end_target() tells */
	if (rc < 0)
		return ctl_fail(EX_UNAVAILABLE,
			"%s: the cache failed; run optoutctl verify",
			ctl->conf->cache.directory);
	if (bad > 0)
		return ctl_fail(EX_DATAERR,
			"%llu bad records were left out; run optoutctl verify",
			(unsigned long long)bad);
	return 0;
}

static int parse(struct ctl *ctl, enum bulk_kind *kind_r, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG_OPTIONS };

	if (ctl_next_option(ctl, argc, argv, CTL_SHORT_OPTIONS, longs) != -1)
		return CTL_STOP;
	ctl->status = EX_USAGE;
	if (argc - optind < 1 || argc - optind > 2) {
		ctl_usage(ctl, "give what to export, and a file");
		return CTL_STOP;
	}
	if (rows_kind_from_name(argv[optind], kind_r) < 0) {
		ctl_usage(ctl, "%s: is none of optouts, aliases, orders",
			argv[optind]);
		return CTL_STOP;
	}
	return 1;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct target target = { 0 };
	enum bulk_kind kind;
	int status, written;

	if (parse(ctl, &kind, argc, argv) == CTL_STOP)
		return ctl->status;
	if ((status = ctl_load_conf(ctl)) != 0 ||
		(status = open_target(&target,
			 optind + 1 < argc ? argv[optind + 1] : "-")) != 0)
		return status;
	if ((status = ctl_become_user(ctl)) == 0 &&
		(status = ctl_open_cache(ctl)) == 0 &&
		(status = open_spool(&target)) == 0)
		status = walk(
			ctl, kind, target.spool ? target.spool : target.file);
	/* What can be read is written even if some records are bad. */
	written = end_target(&target, status == EX_DATAERR ? 0 : status);
	return written != 0 ? written : status;
}

const struct command command_export = {
	.name = "export",
	.arguments = "optouts|aliases|orders [FILE|-]",
	.help = "Writes all records of a kind as CSV that import takes, with "
		"keyed ids instead\nof addresses: no plain address is stored. "
		"The ids fit only this key ring.\n\n"
		"  --json   one JSON object a line instead of CSV\n\n"
		"Exit codes: 0 done, 65 bad records were left out, others as "
		"in sysexits.h.\n",
	.run = run,
};
