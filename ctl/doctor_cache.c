/* SPDX-License-Identifier: BSD-2-Clause */
/* The key ring and the opt-out cache: files, then content. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "ctl/ctl.h"
#include "ctl/doctor.h"
#include "ctl/times.h"

#define DAY 86400
#define KEYS_AGE_MAX (730 * DAY)
#define CACHE_AGE_MAX (30 * DAY)
#define FREE_MIN (64ULL << 20) /* octets of the disk */
#define PATH_SIZE 4200

/* Returns 0, or -1: it cannot be looked at, which another check reports. */
static int look(struct doctor *doctor, const char *path, struct stat *st_r)
{
	if (stat(path, st_r) == 0)
		return 0;
	if (errno == EACCES)
		report_add(doctor->report, FINDING_FILE_UNREAD,
			(struct place){ path, 0 }, "cannot look at it: %s",
			strerror(errno));
	return -1;
}

/* Permissions in forbidden are too much. */
static void check_file(struct doctor *doctor, const struct ctl *ctl,
	const char *path, mode_t forbidden, struct stat *st_r)
{
	const struct privileges *user = &ctl->privileges;
	struct place place = { path, 0 };

	if (look(doctor, path, st_r) < 0) {
		*st_r = (struct stat){ 0 };
		return;
	}
	if ((st_r->st_mode & forbidden) &&
		report_add(doctor->report, FINDING_CACHE_OPEN, place,
			"mode %04o is open to others",
			(unsigned)st_r->st_mode & 07777))
		report_fix(doctor->report, "chmod %s %s",
			S_ISDIR(st_r->st_mode) ? "0750" : "0640", path);
	if (user->change && st_r->st_uid != user->uid &&
		report_add(doctor->report, FINDING_CACHE_OWNER, place,
			"does not belong to %s, the user of the filter",
			user->name))
		report_fix(doctor->report, "chown %s %s", user->name, path);
}

static void check_room(struct doctor *doctor, const struct stat *data)
{
	const char *directory = doctor->conf->cache.directory;
	unsigned long long most = doctor->conf->cache.size_max;
	unsigned long long used = data->st_blocks * 512ULL, free_bytes;
	struct statvfs fs;

	if (statvfs(directory, &fs) < 0)
		return;
	free_bytes = (unsigned long long)fs.f_bavail * fs.f_frsize;
	if (free_bytes < FREE_MIN &&
		report_add(doctor->report, FINDING_CACHE_SPACE,
			(struct place){ directory, 0 },
			"the disk has only %llu MiB left", free_bytes >> 20))
		report_fix(doctor->report, "make room on the disk");
	if (used + used / 4 > most &&
		report_add(doctor->report, FINDING_CACHE_SPACE,
			(struct place){ doctor->conf_path, 0 },
			"the cache uses %llu MiB of cache.size_max",
			used >> 20))
		report_fix(doctor->report, "size_max = \"%lluM\";",
			(2 * most >> 20) + 1);
}

static void check_age(struct doctor *doctor, const char *path,
	const struct stat *data, int64_t now)
{
	char when[TIMES_SIZE];

	if (data->st_mode == 0 || now - data->st_mtime < CACHE_AGE_MAX)
		return;
	times_format(data->st_mtime, when);
	if (report_add(doctor->report, FINDING_CACHE_OLD,
		    (struct place){ path, 0 }, "nothing was written since %s",
		    when))
		report_fix(doctor->report,
			"optoutctl import optouts FILE, regularly");
}

static void check_keys_age(struct doctor *doctor, int64_t now)
{
	const char *path = doctor->conf->cache.keys;
	struct stat st;

	if (look(doctor, path, &st) == 0 && now - st.st_mtime > KEYS_AGE_MAX)
		report_add(doctor->report, FINDING_KEYS_OLD,
			(struct place){ path, 0 },
			"the key ring was last changed %lld days ago",
			(long long)(now - st.st_mtime) / DAY);
}

void doctor_cache_files(struct doctor *doctor, const struct ctl *ctl)
{
	const char *directory = doctor->conf->cache.directory;
	char data_path[PATH_SIZE];
	struct stat st;

	check_file(doctor, ctl, directory, 0027, &st);
	snprintf(data_path, sizeof(data_path), "%s/data.mdb", directory);
	check_file(doctor, ctl, data_path, 0026, &st);
	if (st.st_mode != 0)
		check_room(doctor, &st);
	check_age(doctor, data_path, &st, times_now());
	check_keys_age(doctor, times_now());
}

/* --- Content ------------------------------------------------------------ */

static void check_counts(struct doctor *doctor, struct ctl *ctl)
{
	struct place place = { doctor->conf->cache.directory, 0 };
	struct cache_counts counts;
	struct error error;
	struct cache_read *read = cache_read_begin(ctl->cache, &error);

	if (read == NULL) {
		report_add(doctor->report, FINDING_CACHE_UNUSABLE, place, "%s",
			error.text);
		return;
	}
	if (cache_count(read, &counts) < 0)
		report_add(doctor->report, FINDING_CACHE_UNUSABLE, place,
			"the database is damaged");
	else if (counts.optouts == 0 &&
		 report_add(doctor->report, FINDING_CACHE_EMPTY, place,
			 "nobody has opted out"))
		report_fix(doctor->report, "optoutctl import optouts FILE");
	cache_read_end(&read);
}

void doctor_cache_content(struct doctor *doctor, struct ctl *ctl)
{
	struct place keys = { doctor->conf->cache.keys, 0 };
	struct place directory = { doctor->conf->cache.directory, 0 };
	struct error error;

	if (ctl_load_keys(ctl, &error) < 0) {
		report_add(doctor->report, FINDING_KEYS_UNUSABLE, keys, "%s",
			error.text);
		return;
	}
	if (ctl_try_cache(ctl, &error) < 0)
		report_add(doctor->report, FINDING_CACHE_UNUSABLE, directory,
			"%s", error.text);
	else
		check_counts(doctor, ctl);
}
