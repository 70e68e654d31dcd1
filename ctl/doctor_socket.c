/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket and the way to it, as the mail server sees them. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "ctl/doctor.h"
#include "ctl/milter_list.h"

#define GROUPS_MAX 256
#define PATH_SIZE sizeof(((struct socket_spec *)0)->path)

/* Who connects. */
struct visitor {
	const char *name;
	uid_t uid;
	gid_t groups[GROUPS_MAX];
	int group_count;
	bool fears_groups; /* takes no path that a group may write to */
};

/* Returns 0, or -1: there is no such user, which is reported. */
static int find_visitor(struct doctor *doctor, const char *name,
	struct place place, struct visitor *visitor_r)
{
	const struct passwd *user = getpwnam(name);

	*visitor_r = (struct visitor){ .name = name };
	if (user == NULL) {
		report_add(doctor->report, FINDING_USER_UNKNOWN, place,
			"the mail server's user %s does not exist here", name);
		return -1;
	}
	visitor_r->uid = user->pw_uid;
	visitor_r->group_count = GROUPS_MAX;
	if (getgrouplist(name, user->pw_gid, visitor_r->groups,
		    &visitor_r->group_count) < 0)
		visitor_r->group_count = GROUPS_MAX;
	return 0;
}

static bool in_group(const struct visitor *visitor, gid_t gid)
{
	for (int i = 0; i < visitor->group_count; i++) {
		if (visitor->groups[i] == gid)
			return true;
	}
	return false;
}

/* Whether the permission (4, 2 or 1) is given. */
static bool may(
	const struct visitor *visitor, const struct stat *st, unsigned bits)
{
	if (visitor->uid == 0)
		return true;
	if (visitor->uid == st->st_uid)
		bits <<= 6;
	else if (in_group(visitor, st->st_gid))
		bits <<= 3;
	return (st->st_mode & bits) == bits;
}

/* Returns 0 when st_r is filled; -1 after a report. */
static int look(struct doctor *doctor, const char *path, struct stat *st_r)
{
	struct place place = { path, 0 };

	if (stat(path, st_r) == 0)
		return 0;
	if (errno != ENOENT && errno != ENOTDIR) {
		report_add(doctor->report, FINDING_FILE_UNREAD, place,
			"cannot look at it: %s", strerror(errno));
		return -1;
	}
	if (report_add(doctor->report, FINDING_SOCKET_MISSING,
		    (struct place){ doctor->socket.path, 0 },
		    "%s does not exist: the filter does not run, or listens "
		    "elsewhere",
		    path))
		report_fix(doctor->report, "start optout-milter");
	return -1;
}

/* Returns 0, or -1 when the way ends here. */
static int check_directory(
	struct doctor *doctor, const struct visitor *visitor, const char *path)
{
	mode_t unsafe = visitor->fears_groups ? 022 : 002;
	struct place place = { path, 0 };
	struct stat st;

	if (look(doctor, path, &st) < 0)
		return -1;
	if ((st.st_mode & unsafe) && !(st.st_mode & S_ISVTX) &&
		report_add(doctor->report, FINDING_SOCKET_UNSAFE, place,
			"others can write here, and replace the socket"))
		report_fix(doctor->report, "chmod go-w %s", path);
	if (!may(visitor, &st, 1) &&
		report_add(doctor->report, FINDING_SOCKET_DIRECTORY, place,
			"%s may not search this directory on the way to the "
			"socket",
			visitor->name))
		report_fix(doctor->report, "chgrp %s %s; chmod g+x %s",
			visitor->name, path, path);
	return 0;
}

static void check_socket(
	struct doctor *doctor, const struct visitor *visitor, const char *path)
{
	struct place place = { path, 0 };
	struct stat st;

