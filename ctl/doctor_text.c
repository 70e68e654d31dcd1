/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conf/conf.h"
#include "ctl/doctor.h"

#define TEXT_MAX (16 << 20)
#define CHUNK 65536
#define OVERLAP 64

/* O_NONBLOCK: a FIFO must not make us wait for its writer. */
static int open_regular(const char *path, struct stat *st_r)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, st_r) == 0 && S_ISREG(st_r->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

char *doctor_read_file(const char *path, size_t *length_r, struct error *error)
{
	struct stat st;
	char *text = NULL;
	ssize_t length = -1;
	int fd = open_regular(path, &st);

	if (fd < 0) {
		error_set(
			error, "%s: cannot read it: %s", path, strerror(errno));
		return NULL;
	}
	if (st.st_size <= TEXT_MAX)
		text = malloc(st.st_size + 1);
	if (text != NULL)
		length = conf_read_octets(fd, text, st.st_size);
	close(fd);
	if (length < 0) {
		error_set(
			error, "%s: cannot read it, or it is too large", path);
		free(text);
		return NULL;
	}
	text[length] = '\0';
	*length_r = length;
	return text;
}

/* Looks for the stamp in what was read of a program. */
static int find_stamp(
	const char *data, size_t length, struct version *version_r)
{
	static const char stamp[] = "mail_version=";
	const char *at = data;

	while ((at = memmem(at, data + length - at, stamp, strlen(stamp)))) {
		at += strlen(stamp);
		if (version_parse(at, version_r) == 0)
			return 0;
	}
	return -1;
}

int doctor_read_version(const char *path, struct version *version_r)
{
	static char data[OVERLAP + CHUNK + 1]; /* begins with the last end */
	struct stat st;
	size_t kept = 0;
	ssize_t n;
	int fd = open_regular(path, &st), rc = -1;

	if (fd < 0)
		return -1;
	while (rc < 0 && (n = conf_read_octets(fd, data + kept, CHUNK)) > 0) {
		size_t length = kept + n;

		data[length] = '\0';
		rc = find_stamp(data, length, version_r);
		kept = length < OVERLAP ? length : OVERLAP;
		memmove(data, data + length - kept, kept);
	}
	close(fd);
	return rc;
}
