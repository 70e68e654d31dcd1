/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define LOCK_MS 100 /* between two looks at the lock file */

static const struct {
	unsigned long type;
	const char *name;
} network_fs[] = {
	{ 0x6969, "NFS" },
	{ 0x517b, "SMB" },
	{ 0xff534d42, "CIFS" },
	{ 0xfe534d42, "SMB2" },
	{ 0x65735546, "FUSE" },
	{ 0x01021997, "9P" },
	{ 0x00c36400, "Ceph" },
	{ 0x5346414f, "AFS" },
};

const char *store_network_fs(unsigned long type)
{
	for (size_t i = 0; i < sizeof(network_fs) / sizeof(network_fs[0]); i++)
		/* statfs() sign-extends on some machines. */
		if ((type & 0xffffffff) == network_fs[i].type)
			return network_fs[i].name;
	return NULL;
}

int store_join_path(char *path_r, const char *directory, const char *name,
	struct error *error)
{
	int n = snprintf(path_r, PATH_MAX, "%s/%s", directory, name);

	if (n < 0 || n >= PATH_MAX)
		return error_set_key(error, "cache.directory",
			"%.200s: the path is too long", directory);
	return 0;
}

static int check_local(int fd, const char *directory, struct error *error)
{
	struct statfs fs;
	const char *name;

	if (fstatfs(fd, &fs))
		return error_set_key(error, "cache.directory",
			"%s: cannot statfs: %s", directory, strerror(errno));
	name = store_network_fs((unsigned long)fs.f_type);
	if (name)
		return error_set_key(error, "cache.directory",
			"%s: is on %s, where the database's locks and map do"
			" not work; use a local file system",
			directory, name);
	return 0;
}

#define LOCK_TRIES 50
#define LOCK_PAUSE_US 20000

int store_lock_directory(const char *directory, struct error *error)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;
	int tries = 0;

	if (fd < 0)
		return error_set_key(error, "cache.directory",
			"%s: cannot open: %s%s", directory, strerror(errno),
			errno == ENOENT ? "; make the cache with optoutctl init"
					: "");
	if (check_local(fd, directory, error)) {
		close(fd);
		return -1;
	}
	/* Not for ever: who holds it may be stopped. */
	while ((rc = flock(fd, LOCK_EX | LOCK_NB)) && tries++ < LOCK_TRIES)
		usleep(LOCK_PAUSE_US);
	if (rc) {
		error_set_key(error, "cache.directory", "%s: cannot lock: %s",
			directory,
			errno == EWOULDBLOCK ? "another program has locked it"
					     : strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int store_check_data_file(int dir_fd, const char *directory, struct stat *st_r,
	struct error *error)
{
	if (fstatat(dir_fd, STORE_DATA_NAME, st_r, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return error_set(error,
				"%s: holds no cache; restore a backup, or make"
				" a new one with optoutctl init",
				directory);
		return error_set(error,
			"%s: cannot stat " STORE_DATA_NAME ": %s", directory,
			strerror(errno));
	}
	if (!S_ISREG(st_r->st_mode))
		return error_set(error,
			"%s: " STORE_DATA_NAME " is not a regular file",
			directory);
	if (st_r->st_size < 2 * sysconf(_SC_PAGESIZE))
		return error_set(error,
			"%s: " STORE_DATA_NAME
			" is empty or truncated; restore a backup",
			directory);
	return 0;
}

int store_give_to_owner(int dir_fd, int fd)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (fstat(dir_fd, &st))
		return -1;
	return fchown(fd, st.st_uid, st.st_gid);
}

int store_prepare_lock_file(int dir_fd, const char *directory,
	unsigned readers_max, struct error *error)
{
	/* The size that LMDB gives it: a header and cache-line slots. */
	off_t size = 192 + 64 * (off_t)(readers_max - 1);
	struct stat st;
	int rc = 0;
	int fd = openat(dir_fd, STORE_LOCK_NAME,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, STORE_FILE_MODE);

	if (fd < 0)
		return store_error(
			error, directory, "open " STORE_LOCK_NAME, errno);
	if (fstat(fd, &st))
		rc = errno;
	else if (st.st_size == 0 && store_give_to_owner(dir_fd, fd))
		rc = errno;
	else if (st.st_size > 0) /* others may have mapped just that */
		size = st.st_size;
	if (!rc)
		rc = posix_fallocate(fd, 0, size);
	if (rc == EOPNOTSUPP || rc == EINVAL)
		rc = 0;
	close(fd);
	if (rc)
		return store_error(
			error, directory, "allocate " STORE_LOCK_NAME, rc);
	return 0;
}

static int check_path(const char *path, const struct stat *opened,
	struct stat *st_r, struct error *error)
{
	if (stat(path, st_r))
		return error_set(error,
			"%s: cannot stat: %s; restore the cache", path,
			strerror(errno));
	if (st_r->st_ino != opened->st_ino || st_r->st_dev != opened->st_dev)
		return error_set(error, "%s: was replaced", path);
	return 0;
}

/* Without the lock file that others use, they do not see our readers. */
static int check_lock_file(
	struct store_files *files, bool writing, struct error *error)
{
	struct timespec now;
	struct stat st;
	int64_t now_ms;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (!writing && now_ms - atomic_load(&files->lock_seen_ms) < LOCK_MS)
		return 0;
	if (check_path(files->lock_path, &files->lock, &st, error))
		return -1;
	atomic_store(&files->lock_seen_ms, now_ms);
	return 0;
}

/* A file that we opened stays open to us; that is not what chmod wants. */
static int check_readable(const struct store_files *files,
	const struct stat *st, struct error *error)
{
	if (st->st_mode == files->data.st_mode &&
		st->st_uid == files->data.st_uid &&
		st->st_gid == files->data.st_gid)
		return 0;
	if (access(files->data_path, R_OK))
		return error_set(error, "%s: is not readable: %s",
			files->data_path, strerror(errno));
	return 0;
}

int store_files_check(
	struct store_files *files, bool writing, struct error *error)
{
	/* Loaded before the size is read: another thread may raise it. */
	off_t seen = atomic_load(&files->size_seen);
	struct stat st;

	if (check_lock_file(files, writing, error) ||
		check_path(files->data_path, &files->data, &st, error))
		return -1;
	if (st.st_size < seen)
		return error_set(error,
			"%s: was truncated (%lld of %lld octets); restore a"
			" backup",
			files->data_path, (long long)st.st_size,
			(long long)seen);
	if (check_readable(files, &st, error))
		return -1;
	while (st.st_size > seen &&
		!atomic_compare_exchange_weak(
			&files->size_seen, &seen, st.st_size))
		;
	return 0;
}
