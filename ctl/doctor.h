/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of optoutctl doctor. Those that judge settings open no file; those
 * that look at files say so. All add to one report. One thread.
 */
#ifndef CTL_DOCTOR_H
#define CTL_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"
#include "ctl/doctor_report.h"
#include "ctl/postfix_conf.h"
#include "ctl/sendmail_conf.h"
#include "ctl/version.h"
#include "policy/policy.h"

/* What the filter is told, and what was found. */
struct doctor {
	const struct conf *conf;
	const char *conf_path;
	const struct policy *policy; /* NULL: unusable */
	struct socket_spec socket;
	struct report *report;
};

/* A Postfix by its settings; the paths are for messages. */
struct doctor_postfix {
	const char *main_path, *master_path;
	struct postfix_conf *conf;
	struct version version; /* {0}: unknown */
};

/* A Sendmail likewise. */
struct doctor_sendmail {
	const char *path;
	struct sendmail_conf *conf;
	const char *version_text; /* "8.17.1.9/Debian-2+deb12u2" */
};

/* doctor_postfix.c: which mail the filter sees. */
void doctor_postfix_services(
	struct doctor *doctor, const struct doctor_postfix *postfix);

/* doctor_settings.c: the other settings of Postfix. */
void doctor_postfix_settings(
	struct doctor *doctor, const struct doctor_postfix *postfix);

/* Checks of a service that asks the filter, and its item in the list. */
struct milter_item;
void doctor_postfix_item(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *list_name,
	const struct milter_item *item, size_t before);

/* doctor_sendmail.c */
void doctor_sendmail_settings(
	struct doctor *doctor, const struct doctor_sendmail *sendmail);

/* doctor_domains.c: names under which buyers are reached. */

/* Whether an address, or with "@domain" each of that domain, is a buyer's. */
bool doctor_is_buyer(
	const struct doctor *doctor, const char *text, size_t length);
void doctor_postfix_domains(
	struct doctor *doctor, const struct doctor_postfix *postfix);
void doctor_sendmail_domains(struct doctor *doctor,
	const struct doctor_sendmail *sendmail, const struct strlist *names);

/* doctor_maps.c: tables, whose text files it reads. */
void doctor_postfix_maps(
	struct doctor *doctor, const struct doctor_postfix *postfix);

/* doctor_socket.c: the socket as the file system shows it. */
void doctor_postfix_socket(
	struct doctor *doctor, const struct doctor_postfix *postfix);
void doctor_sendmail_socket(
	struct doctor *doctor, const struct doctor_sendmail *sendmail);
void doctor_listener(struct doctor *doctor);

/* doctor_cache.c: modes and owners, as root; then the content, as the user. */
struct ctl;
void doctor_cache_files(struct doctor *doctor, const struct ctl *ctl);
void doctor_cache_content(struct doctor *doctor, struct ctl *ctl);

/* doctor_policy.c */
void doctor_policy_modes(struct doctor *doctor);

/* doctor_text.c */

/*
 * A file's text, with a NUL behind it that *length_r does not count. The
 * caller frees it. NULL with error set; files over 16 MiB are refused.
 */
char *doctor_read_file(const char *path, size_t *length_r, struct error *error);

/*
 * The version that a Postfix program holds as "mail_version=". Returns 0, or
 * -1: the file cannot be read, or names none.
 */
int doctor_read_version(const char *path, struct version *version_r);

/* Where a parameter is set, for the report. */
struct place doctor_postfix_place(const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *name);

/*
 * Adds the line that sets a parameter where the last finding saw it: in
 * main.cf, or as "-o" of the service. Braces only where a blank needs them.
 */
void doctor_postfix_fix(struct doctor *doctor,
	const struct doctor_postfix *postfix,
	const struct postfix_service *service, const char *name,
	const char *value);

#endif
