/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a configuration file. Everything is checked on the open file
 * and read through it once, so that no other file can be slipped in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conf/conf_private.h"

/* Nothing has been read: the first line stands for the whole file. */

static int fail(struct error *error, const char *path, const char *what,
	const char *advice)
{
	return error_set(error, "%s:1: %s%s%s", path, what,
		advice[0] ? "; " : "", advice);
}

static bool is_trusted_owner(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

static int check_directory(int fd, const char *path, struct error *error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(error, path, strerror(errno), "");
	if (!is_trusted_owner(st.st_mode & S_ISVTX ? 0 : st.st_uid))
		return fail(error, path,
			"its directory belongs to another user",
			"chown it to root");
	if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX))
		return fail(error, path,
			"its directory is writable by group or others",
			"chmod go-w the directory");
	return 0;
}

/* Returns a descriptor of the directory that path is in, or -1. */
static int open_directory(const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	char *name;
	int fd;

	if (slash == NULL)
		name = strdup(".");
	else if (slash == path)
		name = strdup("/");
	else
		name = strndup(path, slash - path);
	if (name == NULL)
		return fail(error, path, "out of memory", "");
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail(error, path, "cannot open its directory", strerror(errno));
	free(name);
	if (fd >= 0 && check_directory(fd, path, error) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int check_file(int fd, const char *path, struct error *error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(error, path, strerror(errno), "");
	if (!S_ISREG(st.st_mode))
		return fail(error, path, "not a regular file",
			"name the file itself");
	if (!is_trusted_owner(st.st_uid))
		return fail(error, path, "belongs to another user",
			"chown it to root");
	if (st.st_mode & 022)
		return fail(error, path, "is writable by group or others",
			"chmod go-w the file");
	if (st.st_size > SOURCE_SIZE_MAX)
		return fail(error, path, "is larger than 1 MiB", "");
	return 0;
}

static int open_file(const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	int directory, fd, saved;

	directory = open_directory(path, error);
	if (directory < 0)
		return -1;
	/* O_NONBLOCK: a FIFO must not make us wait for its writer. */
	fd = openat(directory, slash ? slash + 1 : path,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	saved = errno;
	close(directory);
	if (fd < 0 && saved == ELOOP)
		return fail(error, path, "is a symbolic link",
			"name the file itself");
	if (fd < 0)
		return fail(error, path, "cannot open it", strerror(saved));
	if (check_file(fd, path, error) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

ssize_t conf_read_octets(int fd, char *data, size_t size)
{
	size_t length = 0;
	ssize_t n;

	while (length < size) {
		n = read(fd, data + length, size - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		length += n;
	}
	return length;
}

char *source_read(const char *path, size_t *length_r, struct error *error)
{
	char *text = NULL;
	ssize_t length;
	int fd;

	fd = open_file(path, error);
	if (fd < 0)
		return NULL;
	text = malloc(SOURCE_SIZE_MAX + 2);
	if (text == NULL) {
		fail(error, path, "out of memory", "");
		goto out;
	}
	length = conf_read_octets(fd, text, SOURCE_SIZE_MAX + 1);
	if (length >= 0 && length <= SOURCE_SIZE_MAX) {
		text[length] = '\0';
		*length_r = length;
		goto out;
	}
	fail(error, path,
		length < 0 ? "cannot read it" : "is larger than 1 MiB",
		length < 0 ? strerror(errno) : "");
	free(text);
	text = NULL;
out:
	close(fd);
	return text;
}
