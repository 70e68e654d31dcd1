/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks this host's mail server settings, and the filter's own files, against
 * what the filter needs. Reads files only: nothing is run, nothing changed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ctl/ctl.h"
#include "ctl/doctor.h"
#include "ctl/jsonout.h"

#define EXIT_FOUND 1
#define POSTFIX_DIRECTORY "/etc/postfix"
#define SENDMAIL_CF "/etc/mail/sendmail.cf"

/* Which mail servers. NULL: the usual place, if it exists. */
struct request {
	const char *postfix;
	const char *sendmail;
	const char *mail_version;
};

/* --- Postfix ------------------------------------------------------------ */

/* Returns 0 or an exit code after a message. */
static int read_text(const char *path, char **text_r, size_t *length_r)
{
	struct error error;

	*text_r = doctor_read_file(path, length_r, &error);
	return *text_r ? 0 : ctl_fail(EX_NOINPUT, "%s", error.text);
}

static void find_postfix_version(
	struct doctor_postfix *postfix, const struct request *request)
{
	const char *const directories[] = {
		postfix_conf_value(postfix->conf, NULL, "daemon_directory"),
		"/usr/libexec/postfix",
	};
	char path[4200];

	if (request->mail_version != NULL) {
		version_parse(request->mail_version, &postfix->version);
	} else {
		for (size_t i = 0; i < 2; i++) {
			snprintf(path, sizeof(path), "%.4000s/smtpd",
				directories[i]);
			if (doctor_read_version(path, &postfix->version) == 0)
				break;
		}
	}
	postfix_conf_set_version(postfix->conf, &postfix->version);
}

static void report_postfix(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	const int *part = postfix->version.part;
	struct place place = { postfix->main_path, 0 };

	if (version_is_known(&postfix->version)) {
		report_add(doctor->report, FINDING_MAIL_SERVER, place,
			"Postfix %d.%d.%d, %zu services in %s", part[0],
			part[1], part[2], postfix_conf_services(postfix->conf),
			postfix->master_path);
		return;
	}
	report_add(doctor->report, FINDING_MAIL_SERVER, place,
		"Postfix, %zu services in %s",
		postfix_conf_services(postfix->conf), postfix->master_path);
	report_add(doctor->report, FINDING_VERSION_UNKNOWN, place,
		"no smtpd in %s tells Postfix's version",
		postfix_conf_value(postfix->conf, NULL, "daemon_directory"));
}

static int check_postfix(struct doctor *doctor, const char *directory,
	const struct request *request)
{
	char main_path[4200], master_path[4200];
	struct doctor_postfix postfix = { main_path, master_path, NULL,
		{ { 0 } } };
	char *main_cf = NULL, *master_cf = NULL;
	size_t main_length, master_length;
	int status;

	snprintf(main_path, sizeof(main_path), "%.4000s/main.cf", directory);
	snprintf(master_path, sizeof(master_path), "%.4000s/master.cf",
		directory);
	if ((status = read_text(main_path, &main_cf, &main_length)) == 0 &&
		(status = read_text(master_path, &master_cf, &master_length)) ==
			0) {
		postfix.conf = postfix_conf_parse(
			main_cf, main_length, master_cf, master_length);
		if (postfix.conf == NULL)
			status = ctl_fail(EX_OSERR, "out of memory");
	}
	free(main_cf);
	free(master_cf);
	if (status != 0)
		return status;
	find_postfix_version(&postfix, request);
	report_postfix(doctor, &postfix);
	doctor_postfix_services(doctor, &postfix);
	doctor_postfix_settings(doctor, &postfix);
	doctor_postfix_domains(doctor, &postfix);
	doctor_postfix_maps(doctor, &postfix);
	doctor_postfix_socket(doctor, &postfix);
	doctor->report->failed |= postfix_conf_failed(postfix.conf);
	postfix_conf_free(&postfix.conf);
	return 0;
}

/* --- Sendmail ----------------------------------------------------------- */

/* The words of a file that class w is read from. 0, or -1: memory. */
static int read_names(const char *path, struct strlist *names)
{
	struct error error;
	size_t length;
	char *text = doctor_read_file(path, &length, &error);
	char *next = text;
	int rc = 0;

	while (rc == 0 && next != NULL) {
		char *line = strsep(&next, "\n");

		line += strspn(line, " \t");
		line[strcspn(line, " \t\r#")] = '\0';
		if (*line != '\0')
			rc = strlist_add(names, line);
	}
	free(text);
	return rc;
}

/* All names of class w, also those in files. */
static int collect_names(
	const struct sendmail_conf *conf, struct strlist *names)
{
	int rc = 0;

	for (size_t i = 0; i < conf->name_count && rc == 0; i++) {
		const struct sendmail_name *name = &conf->names[i];

		rc = name->is_file ? read_names(name->name, names)
				   : strlist_add(names, name->name);
	}
	return rc;
}

