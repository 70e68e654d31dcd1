/* SPDX-License-Identifier: BSD-2-Clause */
/* Which mail of a Sendmail the filter sees, and what happens without it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ctl/doctor.h"
#include "ctl/milter_list.h"

#define TIMEOUT_MIN 5 /* seconds; a verdict may wait two for the disk */

static struct place place_at(
	const struct doctor_sendmail *sendmail, unsigned line)
{
	return (struct place){ sendmail->path, line };
}

/* The daemon's socket as Sendmail spells it. */
static void spell(const struct socket_spec *daemon, char *text_r, size_t size)
{
	if (daemon->family == SOCKET_UNIX)
		snprintf(text_r, size, "local:%s", daemon->path);
	else
		snprintf(text_r, size, "%s:%u@%s",
			daemon->family == SOCKET_INET6 ? "inet6" : "inet",
			(unsigned)daemon->port, daemon->host);
}

static enum milter_match match(
	const struct doctor *doctor, const struct sendmail_filter *filter)
{
	static const struct milter_view no_chroot = { .queue_directory = "/" };
	struct socket_spec spec;
	struct error error;
	char text[400];

	if (conf_parse_socket(filter->socket, &spec, &error) < 0)
		return strstr(filter->name, "optout") ? MILTER_SIMILAR
						      : MILTER_OTHER;
	conf_socket_for_postfix(&spec, text, sizeof(text));
	if (strstr(filter->name, "optout") != NULL &&
		milter_match(text, &no_chroot, &doctor->socket) == MILTER_OTHER)
		return MILTER_SIMILAR;
	return milter_match(text, &no_chroot, &doctor->socket);
}

/* The X line that is, or should be, the filter's. NULL: none. */
static const struct sendmail_filter *find_filter(const struct doctor *doctor,
	const struct doctor_sendmail *sendmail, enum milter_match *match_r)
{
	const struct sendmail_filter *best = NULL;

	*match_r = MILTER_OTHER;
	for (size_t i = 0; i < sendmail->conf->filter_count; i++) {
		const struct sendmail_filter *filter =
			&sendmail->conf->filters[i];
		enum milter_match found = match(doctor, filter);

		if (found > *match_r) {
			*match_r = found;
			best = filter;
		}
	}
	return best;
}

static void report_missing(
	struct doctor *doctor, const struct doctor_sendmail *sendmail)
{
	char socket[400];

	spell(&doctor->socket, socket, sizeof(socket));
	if (report_add(doctor->report, FINDING_SENDMAIL_FILTER_MISSING,
		    place_at(sendmail, 0),
		    "no X line names the filter's socket: mail passes "
		    "unfiltered"))
		report_fix(doctor->report,
			"INPUT_MAIL_FILTER(`optout-milter', `S=%s, F=T, "
			"T=C:30s;S:30s;R:30s;E:5m') in sendmail.mc",
			socket);
}

static void check_socket_name(struct doctor *doctor,
	const struct doctor_sendmail *sendmail,
	const struct sendmail_filter *filter)
{
	char socket[400];

	spell(&doctor->socket, socket, sizeof(socket));
	if (report_add(doctor->report, FINDING_SOCKET_MISMATCH,
		    place_at(sendmail, filter->line),
		    "X%s names %s, but the filter listens on %s", filter->name,
		    filter->socket, doctor->conf->socket))
		report_fix(doctor->report, "S=%s", socket);
}

/* A daemon with a list of its own. */
static void check_daemon(struct doctor *doctor,
	const struct doctor_sendmail *sendmail,
	const struct sendmail_filter *filter,
	const struct sendmail_option *option)
{
	const char *field;
	char list[300];
	int length = sendmail_field(option->value, 'I', &field);

	if (length < 0)
		return;
	snprintf(list, sizeof(list), "%.*s", length, field);
	if (!sendmail_list_has(list, filter->name) &&
		report_add(doctor->report, FINDING_SENDMAIL_DAEMON_UNFILTERED,
			place_at(sendmail, option->line),
			"this daemon asks other filters: its mail passes "
			"unfiltered"))
		report_fix(doctor->report, "InputMailFilters=%s%s%s",
			filter->name, *list ? ";" : "", list);
}

/* Which mail is filtered: a list for all, and one for each daemon. */
static void check_lists(struct doctor *doctor,
	const struct doctor_sendmail *sendmail,
	const struct sendmail_filter *filter)
{
	const struct sendmail_conf *conf = sendmail->conf;
	const struct sendmail_option *all =
		sendmail_conf_option(conf, "InputMailFilters");
	struct place place = place_at(sendmail, all ? all->line : 0);

	if ((all == NULL || !sendmail_list_has(all->value, filter->name)) &&
		report_add(doctor->report, FINDING_SENDMAIL_FILTER_UNUSED,
			place,
			"InputMailFilters does not name %s: mail passes "
			"unfiltered",
			filter->name))
		report_fix(doctor->report, "O InputMailFilters=%s%s%s",
			filter->name, all && *all->value ? ", " : "",
			all ? all->value : "");
	for (size_t i = 0; i < conf->option_count; i++) {
		if (!strcasecmp(conf->options[i].name, "DaemonPortOptions"))
			check_daemon(
				doctor, sendmail, filter, &conf->options[i]);
	}
}

