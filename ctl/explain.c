/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "ctl/ctl.h"
#include "ctl/eml.h"
#include "ctl/player.h"
#include "ctl/verdict.h"
#include "milter/session.h"
#include "milter/snapshot.h"
#include "milter/txn.h"
#include "policy/message.h"

enum {
	EXIT_ACCEPTED = 0,
	EXIT_REFUSED = 1,
	EXIT_ERROR = 2,
};

struct explain {
	const char *file;
	const char *sender; /* NULL: from the header */
	const char *login;
	const struct sockaddr *client; /* NULL: unknown */
	struct sockaddr_storage address;
	struct strlist recipients;
	struct strlist refused; /* at RCPT */
	struct verdict split;	/* their verdict */
	struct strlist from;	/* sender found in the header */
	struct error trouble;	/* why the cache could not be opened */
};

static int parse_client(struct explain *explain, const char *text)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&explain->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&explain->address;

	explain->client = (struct sockaddr *)&explain->address;
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	else
		return -1;
	return 0;
}

/* Returns 0, or an exit code after a message. */
static int parse_option(
	struct ctl *ctl, struct explain *explain, int option, const char *value)
{
	switch (option) {
	case 'f':
		explain->sender = value;
		return 0;
	case 'l':
		explain->login = value;
		return 0;
	case 'i':
		if (parse_client(explain, value) < 0)
			return ctl_usage(ctl,
				"--client: \"%s\" is no IP address", value);
		return 0;
	default:
		if (strlist_add(&explain->recipients, value) < 0)
			return ctl_fail(EX_OSERR, "out of memory");
		return 0;
	}
}

static int parse(
	struct ctl *ctl, struct explain *explain, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "sender", required_argument, NULL, 'f' },
		{ "recipient", required_argument, NULL, 'r' },
		{ "login", required_argument, NULL, 'l' },
		{ "client", required_argument, NULL, 'i' },
		CTL_LONG_OPTIONS,
	};
	int c;

	while ((c = ctl_next_option(ctl, argc, argv,
			CTL_SHORT_OPTIONS "f:r:", longs)) != -1) {
		if (c == CTL_STOP)
			return CTL_STOP;
		ctl->status = parse_option(ctl, explain, c, optarg);
		if (ctl->status != 0)
			return CTL_STOP;
	}
	if (argc - optind != 1) {
		ctl->status = ctl_usage(ctl, "give one message file");
		return CTL_STOP;
	}
	explain->file = argv[optind];
	return 1;
}

/* A Return-Path tells the envelope sender, the null one too; From may do. */
static int find_sender(struct explain *explain, const struct eml *eml)
{
	if (explain->sender)
		return 0;
	for (size_t i = 0; i < eml->count; i++) {
		if (!strcasecmp(eml->fields[i].name, "Return-Path") &&
			strstr(eml->fields[i].value, "<>")) {
			explain->sender = "<>";
			return 0;
		}
	}
	if (eml_addresses(eml, "Return-Path", &explain->from) < 0 ||
		eml_addresses(eml, "From", &explain->from) < 0)
		return ctl_fail(EX_OSERR, "out of memory");
	if (explain->from.count == 0)
		return ctl_fail(EX_DATAERR,
			"%s: no sender in Return-Path or From; give -f",
			explain->file);
	explain->sender = explain->from.items[0];
	return 0;
}

static int find_recipients(struct explain *explain, const struct eml *eml)
{
	if (explain->recipients.count > 0)
		return 0;
	if (eml_addresses(eml, "To", &explain->recipients) < 0 ||
		eml_addresses(eml, "Cc", &explain->recipients) < 0)
		return ctl_fail(EX_OSERR, "out of memory");
	if (explain->recipients.count == 0)
		return ctl_fail(EX_DATAERR,
			"%s: no recipient in To or Cc; give -r", explain->file);
	return 0;
}

static int add_recipients(struct explain *explain, struct txn *txn)
{
	for (size_t i = 0; i < explain->recipients.count; i++) {
		const char *address = explain->recipients.items[i];

		if (!txn_add_rcpt(txn, address, NULL, &explain->split) &&
			strlist_add(&explain->refused, address) < 0)
			return ctl_fail(EX_OSERR, "out of memory");
	}
	return 0;
}

