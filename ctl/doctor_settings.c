/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings of Postfix that say how it asks the filter, and what it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ctl/doctor.h"
#include "ctl/milter_list.h"

#define TIMEOUT_MIN 5 /* seconds; a verdict may wait two for the disk */
#define PROTOCOL_MIN 6

/* --- One milter in a list ----------------------------------------------- */

/*
 * A setting of one milter: in braces behind its socket, else of all. inner is
 * what the braces say, name the parameter for all.
 */
struct item_setting {
	const struct doctor_postfix *postfix;
	const struct postfix_service *service;
	const char *list_name;
	const char *name;
	const char *inner;
};

static const char *item_value(const struct item_setting *setting)
{
	return *setting->inner ? setting->inner
			       : postfix_conf_value(setting->postfix->conf,
					 setting->service, setting->name);
}

static struct place item_place(const struct item_setting *setting)
{
	return doctor_postfix_place(setting->postfix, setting->service,
		*setting->inner ? setting->list_name : setting->name);
}

static void item_fix(struct doctor *doctor, const struct item_setting *setting,
	const char *value)
{
	if (*setting->inner)
		report_fix(doctor->report, "%s=%s within the braces",
			setting->name + strlen("milter_"), value);
	else
		doctor_postfix_fix(doctor, setting->postfix, setting->service,
			setting->name, value);
}

static void check_action(
	struct doctor *doctor, const struct item_setting *setting)
{
	const char *value = item_value(setting);
	bool lets_pass = !strcasecmp(value, "accept") ||
			 !strcasecmp(value, "quarantine");

	if (!lets_pass && strcasecmp(value, "reject") != 0)
		return;
	if (report_add(doctor->report,
		    lets_pass ? FINDING_DEFAULT_ACTION_ACCEPT
			      : FINDING_DEFAULT_ACTION_REJECT,
		    item_place(setting),
		    "%s is %s: %s while the filter is away",
		    *setting->inner ? "default_action of the filter"
				    : setting->name,
		    value,
		    lets_pass ? "mail passes or is held unjudged"
			      : "mail is refused for good"))
		item_fix(doctor, setting, "tempfail");
}

static void check_timeout(struct doctor *doctor,
	const struct item_setting *setting, const char *usual)
{
	const char *value = item_value(setting);
	long seconds = postfix_time(value);

	if (seconds < 0 || seconds >= TIMEOUT_MIN)
		return;
	if (report_add(doctor->report, FINDING_MILTER_TIMEOUT,
		    item_place(setting),
		    "%s is %s; a verdict can wait some seconds for the disk",
		    setting->name, value))
		item_fix(doctor, setting, usual);
}

static void check_protocol(
	struct doctor *doctor, const struct item_setting *setting)
{
	const char *value = item_value(setting);
	int protocol = atoi(value);

	if (protocol == 0 || protocol >= PROTOCOL_MIN)
		return;
	if (report_add(doctor->report, FINDING_MILTER_PROTOCOL,
		    item_place(setting), "milter_protocol is %s", value))
		item_fix(doctor, setting, "6");
}

/* Other milters before this one. */
static void check_order(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *list_name,
	size_t before)
{
	bool adds = *doctor->conf->verdict_header != '\0' ||
		    (doctor->policy != NULL &&
			    policy_replies(doctor->policy)->token);

	if (before == 0)
		return;
	if (report_add(doctor->report,
		    adds ? FINDING_MILTER_ORDER : FINDING_MILTER_ORDER_LATE,
		    doctor_postfix_place(postfix, service, list_name),
		    "%s: the filter is number %zu%s", list_name, before + 1,
		    adds ? ", and it adds header fields, which voids a "
			   "signature made before"
			 : ""))
		report_fix(doctor->report,
			"put the filter first in the list of %s", list_name);
}

void doctor_postfix_item(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *list_name,
	const struct milter_item *item, size_t before)
{
	struct item_setting setting = {
		.postfix = postfix,
		.service = service,
		.list_name = list_name,
	};
	const struct {
		const char *name, *inner, *usual;
	} timeouts[] = {
		{ "milter_connect_timeout", item->connect_timeout, "30s" },
		{ "milter_command_timeout", item->command_timeout, "30s" },
		{ "milter_content_timeout", item->content_timeout, "300s" },
	};

	setting.name = "milter_default_action";
	setting.inner = item->default_action;
	check_action(doctor, &setting);
	setting.name = "milter_protocol";
	setting.inner = item->protocol;
	check_protocol(doctor, &setting);
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(*timeouts); i++) {
		setting.name = timeouts[i].name;
		setting.inner = timeouts[i].inner;
		check_timeout(doctor, &setting, timeouts[i].usual);
	}
	check_order(doctor, postfix, service, list_name, before);
}