static int check_sendmail(
	struct doctor *doctor, const char *path, const struct request *request)
{
	struct doctor_sendmail sendmail = { .path = path };
	struct strlist names = { 0 };
	size_t length;
	char *text;
	int status = read_text(path, &text, &length);

	if (status != 0)
		return status;
	sendmail.conf = sendmail_conf_parse(text, length);
	free(text);
	if (sendmail.conf == NULL || collect_names(sendmail.conf, &names) < 0) {
		sendmail_conf_free(&sendmail.conf);
		strlist_fini(&names);
		return ctl_fail(EX_OSERR, "out of memory");
	}
	sendmail.version_text = request->mail_version ? request->mail_version
						      : sendmail.conf->version;
	report_add(doctor->report, FINDING_MAIL_SERVER,
		(struct place){ path, 0 }, "Sendmail %s",
		sendmail.version_text);
	doctor_sendmail_settings(doctor, &sendmail);
	doctor_sendmail_domains(doctor, &sendmail, &names);
	doctor_sendmail_socket(doctor, &sendmail);
	sendmail_conf_free(&sendmail.conf);
	strlist_fini(&names);
	return 0;
}

/* --- All ---------------------------------------------------------------- */

static int check_servers(struct doctor *doctor, const struct request *request)
{
	const char *postfix = request->postfix, *sendmail = request->sendmail;
	int status = 0;

	if (postfix == NULL && sendmail == NULL) {
		if (access(POSTFIX_DIRECTORY "/main.cf", F_OK) == 0)
			postfix = POSTFIX_DIRECTORY;
		if (access(SENDMAIL_CF, F_OK) == 0)
			sendmail = SENDMAIL_CF;
	}
	if (postfix == NULL && sendmail == NULL)
		return ctl_fail(EX_NOINPUT,
			"found neither " POSTFIX_DIRECTORY
			"/main.cf nor " SENDMAIL_CF
			"; name one by --postfix or --sendmail");
	if (postfix != NULL)
		status = check_postfix(doctor, postfix, request);
	if (status == 0 && sendmail != NULL)
		status = check_sendmail(doctor, sendmail, request);
	return status;
}

/* Last, since it gives up root's rights. */
static int check_cache(struct doctor *doctor, struct ctl *ctl)
{
	int status;

	doctor_cache_files(doctor, ctl);
	if (ctl->privileges.change && geteuid() != 0 &&
		geteuid() != ctl->privileges.uid) {
		report_add(doctor->report, FINDING_FILE_UNREAD,
			(struct place){ ctl->conf->cache.keys, 0 },
			"only root and %s can open the cache",
			ctl->privileges.name);
		return 0;
	}
	status = ctl_become_user(ctl);
	if (status == 0)
		doctor_cache_content(doctor, ctl);
	return status;
}

static void check_policy(struct doctor *doctor, const struct ctl *ctl)
{
	if (ctl->policy != NULL)
		doctor_policy_modes(doctor);
	else
		report_add(doctor->report, FINDING_POLICY_UNUSABLE,
			(struct place){ ctl->conf->policy, 0 }, "%s",
			ctl->policy_error.text);
}

/* Loads what the daemon would load at its start. */
static void check_phrases(struct doctor *doctor, const struct ctl *ctl)
{
	const char *directory = ctl->conf->phrases;
	struct error error = { "", "" };
	struct phrasebook *book = conf_load_phrases(directory, &error);

	if (book == NULL)
		report_add(doctor->report, FINDING_PHRASES_UNUSABLE,
			(struct place){ directory, 0 }, "%s", error.text);
	else if (phrasebook_wording(book) == NULL && ctl->policy != NULL &&
		 policy_judge_rules(ctl->policy)->wording > 0 &&
		 report_add(doctor->report, FINDING_WORDS_MISSING,
			 (struct place){ directory, 0 },
			 "there is no wording.tsv"))
		report_fix(doctor->report,
			"install wording.tsv there, or set critical.wording = "
			"0; in the policy");
	phrasebook_free(&book);
}

/* --- Output ------------------------------------------------------------- */

static void print_finding(const struct report_item *finding)
{
	const struct finding_info *info = finding_info(finding->id);

	printf("%s %s", severity_name(info->severity), info->name);
	if (*finding->file != '\0') {
		putchar(' ');
		ctl_print_text(stdout, finding->file);
	}
	if (finding->line > 0)
		printf(":%u", finding->line);
	printf("\n  ");
	ctl_print_text(stdout, finding->what);
	putchar('\n');
	if (*finding->fix != '\0') {
		printf("  -> ");
		ctl_print_text(stdout, finding->fix);
		putchar('\n');
	}
}

