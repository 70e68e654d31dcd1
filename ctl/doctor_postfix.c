/* SPDX-License-Identifier: BSD-2-Clause */
/* Which mail of a Postfix the filter sees: every door must name it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ctl/doctor.h"
#include "ctl/milter_list.h"

#define SPELL_SIZE 400
#define BELOW_QUEUE "optout-milter/milter.sock" /* where README puts it */

struct place doctor_postfix_place(const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *name)
{
	struct postfix_place place =
		postfix_conf_place(postfix->conf, service, name);

	return (struct place){
		.file = place.in_master ? postfix->master_path
					: postfix->main_path,
		.line = place.line,
	};
}

void doctor_postfix_fix(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *name,
	const char *value)
{
	if (!postfix_conf_place(postfix->conf, service, name).in_master)
		report_fix(doctor->report, "%s = %s", name, value);
	else if (strpbrk(value, " \t") != NULL)
		report_fix(doctor->report, "  -o { %s = %s }", name, value);
	else
		report_fix(doctor->report, "  -o %s=%s", name, value);
}

static struct place service_place(const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	return (struct place){ postfix->master_path, service->line };
}

static struct milter_view view_of(const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	return (struct milter_view){
		.queue_directory = postfix_conf_value(
			postfix->conf, service, "queue_directory"),
		.chroot = service != NULL && service->chroot,
	};
}

static bool is_below(const struct socket_spec *spec, const char *queue)
{
	char text[SPELL_SIZE];

	milter_spell(spec, queue, text, sizeof(text));
	return spec->family == SOCKET_UNIX && strncmp(text, "unix:/", 6) != 0;
}

/* Whether a service in a chroot cannot find the socket by any path. */
static bool is_out_of_reach(const struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	return service->chroot && doctor->socket.family == SOCKET_UNIX &&
	       !is_below(&doctor->socket,
		       view_of(postfix, service).queue_directory);
}

/* The socket as main.cf should name it, or where it should be moved to. */
static void spell(const struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, char *text_r, size_t size)
{
	if (is_out_of_reach(doctor, postfix, service))
		snprintf(text_r, size, "unix:" BELOW_QUEUE);
	else
		milter_spell(&doctor->socket,
			view_of(postfix, service).queue_directory, text_r,
			size);
}

/* The filter put before what the list holds already. */
static void fix_list(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *name)
{
	const char *old = postfix_conf_raw(postfix->conf, service, name);
	char ours[SPELL_SIZE];
	char *value;

	spell(doctor, postfix, service, ours, sizeof(ours));
	if (*old == '\0' || !strcasecmp(old, "DISABLE")) {
		doctor_postfix_fix(doctor, postfix, service, name, ours);
		return;
	}
	if (asprintf(&value, "%s, %s", ours, old) < 0) {
		doctor->report->failed = true;
		return;
	}
	doctor_postfix_fix(doctor, postfix, service, name, value);
	free(value);
}

static void report_chroot(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *name)
{
	const char *queue =
		postfix_conf_value(postfix->conf, NULL, "queue_directory");
	char ours[SPELL_SIZE];

	milter_spell(&doctor->socket, queue, ours, sizeof(ours));
	if (!report_add(doctor->report, FINDING_SOCKET_CHROOT,
		    service_place(postfix, service),
		    "service %s runs %s a chroot and does not find %s at the "
		    "path in %s",
		    service->name, service->chroot ? "in" : "without",
		    doctor->conf->socket, name))
		return;
	if (is_below(&doctor->socket, queue))
		report_fix(doctor->report, "%s = %s", name, ours);
	else
		report_fix(doctor->report,
			"socket = \"unix:%s/" BELOW_QUEUE "\"; in %s", queue,
			doctor->conf_path);
}

static void report_mismatch(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *name,
	const struct milter_item *item)
{
	char ours[SPELL_SIZE];

	spell(doctor, postfix, service, ours, sizeof(ours));
	if (report_add(doctor->report, FINDING_SOCKET_MISMATCH,
		    doctor_postfix_place(postfix, service, name),
		    "%s names %s, but the filter listens on %s", name,
		    item->socket, doctor->conf->socket))
		doctor_postfix_fix(doctor, postfix, service, name, ours);
}

