/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "milter/privileges.h"

int privileges_lookup(const char *user_spec, struct privileges *privileges_r,
	struct error *error)
{
	const char *colon = strchr(user_spec, ':');
	size_t length =
		colon != NULL ? (size_t)(colon - user_spec) : strlen(user_spec);
	const struct passwd *user;
	const struct group *group;

	*privileges_r = (struct privileges){ 0 };
	if (user_spec[0] == '\0')
		return 0;
	if (length >= sizeof(privileges_r->name))
		return error_set(error, "user name too long: %s", user_spec);
	memcpy(privileges_r->name, user_spec, length);
	user = getpwnam(privileges_r->name);
	if (user == NULL)
		return error_set(error,
			"no such user: %s; create it or change \"user\"",
			privileges_r->name);
	privileges_r->uid = user->pw_uid;
	privileges_r->gid = user->pw_gid;
	if (colon != NULL) {
		group = getgrnam(colon + 1);
		if (group == NULL)
			return error_set(error,
				"no such group: %s; create it or change "
				"\"user\"",
				colon + 1);
		privileges_r->gid = group->gr_gid;
	}
	privileges_r->change = true;
	return 0;
}

int privileges_drop(const struct privileges *privileges, struct error *error)
{
	if (!privileges->change || geteuid() != 0)
		return 0;
	if (initgroups(privileges->name, privileges->gid) < 0 ||
		setresgid(privileges->gid, privileges->gid, privileges->gid) <
			0 ||
		setresuid(privileges->uid, privileges->uid, privileges->uid) <
			0)
		return error_set(error, "cannot become user %s: %s",
			privileges->name, strerror(errno));
	if (privileges->uid != 0 && setuid(0) == 0)
		return error_set(error, "still root after becoming user %s",
			privileges->name);
	return 0;
}