	if (look(doctor, path, &st) < 0)
		return;
	if (!S_ISSOCK(st.st_mode)) {
		if (report_add(doctor->report, FINDING_SOCKET_TYPE, place,
			    "this is no socket"))
			report_fix(doctor->report, "rm %s", path);
		return;
	}
	if (!may(visitor, &st, 2)) {
		if (report_add(doctor->report, FINDING_SOCKET_MODE, place,
			    "mode %04o keeps %s from connecting",
			    (unsigned)st.st_mode & 07777, visitor->name))
			report_fix(doctor->report,
				"socket_mode = \"0660\"; socket_group = "
				"\"%s\"; in %s",
				visitor->name, doctor->conf_path);
	} else if (st.st_mode & 002) {
		if (report_add(doctor->report, FINDING_SOCKET_PUBLIC, place,
			    "mode %04o lets every user connect",
			    (unsigned)st.st_mode & 07777))
			report_fix(doctor->report,
				"socket_mode = \"0660\"; socket_group = "
				"\"%s\"; in %s",
				visitor->name, doctor->conf_path);
	}
}

/*
 * Each directory of the way from start, which is the root directory or that
 * of a chroot, and the socket at its end.
 */
static void walk(
	struct doctor *doctor, const struct visitor *visitor, const char *start)
{
	const char *path = doctor->socket.path;
	size_t length = strlen(start);
	char part[PATH_SIZE];

	while (length > 1 && start[length - 1] == '/')
		length--;
	if (strncmp(path, start, length) != 0)
		length = 1;
	for (;;) {
		const char *slash;

		snprintf(part, sizeof(part), "%.*s", (int)length, path);
		if (check_directory(doctor, visitor, part) < 0)
			return;
		slash = strchr(path + length + (path[length] == '/'), '/');
		if (slash == NULL)
			break;
		length = slash - path;
	}
	check_socket(doctor, visitor, path);
}

/* --- Postfix ------------------------------------------------------------ */

/* Which directory the way of a service begins in. NULL: it is not asked. */
static const char *start_of(const struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	struct milter_view view = {
		.queue_directory = postfix_conf_value(
			postfix->conf, service, "queue_directory"),
		.chroot = service->chroot,
	};
	bool is_smtpd = !strcmp(service->program, "smtpd");
	struct milter_item item;
	size_t before;

	if (!is_smtpd && strcmp(service->program, "cleanup") != 0)
		return NULL;
	if (milter_list_find(
		    postfix_conf_value(postfix->conf, service,
			    is_smtpd ? "smtpd_milters" : "non_smtpd_milters"),
		    &view, &doctor->socket, &item, &before) != MILTER_OURS)
		return NULL;
	if (service->chroot || strstr(item.socket, ":/") == NULL)
		return view.queue_directory;
	return "/";
}

void doctor_postfix_socket(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	const char *owner =
		postfix_conf_value(postfix->conf, NULL, "mail_owner");
	size_t count = postfix_conf_services(postfix->conf);
	struct visitor visitor;

	if (doctor->socket.family != SOCKET_UNIX ||
		find_visitor(doctor, owner,
			doctor_postfix_place(postfix, NULL, "mail_owner"),
			&visitor) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		const char *start = start_of(doctor, postfix,
			postfix_conf_service(postfix->conf, i));

		if (start != NULL)
			walk(doctor, &visitor, start);
	}
}

/* --- Sendmail ----------------------------------------------------------- */

void doctor_sendmail_socket(
	struct doctor *doctor, const struct doctor_sendmail *sendmail)
{
	const struct sendmail_option *option =
		sendmail_conf_option(sendmail->conf, "RunAsUser");
	struct place place = { sendmail->path, option ? option->line : 0 };
	struct visitor visitor;
	char name[64];

	if (doctor->socket.family != SOCKET_UNIX)
		return;
	snprintf(name, sizeof(name), "%.*s",
		option ? (int)strcspn(option->value, ":.") : 4,
		option ? option->value : "root");
	if (find_visitor(doctor, name, place, &visitor) < 0)
		return;
	visitor.fears_groups = true;
	walk(doctor, &visitor, "/");
}

/* --- The filter's side -------------------------------------------------- */

void doctor_listener(struct doctor *doctor)
{
	if (doctor->socket.family == SOCKET_UNIX ||
		milter_is_loopback(doctor->socket.host))
		return;
	if (report_add(doctor->report, FINDING_SOCKET_REMOTE,
		    (struct place){ doctor->conf_path, 0 },
		    "the filter listens on %s: whoever reaches it can ask who "
		    "has opted out",
		    doctor->conf->socket))
		report_fix(doctor->report, "socket = \"inet:%u@127.0.0.1\";",
			(unsigned)doctor->socket.port);
}