/* Checks the list that a service asks. Returns whether it names the filter. */
static bool check_list(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *name)
{
	struct milter_view view = view_of(postfix, service);
	struct milter_item item;
	size_t before;
	enum milter_match match = milter_list_find(
		postfix_conf_value(postfix->conf, service, name), &view,
		&doctor->socket, &item, &before);

	if (match == MILTER_OURS)
		doctor_postfix_item(
			doctor, postfix, service, name, &item, before);
	if (match == MILTER_SIMILAR)
		report_mismatch(doctor, postfix, service, name, &item);
	if (match == MILTER_CHROOT ||
		(match == MILTER_SIMILAR &&
			is_out_of_reach(doctor, postfix, service)))
		report_chroot(doctor, postfix, service, name);
	return match != MILTER_OTHER;
}

/* --- SMTP --------------------------------------------------------------- */

static bool is_smtpd(const struct postfix_service *service)
{
	return !strcmp(service->program, "smtpd");
}

static bool is_on_loopback(const struct postfix_service *service)
{
	const char *colon = strrchr(service->name, ':');
	const char *host = service->name;
	char name[64];

	if (strcmp(service->type, "inet") != 0 || colon == NULL)
		return false;
	if (*host == '[' && colon[-1] == ']')
		snprintf(name, sizeof(name), "%.*s", (int)(colon - host - 2),
			host + 1);
	else
		snprintf(name, sizeof(name), "%.*s", (int)(colon - host), host);
	return milter_is_loopback(name);
}

static bool has_content_filter(const struct doctor_postfix *postfix)
{
	size_t count = postfix_conf_services(postfix->conf);

	for (size_t i = 0; i < count; i++) {
		const struct postfix_service *service =
			postfix_conf_service(postfix->conf, i);

		if (is_smtpd(service) && *postfix_conf_value(postfix->conf,
						 service, "content_filter"))
			return true;
	}
	return false;
}

/* By this service a content filter gives back what has been judged. */
static bool is_reinjection(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	if (!is_on_loopback(service) || !has_content_filter(postfix) ||
		*postfix_conf_value(postfix->conf, service, "content_filter"))
		return false;
	report_add(doctor->report, FINDING_REINJECTION,
		service_place(postfix, service),
		"service %s is not filtered; taken for the way back from the "
		"content filter",
		service->name);
	return true;
}

static bool has_no_milters(const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	return postfix_list_has(postfix_conf_value(postfix->conf, service,
					"receive_override_options"),
		"no_milters");
}

/* The options that stay, or that none are set. */
static void fix_overrides(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	static const char name[] = "receive_override_options";
	const char *list = postfix_conf_value(postfix->conf, service, name);
	const char *item;
	char kept[300] = "";
	size_t length;

	while ((length = postfix_next_item(&list, &item)) > 0) {
		size_t used = strlen(kept);

		if (!strncasecmp(item, "no_milters", length))
			continue;
		snprintf(kept + used, sizeof(kept) - used, "%s%.*s",
			used ? "," : "", (int)length, item);
	}
	doctor_postfix_fix(doctor, postfix, service, name, kept);
}

static void report_no_milters(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	if (report_add(doctor->report, FINDING_SERVICE_NO_MILTERS,
		    doctor_postfix_place(
			    postfix, service, "receive_override_options"),
		    "service %s (%s): no_milters lets its mail pass unfiltered",
		    service->name, service->program))
		fix_overrides(doctor, postfix, service);
}

static void report_unfiltered(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	struct place place =
		doctor_postfix_place(postfix, service, "smtpd_milters");
	bool added;

	if (place.file == postfix->main_path)
		added = report_add(doctor->report,
			FINDING_SMTPD_MILTERS_MISSING, place,
			"smtpd_milters does not name the filter: mail by SMTP "
			"passes unfiltered");
	else
		added = report_add(doctor->report, FINDING_SERVICE_UNFILTERED,
			place,
			"service %s: its smtpd_milters does not name the "
			"filter, its mail passes unfiltered",
			service->name);
	if (added)
		fix_list(doctor, postfix, service, "smtpd_milters");
	if (is_out_of_reach(doctor, postfix, service))
		report_chroot(doctor, postfix, service, "smtpd_milters");
}

