/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "milter/service.h"

struct init {
	bool had_keys;
	bool had_directory;
};

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool has_database(const char *directory)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/data.mdb", directory);
	return exists(path);
}

/* Refuses whatever would overwrite or orphan something. */
static int check_absent(const struct ctl *ctl, struct init *init)
{
	const char *directory = ctl->conf->cache.directory;
	const char *keys = ctl->conf->cache.keys;

	init->had_keys = exists(keys);
	init->had_directory = exists(directory);
	if (!has_database(directory))
		return 0;
	if (init->had_keys)
		return ctl_fail(EX_CANTCREAT,
			"%s: holds a database, and the key ring %s exists; "
			"nothing was changed",
			directory, keys);
	return ctl_fail(EX_CANTCREAT,
		"%s: holds a database, but its key ring %s is missing; restore "
		"the key ring, or move the database away; nothing was changed",
		directory, keys);
}

static int give(const struct ctl *ctl, const char *path)
{
	const struct privileges *privileges = &ctl->privileges;

	if (!privileges->change || geteuid() != 0)
		return 0;
	if (lchown(path, privileges->uid, privileges->gid) == 0)
		return 0;
	return ctl_fail(EX_CANTCREAT, "%s: cannot give to user %s: %s", path,
		privileges->name, strerror(errno));
}

static int create_directory(const struct ctl *ctl, const struct init *init)
{
	const char *path = ctl->conf->cache.directory;

	if (init->had_directory)
		return 0;
	/* The second call is for a umask that takes away from the mode. */
	if (mkdir(path, 0750) < 0 || chmod(path, 0750) < 0)
		return ctl_fail(EX_CANTCREAT, "%s: cannot create: %s", path,
			strerror(errno));
	return give(ctl, path);
}

static int create_keys(const struct ctl *ctl, const struct init *init)
{
	const char *path = ctl->conf->cache.keys;
	struct error error;

	if (init->had_keys)
		return 0;
	if (keyring_create(path, &error) < 0)
		return ctl_fail(EX_CANTCREAT, "%s", error.text);
	return give(ctl, path);
}

static int create_database(struct ctl *ctl)
{
	struct cache_options options = service_cache_options(ctl->conf);
	struct error error;

	if (ctl_load_keys(ctl, &error) < 0)
		return ctl_fail(EX_NOPERM, "%s", error.text);
	if (cache_create(&options, ctl->ring, &error) < 0)
		return ctl_fail(EX_CANTCREAT, "%s", error.text);
	return 0;
}

static void print_text(const struct ctl *ctl, const struct init *init)
{
	printf("key ring: %s%s\n", ctl->conf->cache.keys,
		init->had_keys ? " (existed, unchanged)"
			       : " (new: keep a copy in a safe place)");
	printf("database: %s (new and empty: nobody has opted out)\n",
		ctl->conf->cache.directory);
}

static int print_json(const struct ctl *ctl, const struct init *init)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "directory", ctl->conf->cache.directory);
	jsonout_bool(&out, "directory_created", !init->had_directory);
	jsonout_string(&out, "keys", ctl->conf->cache.keys);
	jsonout_bool(&out, "keys_created", !init->had_keys);
	jsonout_bool(&out, "database_created", true);
	return jsonout_end(&out);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = { CTL_LONG_OPTIONS };
	struct init init;
	int status;

	if (ctl_next_option(ctl, argc, argv, CTL_SHORT_OPTIONS, longs) != -1)
		return ctl->status;
	if (optind != argc)
		return ctl_usage(ctl, "takes no arguments");
	if ((status = ctl_load_conf(ctl)) != 0 ||
		(status = check_absent(ctl, &init)) != 0 ||
		(status = create_directory(ctl, &init)) != 0 ||
		(status = create_keys(ctl, &init)) != 0 ||
		(status = ctl_become_user(ctl)) != 0 ||
		(status = create_database(ctl)) != 0)
		return status;
	if (ctl->json)
		status = print_json(ctl, &init);
	else
		print_text(ctl, &init);
	return ctl_end_output(status);
}

const struct command command_init = {
	.name = "init",
	.arguments = "",
	.help = "Creates the key ring, the directory of the cache, and an "
		"empty "
		"database in it,\nowned by the user that the configuration "
		"names. Never overwrites: with a\ndatabase it refuses, with a "
		"key ring alone it creates a database for it.\n\n"
		"Exit codes: 0 done, 73 something exists or cannot be created, "
		"others as in\nsysexits.h.\n",
	.run = run,
};