/* The gravest first. */
static void print_text(const struct report *report)
{
	for (int s = SEVERITY_ERROR; s <= SEVERITY_NOTE; s++) {
		for (size_t i = 0; i < report->count; i++) {
			const struct report_item *finding =
				&report->findings[i];

			if ((int)finding_info(finding->id)->severity == s)
				print_finding(finding);
		}
	}
	printf("%zu errors, %zu warnings, %zu notes\n",
		report_count(report, SEVERITY_ERROR),
		report_count(report, SEVERITY_WARNING),
		report_count(report, SEVERITY_NOTE));
}

static int print_json(const struct report *report)
{
	struct jsonout list, out;

	jsonout_begin_list(&list);
	for (size_t i = 0; i < report->count; i++) {
		const struct report_item *finding = &report->findings[i];
		const struct finding_info *info = finding_info(finding->id);

		jsonout_begin(&out);
		jsonout_string(&out, "id", info->name);
		jsonout_string(&out, "severity", severity_name(info->severity));
		jsonout_string(
			&out, "file", *finding->file ? finding->file : NULL);
		if (finding->line > 0)
			jsonout_integer(&out, "line", finding->line);
		else
			jsonout_string(&out, "line", NULL);
		jsonout_string(&out, "what", finding->what);
		jsonout_string(
			&out, "fix", *finding->fix ? finding->fix : NULL);
		jsonout_item(&list, jsonout_take(&out));
	}
	return jsonout_end(&list);
}

static int print_report(const struct ctl *ctl, const struct report *report)
{
	int status = 0;

	if (report->failed)
		return ctl_fail(EX_OSERR, "out of memory");
	if (ctl->json)
		status = print_json(report);
	else
		print_text(report);
	if (status == 0 && report_count(report, SEVERITY_ERROR) > 0)
		status = EXIT_FOUND;
	return ctl_end_output(status);
}

/* --- The command -------------------------------------------------------- */

static int examine(struct ctl *ctl, const struct request *request)
{
	struct report report = { 0 };
	struct doctor doctor = {
		.conf = ctl->conf,
		.conf_path = ctl->conf_path,
		.policy = ctl->policy,
		.report = &report,
	};
	struct error error;
	int status;

	if (conf_parse_socket(ctl->conf->socket, &doctor.socket, &error) < 0)
		return ctl_fail(
			EX_CONFIG, "%s: %s", ctl->conf_path, error.text);
	status = check_servers(&doctor, request);
	if (status == 0) {
		doctor_listener(&doctor);
		check_policy(&doctor, ctl);
		check_phrases(&doctor, ctl);
		status = check_cache(&doctor, ctl);
	}
	if (status == 0)
		status = print_report(ctl, &report);
	report_fini(&report);
	return status;
}

static int parse(
	struct ctl *ctl, int argc, char **argv, struct request *request)
{
	enum {
		POSTFIX = 256,
		SENDMAIL,
		MAIL_VERSION
	};
	static const struct option longs[] = {
		{ "postfix", required_argument, NULL, POSTFIX },
		{ "sendmail", required_argument, NULL, SENDMAIL },
		{ "mail-version", required_argument, NULL, MAIL_VERSION },
		CTL_LONG_OPTIONS,
	};
	struct version version;
	int c;

	while ((c = ctl_next_option(
			ctl, argc, argv, CTL_SHORT_OPTIONS, longs)) > 0) {
		if (c == POSTFIX)
			request->postfix = optarg;
		else if (c == SENDMAIL)
			request->sendmail = optarg;
		else
			request->mail_version = optarg;
	}
	if (c == CTL_STOP)
		return ctl->status;
	if (optind != argc)
		return ctl_usage(ctl, "takes no arguments");
	if (request->mail_version != NULL &&
		version_parse(request->mail_version, &version) < 0)
		return ctl_usage(ctl, "%s: no version; write it as 3.7.11",
			request->mail_version);
	return -1;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct request request = { 0 };
	int status = parse(ctl, argc, argv, &request);

	if (status >= 0)
		return status;
	status = ctl_load_conf(ctl);
	if (status != 0)
		return status;
	ctl_load_policy(ctl);
	return examine(ctl, &request);
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "[--postfix DIR] [--sendmail FILE] [--mail-version V]",
	.help = "Checks the settings of this host's mail server, the socket, "
		"the policy and the\ncache, and prints for each finding the "
		"line to put there. Without --postfix and\n--sendmail it "
		"reads " POSTFIX_DIRECTORY " and " SENDMAIL_CF
		", where these\nexist. "
		"Run it as root.\n\n"
		"Exit codes: 0 no error (there may be warnings), 1 mail passes "
		"unfiltered or not\nat all, 66 no settings to read, others as "
		"in sysexits.h.\n",
	.run = run,
};