static void check_flags(struct doctor *doctor,
	const struct doctor_sendmail *sendmail,
	const struct sendmail_filter *filter)
{
	bool passes;

	if (strchr(filter->flags, 'T') != NULL)
		return;
	passes = strpbrk(filter->flags, "R4") == NULL;
	if (report_add(doctor->report,
		    passes ? FINDING_SENDMAIL_FLAG_MISSING
			   : FINDING_SENDMAIL_FLAG,
		    place_at(sendmail, filter->line),
		    "X%s has %s%s: while the filter is away, %s", filter->name,
		    *filter->flags ? "F=" : "no F=", filter->flags,
		    passes ? "mail passes unfiltered"
			   : "mail does not just wait"))
		report_fix(doctor->report, "F=T");
}

static void check_timeouts(struct doctor *doctor,
	const struct doctor_sendmail *sendmail,
	const struct sendmail_filter *filter)
{
	static const char letters[] = "CSRE";

	for (const char *letter = letters; *letter != '\0'; letter++) {
		long seconds = sendmail_timeout(filter->timeouts, *letter);

		/* C:0 is the system's time. */
		if (seconds < 0 || seconds >= TIMEOUT_MIN ||
			(*letter == 'C' && seconds == 0))
			continue;
		if (report_add(doctor->report, FINDING_MILTER_TIMEOUT,
			    place_at(sendmail, filter->line),
			    "X%s: timeout %c is %ld s; a verdict can wait some "
			    "seconds for the disk",
			    filter->name, *letter, seconds))
			report_fix(doctor->report, "T=C:30s;S:30s;R:30s;E:5m");
	}
}

static void check_macros(
	struct doctor *doctor, const struct doctor_sendmail *sendmail)
{
	const struct sendmail_option *option =
		sendmail_conf_option(sendmail->conf, "Milter.macros.eom");

	if (option != NULL && sendmail_list_has(option->value, "{msg_id}"))
		return;
	if (report_add(doctor->report, FINDING_SENDMAIL_MACROS,
		    place_at(sendmail, option ? option->line : 0),
		    "Milter.macros.eom lacks {msg_id}"))
		report_fix(doctor->report, "O Milter.macros.eom=%s%s{msg_id}",
			option ? option->value : "",
			option && *option->value ? ", " : "");
}

static void check_header_limit(
	struct doctor *doctor, const struct doctor_sendmail *sendmail)
{
	const struct sendmail_option *option =
		sendmail_conf_option(sendmail->conf, "MaxHeadersLength");
	long long limit = option ? strtoll(option->value, NULL, 10) : 32768;
	long long most = doctor->conf->limits.header_bytes;

	if (limit > 0 && limit <= most)
		return;
	if (report_add(doctor->report, FINDING_HEADER_LIMIT,
		    place_at(sendmail, option ? option->line : 0),
		    "MaxHeadersLength is %lld%s, but limits.header_bytes %lld",
		    limit, limit > 0 ? "" : " (no limit)", most))
		report_fix(doctor->report, "O MaxHeadersLength=%lld",
			most < 32768 ? most : 32768);
}

static void check_nul(
	struct doctor *doctor, const struct doctor_sendmail *sendmail)
{
	const struct sendmail_option *option =
		sendmail_conf_option(sendmail->conf, "RejectNUL");

	if (option == NULL || strpbrk(option->value, "Ff0Nn") == NULL)
		return;
	if (report_add(doctor->report, FINDING_NUL_HIDES_TEXT,
		    place_at(sendmail, option->line),
		    "messages with NUL octets are taken: the filter does not "
		    "see what stands behind one in a header field"))
		report_fix(doctor->report, "O RejectNUL=true");
}

/* 8.18 refuses bare newlines; Debian 12 has it in an 8.17 of its own. */
static void check_version(
	struct doctor *doctor, const struct doctor_sendmail *sendmail)
{
	static const struct version fixed = { { 8, 18, 0 } };
	struct version version;

	if (version_parse(sendmail->version_text, &version) < 0) {
		report_add(doctor->report, FINDING_VERSION_UNKNOWN,
			place_at(sendmail, 0),
			"sendmail.cf does not tell Sendmail's version");
		return;
	}
	if (version_compare(&version, &fixed) >= 0 ||
		(version.part[1] == 17 &&
			strstr(sendmail->version_text, "+deb12u")))
		return;
	if (report_add(doctor->report, FINDING_SMTP_SMUGGLING,
		    place_at(sendmail, 0),
		    "Sendmail %s takes bare newlines: a message can smuggle in "
		    "another one (CVE-2023-51765)",
		    sendmail->version_text))
		report_fix(doctor->report, "upgrade to 8.18 or later");
}

void doctor_sendmail_settings(
	struct doctor *doctor, const struct doctor_sendmail *sendmail)
{
	enum milter_match found;
	const struct sendmail_filter *filter =
		find_filter(doctor, sendmail, &found);

	if (filter == NULL) {
		report_missing(doctor, sendmail);
	} else {
		if (found != MILTER_OURS)
			check_socket_name(doctor, sendmail, filter);
		check_lists(doctor, sendmail, filter);
		check_flags(doctor, sendmail, filter);
		check_timeouts(doctor, sendmail, filter);
	}
	check_macros(doctor, sendmail);
	check_header_limit(doctor, sendmail);
	check_nul(doctor, sendmail);
	check_version(doctor, sendmail);
}