/* --- NUL ---------------------------------------------------------------- */

/* Whether a list of characters in C's spelling holds NUL. */
static bool holds_nul(const char *text)
{
	for (; *text != '\0'; text++) {
		int value = 0, digits = 0;

		if (*text != '\\')
			continue;
		for (; digits < 3 && text[1] >= '0' && text[1] <= '7';
			digits++, text++)
			value = 8 * value + (text[1] - '0');
		if (digits > 0 && value == 0)
			return true;
		if (digits == 0 && text[1] != '\0')
			text++;
	}
	return false;
}

static void check_nul(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *cleanup)
{
	if (holds_nul(postfix_conf_value(
		    postfix->conf, cleanup, "message_reject_characters")) ||
		holds_nul(postfix_conf_value(
			postfix->conf, cleanup, "message_strip_characters")))
		return;
	if (report_add(doctor->report, FINDING_NUL_HIDES_TEXT,
		    doctor_postfix_place(
			    postfix, cleanup, "message_reject_characters"),
		    "messages with NUL octets are taken: the filter does not "
		    "see what stands behind one in a header field"))
		doctor_postfix_fix(doctor, postfix, cleanup,
			"message_reject_characters", "\\0");
}

/* The check of characters does not happen for a service without it. */
static void check_nul_override(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	static const char name[] = "receive_override_options";
	const char *options = postfix_conf_value(postfix->conf, service, name);

	if (!postfix_list_has(options, "no_header_body_checks") ||
		postfix_list_has(options, "no_milters"))
		return;
	if (report_add(doctor->report, FINDING_NUL_HIDES_TEXT,
		    doctor_postfix_place(postfix, service, name),
		    "service %s: no_header_body_checks turns "
		    "message_reject_characters off, too",
		    service->name))
		report_fix(doctor->report,
			"remove no_header_body_checks from %s", name);
}

/* --- Smuggling ---------------------------------------------------------- */

static const struct version bare_newline_fixes[] = {
	{ { 3, 5, 23 } },
	{ { 3, 6, 13 } },
	{ { 3, 7, 9 } },
	{ { 3, 8, 4 } },
};

#define FIX_COUNT (sizeof(bare_newline_fixes) / sizeof(bare_newline_fixes[0]))

static bool has_bare_newline_option(const struct doctor_postfix *postfix)
{
	return !version_is_known(&postfix->version) ||
	       version_has_fix(
		       &postfix->version, bare_newline_fixes, FIX_COUNT);
}

static bool forbids_pipelining(const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	return postfix_conf_is_yes(postfix->conf, service,
		       "smtpd_forbid_unauth_pipelining") ||
	       postfix_list_has(postfix_conf_value(postfix->conf, service,
					"smtpd_data_restrictions"),
		       "reject_unauth_pipelining");
}

/* What Postfix's authors advised before there was the option. */
static bool has_workaround(const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	return forbids_pipelining(postfix, service) &&
	       postfix_list_has(postfix_conf_value(postfix->conf, service,
					"smtpd_discard_ehlo_keywords"),
		       "chunking");
}

static void check_smuggling(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	static const char name[] = "smtpd_forbid_bare_newline";
	const char *value = postfix_conf_value(postfix->conf, service, name);
	bool has_option = has_bare_newline_option(postfix);

	if ((has_option && *value != '\0' && strcasecmp(value, "no") != 0) ||
		has_workaround(postfix, service))
		return;
	if (!report_add(doctor->report, FINDING_SMTP_SMUGGLING,
		    doctor_postfix_place(postfix, service, name),
		    has_option ? "%s is %s: a message can smuggle in another "
				 "one (CVE-2023-51764)"
			       : "this version has no %s: a message can "
				 "smuggle in another one (CVE-2023-51764)",
		    name, value))
		return;
	if (has_option)
		doctor_postfix_fix(doctor, postfix, service, name, "normalize");
	else
		report_fix(doctor->report,
			"upgrade; until then smtpd_data_restrictions = "
			"reject_unauth_pipelining and "
			"smtpd_discard_ehlo_keywords = chunking");
}

