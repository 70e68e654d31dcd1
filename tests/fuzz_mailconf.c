/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: settings of mail servers. An input is a main.cf, a line that
 * begins with a form feed, and a master.cf; and the whole is a sendmail.cf.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/doctor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf conf = {
	.socket = (char *)"unix:/var/spool/postfix/optout-milter/milter.sock",
	.verdict_header = (char *)"",
};

static void judge_postfix(struct doctor *doctor, const char *text, size_t size)
{
	const char *split = memmem(text, size, "\n\f", 2);
	size_t length = split ? (size_t)(split + 1 - text) : size;
	struct doctor_postfix postfix = { "main.cf", "master.cf",
		postfix_conf_parse(text, length, split ? split + 2 : "",
			split ? size - length - 1 : 0),
		{ { 0 } } };

	if (postfix.conf == NULL)
		abort();
	doctor_postfix_services(doctor, &postfix);
	doctor_postfix_settings(doctor, &postfix);
	doctor_postfix_domains(doctor, &postfix);
	postfix_conf_free(&postfix.conf);
}

static void judge_sendmail(struct doctor *doctor, const char *text, size_t size)
{
	struct doctor_sendmail sendmail = { .path = "sendmail.cf" };

	sendmail.conf = sendmail_conf_parse(text, size);
	if (sendmail.conf == NULL)
		abort();
	sendmail.version_text = sendmail.conf->version;
	doctor_sendmail_settings(doctor, &sendmail);
	sendmail_conf_free(&sendmail.conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = { 0 };
	struct doctor doctor = {
		.conf = &conf, .conf_path = "x.conf", .report = &report
	};
	struct error error;

	conf.limits.header_bytes = 256 << 10;
	conf.addresses.tag_separator = (char *)"";
	if (conf_parse_socket(conf.socket, &doctor.socket, &error) < 0)
		abort();
	judge_postfix(&doctor, (const char *)data, size);
	judge_sendmail(&doctor, (const char *)data, size);
	report_fini(&report);
	return 0;
}
