/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "milter/listener.h"

#define BACKLOG 1024 /* a full one makes Postfix fail at once */

static int system_error(
	struct error *error, const char *what, const char *where)
{
	return error_set(error, "%s %s: %s", what, where, strerror(errno));
}

/* The lock, not the socket, says who serves: it ends with the process. */
static int take_lock(struct listener *l, const struct privileges *privileges,
	struct error *error)
{
	char path[sizeof(l->spec.path) + 8];

	snprintf(path, sizeof(path), "%s.lock", l->spec.path);
	l->lock_fd =
		open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (l->lock_fd < 0)
		return system_error(error, "cannot open the lock file", path);
	/* Also a later start as that user must be able to open it. */
	if (privileges->change &&
		fchown(l->lock_fd, privileges->uid, privileges->gid) < 0)
		return system_error(error, "cannot change the owner of", path);
	if (flock(l->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return system_error(error, "cannot lock", path);
	return error_set(error,
		"%s: another instance serves this socket; stop it first",
		l->spec.path);
}

static int remove_stale(const struct listener *l, struct error *error)
{
	struct stat st;

	if (lstat(l->spec.path, &st) < 0)
		return errno == ENOENT ? 0
				       : system_error(error, "cannot look at",
						 l->spec.path);
	if (!S_ISSOCK(st.st_mode))
		return error_set(error,
			"%s exists and is no socket; remove it or change "
			"\"socket\"",
			l->spec.path);
	if (unlink(l->spec.path) < 0)
		return system_error(
			error, "cannot remove the stale socket", l->spec.path);
	return 0;
}

int listener_find_group(
	const struct conf *conf, gid_t *gid_r, struct error *error)
{
	const struct group *group;

	if (conf->socket_group[0] == '\0')
		return 0;
	group = getgrnam(conf->socket_group);
	if (group == NULL)
		return error_set(error,
			"no such group: %s; change \"socket_group\"",
			conf->socket_group);
	*gid_r = group->gr_gid;
	return 0;
}

/*
 * Until listen() nobody can connect. Links are not followed, and the mode is
 * bind()'s: the directory may belong to another than root.
 */
static int give_to_group(const struct listener *l, const struct conf *conf,
	const struct privileges *privileges, struct error *error)
{
	uid_t uid = privileges->change ? privileges->uid : (uid_t)-1;
	gid_t gid = privileges->change ? privileges->gid : (gid_t)-1;

	if (listener_find_group(conf, &gid, error) < 0)
		return -1;
	if (lchown(l->spec.path, uid, gid) < 0)
		return system_error(
			error, "cannot change the owner of", l->spec.path);
	return 0;
}

static int open_unix(struct listener *l, const struct conf *conf,
	const struct privileges *privileges, struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t mask;
	int rc;

	if (take_lock(l, privileges, error) < 0 || remove_stale(l, error) < 0)
		return -1;
	memcpy(address.sun_path, l->spec.path, sizeof(address.sun_path));
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return system_error(error, "cannot make socket", l->spec.path);
	mask = umask(0777 & ~(mode_t)conf->socket_mode);
	rc = bind(l->fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (rc < 0 || lstat(l->spec.path, &st) < 0)
		return system_error(error, "cannot bind socket", l->spec.path);
	l->device = st.st_dev;
	l->inode = st.st_ino;
	return give_to_group(l, conf, privileges, error);
}

static int open_inet(struct listener *l, const char *text, struct error *error)
{
	struct addrinfo hints = {
		.ai_family =
			l->spec.family == SOCKET_INET6 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	const char *host = l->spec.host[0] != '\0' ? l->spec.host : NULL;
	struct addrinfo *found;
	char port[8];
	int on = 1;
	int rc;

	snprintf(port, sizeof(port), "%u", (unsigned)l->spec.port);
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc != 0)
		return error_set(error, "cannot resolve socket %s: %s", text,
			gai_strerror(rc));
	l->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd >= 0)
		setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = l->fd < 0 ? -1 : bind(l->fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return rc == 0 ? 0 : system_error(error, "cannot bind socket", text);
}

int listener_open(struct listener *listener, const char *socket_text,
	const struct conf *conf, const struct privileges *privileges,
	struct error *error)
{
	int rc;

	*listener = (struct listener){ .fd = -1, .lock_fd = -1 };
	if (conf_parse_socket(socket_text, &listener->spec, error) < 0)
		return -1;
	rc = listener->spec.family == SOCKET_UNIX
		     ? open_unix(listener, conf, privileges, error)
		     : open_inet(listener, socket_text, error);
	if (rc == 0 && listen(listener->fd, BACKLOG) < 0)
		rc = system_error(error, "cannot listen on", socket_text);
	if (rc < 0)
		listener_close(listener);
	return rc;
}

void listener_close(struct listener *listener)
{
	struct stat st;

	if (listener->inode != 0 && lstat(listener->spec.path, &st) == 0 &&
		st.st_dev == listener->device && st.st_ino == listener->inode)
		unlink(listener->spec.path);
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->lock_fd >= 0)
		close(listener->lock_fd);
	*listener = (struct listener){ .fd = -1, .lock_fd = -1 };
}