static int show(const struct ctl *ctl, const struct explain *explain,
	const struct txn *txn)
{
	struct txn_view view;
	int status = 0;

	txn_view(txn, &view);
	/* Which question met a closed cache matters less than why it is. */
	if (*view.cache_error && explain->trouble.text[0])
		view.cache_error = explain->trouble.text;
	if (ctl->json)
		status = verdict_print_json(
			&view, &explain->refused, &explain->split);
	else
		verdict_print(&view, &explain->refused, &explain->split);
	if (status != 0)
		return status;
	if (view.verdict->outcome != OUTCOME_ACCEPT ||
		explain->refused.count > 0)
		return EXIT_REFUSED;
	return EXIT_ACCEPTED;
}

/* The way of a message through the daemon. Returns an exit code. */
static int judge(const struct ctl *ctl, struct explain *explain,
	struct eml *eml, struct session *session)
{
	struct error error;
	int status;

	session_set_client(session, explain->client);
	session->can_refuse_rcpt = true;
	session->can_skip_body = true;
	if (txn_begin(session, explain->sender, explain->login, false) < 0)
		return ctl_fail(EX_OSERR, "out of memory");
	if ((status = add_recipients(explain, session->txn)) != 0)
		return status;
	if (player_pass(session->txn, eml, &error) < 0)
		return ctl_fail(
			EX_NOINPUT, "%s: %s", explain->file, error.text);
	return show(ctl, explain, session->txn);
}

/* Takes over snapshot. A cache that cannot be opened is part of the verdict. */
static int judge_in_service(struct ctl *ctl, struct explain *explain,
	struct eml *eml, struct snapshot *snapshot)
{
	struct service *service;
	struct session *session;
	int status;

	ctl_try_cache(ctl, &explain->trouble);
	service = service_new(snapshot, ctl->cache, ctl->ring);
	session = service ? session_new(service) : NULL;
	if (session)
		status = judge(ctl, explain, eml, session);
	else
		status = ctl_fail(EX_OSERR, "out of memory");
	session_free(&session);
	if (service)
		ctl->cache = NULL; /* the service's */
	else
		snapshot_unref(&snapshot);
	service_free(&service);
	return status;
}

/* Loads what the daemon loads, and becomes its user. 0, or an exit code. */
static int prepare(struct ctl *ctl, struct snapshot **snapshot_r)
{
	struct error error;
	int status;

	*snapshot_r = snapshot_load(ctl->conf_path, &error);
	if (!*snapshot_r)
		return ctl_fail(EX_CONFIG, "%s", error.text);
	status = ctl_become_user(ctl);
	if (status == 0 && ctl_load_keys(ctl, &error) < 0)
		status = ctl_fail(EX_NOPERM, "%s", error.text);
	if (status != 0)
		snapshot_unref(snapshot_r);
	return status;
}

static int explain_file(struct ctl *ctl, struct explain *explain, FILE *file)
{
	struct snapshot *snapshot;
	struct error error;
	struct eml eml;
	int status;

	if (eml_init(&eml, file, &error) < 0)
		return ctl_fail(
			EX_DATAERR, "%s: %s", explain->file, error.text);
	if ((status = find_sender(explain, &eml)) == 0 &&
		(status = find_recipients(explain, &eml)) == 0 &&
		(status = prepare(ctl, &snapshot)) == 0)
		status = judge_in_service(ctl, explain, &eml, snapshot);
	eml_fini(&eml);
	return status;
}

static int run_file(struct ctl *ctl, struct explain *explain)
{
	FILE *file;
	int fd, status;

	if ((status = ctl_load_conf(ctl)) != 0 ||
		(status = ctl_open_input(explain->file, &fd)) != 0)
		return status;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return ctl_fail(
			EX_OSERR, "%s: %s", explain->file, strerror(errno));
	}
	message_init();
	status = explain_file(ctl, explain, file);
	fclose(file);
	return ctl_end_output(status);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct explain explain = { 0 };
	int status = CTL_STOP;

	if (parse(ctl, &explain, argc, argv) == CTL_STOP)
		status = ctl->status;
	else
		status = run_file(ctl, &explain);
	strlist_fini(&explain.recipients);
	strlist_fini(&explain.refused);
	strlist_fini(&explain.from);
	return status;
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "FILE.eml|- [-f SENDER] [-r RCPT]... [--login NAME] "
		     "[--client IP]",
	.help = "Judges a message as the daemon would, and shows every step. "
		"Changes nothing.\n\n"
		"  -f, --sender SENDER   envelope sender; default: "
		"Return-Path, "
		"else From\n"
		"  -r, --recipient RCPT  envelope recipient, may be repeated; "
		"default: To and Cc\n"
		"      --login NAME      SASL login of the client\n"
		"      --client IP       address of the client\n\n"
		"Exit codes: 0 accepted, 1 refused, 2 error.\n",
	.run = run,
	.error_status = EXIT_ERROR,
};
