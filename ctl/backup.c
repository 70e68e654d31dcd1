/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "milter/service.h"

/*
 * Creates the directory with the rights of the caller and gives it to the
 * user, who may be unable to reach it by its path: so it becomes the working
 * directory. Returns 0, or an exit code after a message.
 */
static int enter_directory(const struct ctl *ctl, const char *path)
{
	const struct privileges *privileges = &ctl->privileges;
	bool give = privileges->change && geteuid() == 0;
	int fd;

	if (mkdir(path, 0700) < 0)
		return ctl_fail(EX_CANTCREAT,
			"%s: cannot create: %s; name a directory that does "
			"not exist in one that does",
			path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 ||
		(give && fchown(fd, privileges->uid, privileges->gid) < 0) ||
		fchdir(fd) < 0) {
		int error_number = errno;

		if (fd >= 0)
			close(fd);
		return ctl_fail(EX_CANTCREAT, "%s: cannot use: %s", path,
			strerror(error_number));
	}
	close(fd);
	return 0;
}

static int count(
	struct cache *cache, struct cache_counts *counts_r, struct error *error)
{
	struct cache_read *read = cache_read_begin(cache, error);
	int rc;

	if (!read)
		return -1;
	rc = cache_count(read, counts_r);
	cache_read_end(&read);
	return rc == 0 ? 0 : error_set(error, "its records cannot be counted");
}

/* Opens the copy in the working directory, as after a restore. 0 or -1. */
static int check_copy(const struct ctl *ctl, struct cache_counts *counts_r,
	struct error *error)
{
	struct cache_options options = service_cache_options(ctl->conf);
	struct cache *copy;
	int rc;

	options.directory = ".";
	copy = cache_open(&options, ctl->ring, error);
	if (!copy)
		return -1;
	rc = count(copy, counts_r, error);
	cache_close(&copy);
	/* It would not fit if somebody put it beside another database. */
	unlink("lock.mdb");
	return rc;
}

static void print_text(const char *path, const struct cache_counts *counts)
{
	ctl_print_text(stdout, path);
	printf(": %" PRIu64 " opt-outs, %" PRIu64 " aliases, %" PRIu64
	       " orders\nThe key ring is not part of the backup; without it "
	       "the copy is of no use.\nKeep it elsewhere.\n",
		counts->optouts, counts->aliases, counts->orders);
}

static int print_json(const char *path, const struct cache_counts *counts)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "directory", path);
	jsonout_integer(&out, "optouts", (int64_t)counts->optouts);
	jsonout_integer(&out, "aliases", (int64_t)counts->aliases);
	jsonout_integer(&out, "orders", (int64_t)counts->orders);
	jsonout_bool(&out, "keys_included", false);
	return jsonout_end(&out);
}

static int backup(const struct ctl *ctl, const char *path)
{
	struct cache_counts counts;
	struct error error;

	if (cache_backup(ctl->cache, ".", &error) < 0)
		return ctl_fail(
			EX_IOERR, "%s: no backup: %s", path, error.text);
	if (check_copy(ctl, &counts, &error) < 0)
		return ctl_fail(EX_IOERR,
			"%s: the copy is bad, do not keep it: %s", path,
			error.text);
	if (ctl->json)
		return print_json(path, &counts);
	print_text(path, &counts);
	return 0;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG_OPTIONS };
	const char *path;
	int status;

	if (ctl_next_option(ctl, argc, argv, CTL_SHORT_OPTIONS, longs) != -1)
		return ctl->status;
	if (argc - optind != 1)
		return ctl_usage(ctl, "give one directory");
	path = argv[optind];
	if ((status = ctl_load_conf(ctl)) != 0 ||
		(status = enter_directory(ctl, path)) != 0)
		return status;
	if ((status = ctl_become_user(ctl)) == 0 &&
		(status = ctl_open_cache(ctl)) == 0)
		status = backup(ctl, path);
	return ctl_end_output(status);
}

const struct command command_backup = {
	.name = "backup",
	.arguments = "DIR",
	.help = "Creates DIR and writes a consistent copy of the database into "
		"it, while the\ndaemon may run, and checks that it opens. The "
		"key ring is not copied: keep one\nsafe elsewhere.\n\n"
		"Exit codes: 0 done, others as in sysexits.h.\n",
	.run = run,
};