static void check_pipelining(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	static const char name[] = "smtpd_forbid_unauth_pipelining";

	if (forbids_pipelining(postfix, service))
		return;
	if (report_add(doctor->report, FINDING_UNAUTH_PIPELINING,
		    doctor_postfix_place(postfix, service, name), "%s is off",
		    name))
		doctor_postfix_fix(doctor, postfix, service, name, "yes");
}

/* --- The rest ----------------------------------------------------------- */

static void check_soft_bounce(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	if (!postfix_conf_is_yes(postfix->conf, service, "soft_bounce"))
		return;
	if (report_add(doctor->report, FINDING_SOFT_BOUNCE,
		    doctor_postfix_place(postfix, service, "soft_bounce"),
		    "soft_bounce is on: refusals become \"try again later\""))
		doctor_postfix_fix(
			doctor, postfix, service, "soft_bounce", "no");
}

static void check_header_limit(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *cleanup)
{
	static const char name[] = "header_size_limit";
	long long limit = strtoll(
		postfix_conf_value(postfix->conf, cleanup, name), NULL, 10);
	char most[24];

	if (limit <= doctor->conf->limits.header_bytes)
		return;
	snprintf(most, sizeof(most), "%lld",
		(long long)doctor->conf->limits.header_bytes);
	if (report_add(doctor->report, FINDING_HEADER_LIMIT,
		    doctor_postfix_place(postfix, cleanup, name),
		    "%s is %lld, but limits.header_bytes %s", name, limit,
		    most))
		doctor_postfix_fix(doctor, postfix, cleanup, name, most);
}

static bool has_binding(const char *restrictions)
{
	return postfix_list_has(restrictions, "reject_sender_login_mismatch") ||
	       postfix_list_has(restrictions,
		       "reject_authenticated_sender_login_mismatch") ||
	       postfix_list_has(
		       restrictions, "reject_known_sender_login_mismatch");
}

/* Whether some list of restrictions ties sender addresses to logins. */
static bool binds_logins(const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	static const char *const lists[] = {
		"smtpd_client_restrictions",
		"smtpd_helo_restrictions",
		"smtpd_sender_restrictions",
		"smtpd_relay_restrictions",
		"smtpd_recipient_restrictions",
		"smtpd_data_restrictions",
		"smtpd_end_of_data_restrictions",
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (has_binding(postfix_conf_value(
			    postfix->conf, service, lists[i])))
			return true;
	}
	return false;
}

static void check_login(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	static const char name[] = "smtpd_sender_login_maps";

	if (!postfix_conf_is_yes(
		    postfix->conf, service, "smtpd_sasl_auth_enable") ||
		*postfix_conf_value(postfix->conf, service,
			"smtpd_restriction_classes") != '\0' ||
		(*postfix_conf_value(postfix->conf, service, name) != '\0' &&
			binds_logins(postfix, service)))
		return;
	if (report_add(doctor->report, FINDING_LOGIN_UNBOUND,
		    (struct place){ postfix->master_path, service->line },
		    "service %s takes logins but does not tie sender addresses "
		    "to them",
		    service->name))
		report_fix(doctor->report,
			"smtpd_sender_login_maps = TABLE, and "
			"reject_sender_login_mismatch at the beginning of "
			"smtpd_sender_restrictions");
}

static const struct {
	const char *program;
	void (*check)(struct doctor *doctor,
		const struct doctor_postfix *postfix,
		const struct postfix_service *service);
} checks[] = {
	{ "smtpd", check_nul_override },
	{ "smtpd", check_smuggling },
	{ "smtpd", check_pipelining },
	{ "smtpd", check_soft_bounce },
	{ "smtpd", check_login },
	{ "cleanup", check_nul },
	{ "cleanup", check_header_limit },
};

void doctor_postfix_settings(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	size_t count = postfix_conf_services(postfix->conf);

	for (size_t i = 0; i < count; i++) {
		const struct postfix_service *service =
			postfix_conf_service(postfix->conf, i);

		for (size_t k = 0; k < sizeof(checks) / sizeof(*checks); k++) {
			if (!strcmp(checks[k].program, service->program))
				checks[k].check(doctor, postfix, service);
		}
	}
}