/* Returns whether the service asks the filter, and sees the content. */
static bool check_smtpd(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	if (has_no_milters(postfix, service)) {
		if (!is_reinjection(doctor, postfix, service))
			report_no_milters(doctor, postfix, service);
		return false;
	}
	if (check_list(doctor, postfix, service, "smtpd_milters"))
		return true;
	if (!is_reinjection(doctor, postfix, service))
		report_unfiltered(doctor, postfix, service);
	return false;
}

static void check_proxied(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service)
{
	if (report_add(doctor->report, FINDING_PROXY_FILTER_BLIND,
		    doctor_postfix_place(
			    postfix, service, "smtpd_proxy_filter"),
		    "service %s hands its mail to smtpd_proxy_filter, and the "
		    "filter never sees it",
		    service->name))
		report_fix(doctor->report,
			"name the filter in smtpd_milters of the service "
			"behind the proxy");
}

static void check_smtp(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	size_t count = postfix_conf_services(postfix->conf);
	const struct postfix_service *proxied = NULL, *service;
	bool any = false, sees = false;

	for (size_t i = 0; i < count; i++) {
		service = postfix_conf_service(postfix->conf, i);
		if (!is_smtpd(service))
			continue;
		any = true;
		if (*postfix_conf_value(
			    postfix->conf, service, "smtpd_proxy_filter"))
			proxied = service;
		else
			sees |= check_smtpd(doctor, postfix, service);
	}
	if (proxied != NULL && !sees)
		check_proxied(doctor, postfix, proxied);
	if (!any)
		report_add(doctor->report, FINDING_NO_SMTPD,
			(struct place){ postfix->master_path, 0 },
			"no service runs smtpd");
}

/* --- Local mail --------------------------------------------------------- */

static const struct postfix_service *find_service(
	const struct doctor_postfix *postfix, const char *name)
{
	size_t count = postfix_conf_services(postfix->conf);

	for (size_t i = count; i > 0; i--) {
		const struct postfix_service *service =
			postfix_conf_service(postfix->conf, i - 1);

		if (!strcmp(service->name, name))
			return service;
	}
	return NULL;
}

/* pickup and qmqpd hand mail to a cleanup service, which asks the filter. */
static void check_local(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *source)
{
	const struct postfix_service *cleanup =
		find_service(postfix, postfix_conf_value(postfix->conf, source,
					      "cleanup_service_name"));

	if (has_no_milters(postfix, source)) {
		report_no_milters(doctor, postfix, source);
		return;
	}
	if (cleanup == NULL ||
		check_list(doctor, postfix, cleanup, "non_smtpd_milters"))
		return;
	if (is_out_of_reach(doctor, postfix, cleanup))
		report_chroot(doctor, postfix, cleanup, "non_smtpd_milters");
	if (!report_add(doctor->report, FINDING_NON_SMTPD_MILTERS_MISSING,
		    doctor_postfix_place(postfix, cleanup, "non_smtpd_milters"),
		    "non_smtpd_milters does not name the filter: mail by "
		    "sendmail(1) passes unfiltered"))
		return;
	if (*postfix_conf_raw(postfix->conf, cleanup, "non_smtpd_milters"))
		fix_list(doctor, postfix, cleanup, "non_smtpd_milters");
	else
		doctor_postfix_fix(doctor, postfix, cleanup,
			"non_smtpd_milters", "$smtpd_milters");
}

void doctor_postfix_services(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	size_t count = postfix_conf_services(postfix->conf);

	check_smtp(doctor, postfix);
	for (size_t i = 0; i < count; i++) {
		const struct postfix_service *service =
			postfix_conf_service(postfix->conf, i);

		if (!strcmp(service->program, "pickup") ||
			!strcmp(service->program, "qmqpd"))
			check_local(doctor, postfix, service);
	}
	if (*postfix_conf_value(
		    postfix->conf, NULL, "multi_instance_directories"))
		report_add(doctor->report, FINDING_MULTI_INSTANCE,
			doctor_postfix_place(
				postfix, NULL, "multi_instance_directories"),
			"there are further instances: %s",
			postfix_conf_value(postfix->conf, NULL,
				"multi_instance_directories"));
}
