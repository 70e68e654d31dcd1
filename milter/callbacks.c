/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libmilter may run the callbacks of one connection on different threads, one
 * at a time. cb_close may be the only callback of a connection, and a
 * connection may begin anew after it (QUIT_NC).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <libmilter/mfapi.h>
#include "milter/callbacks.h"
#include "milter/headers.h"
#include "milter/log.h"
#include "milter/reply.h"
#include "milter/session.h"
#include "milter/txn.h"

static struct service *service; /* set once, before the first thread */
static bool answer_data;

/* Doubles each %: both mail servers read a single one as their own. */
static char *double_percent(const char *line)
{
	char *out = malloc(2 * strlen(line) + 1);
	char *p = out;

	if (out == NULL)
		return NULL;
	for (; *line != '\0'; line++) {
		*p++ = *line;
		if (*line == '%')
			*p++ = '%';
	}
	*p = '\0';
	return out;
}

/* Only as the last line before return: a text left over goes to others. */
static sfsistat refuse(SMFICTX *ctx, const struct policy *policy,
	const struct verdict *verdict, const char *order,
	enum category category)
{
	sfsistat status = verdict->outcome == OUTCOME_REJECT ? SMFIS_REJECT
							     : SMFIS_TEMPFAIL;
	char *l[REPLY_LINES_MAX] = { NULL };
	struct reply reply;
	char dsn[8];

	reply_build(policy, verdict->reason, order, category, &reply);
	strcpy(dsn, reply.dsn);
	for (size_t i = 0; i < reply.count; i++)
		l[i] = double_percent(reply.lines[i]);
	_Static_assert(REPLY_LINES_MAX == 16, "all lines are passed below");
	if (l[0] == NULL ||
		smfi_setmlreply(ctx, reply.code, dsn, l[0], l[1], l[2], l[3],
			l[4], l[5], l[6], l[7], l[8], l[9], l[10], l[11], l[12],
			l[13], l[14], l[15], (char *)NULL) != MI_SUCCESS)
		log_message(LOG_ERR, "cannot set the reply of %s",
			reason_name(verdict->reason));
	for (size_t i = 0; i < REPLY_LINES_MAX; i++)
		free(l[i]);
	return status;
}

static char *macro(SMFICTX *ctx, const char *name)
{
	union {
		const char *in;
		char *out;
	} u = { name };

	return smfi_getsymval(ctx, u.out);
}

static sfsistat out_of_memory(void)
{
	log_message(LOG_ERR, "out of memory: a message is deferred");
	return SMFIS_TEMPFAIL;
}

static struct txn *current(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	return session != NULL ? session->txn : NULL;
}

/* Takes the wanted flag if it is offered. */
static void take(
	unsigned long offered, unsigned long wanted, unsigned long *taken)
{
	*taken |= offered & wanted;
}

static unsigned long choose_steps(unsigned long offered, bool split)
{
	unsigned long steps = 0;

	take(offered,
		SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NOEOH | SMFIP_NR_CONN |
			SMFIP_NR_MAIL | SMFIP_NR_HDR,
		&steps);
	if (!answer_data)
		take(offered, SMFIP_NODATA, &steps);
	if (!split)
		take(offered, SMFIP_NR_RCPT, &steps);
	if (offered & SMFIP_SKIP)
		steps |= SMFIP_SKIP;
	else
		take(offered, SMFIP_NR_BODY, &steps);
	return steps;
}

/* What we need does not depend on the mail server's settings. */
static void ask_for_macros(SMFICTX *ctx, unsigned long actions)
{
	char connect[] = "v";
	char mail[] = "i {auth_authen}";
	char rcpt[] = "i {rcpt_addr}";

	if (!(actions & SMFIF_SETSYMLIST))
		return;
	if (smfi_setsymlist(ctx, SMFIM_CONNECT, connect) != MI_SUCCESS ||
		smfi_setsymlist(ctx, SMFIM_ENVFROM, mail) != MI_SUCCESS ||
		smfi_setsymlist(ctx, SMFIM_ENVRCPT, rcpt) != MI_SUCCESS)
		log_message(LOG_WARNING, "cannot ask for macros");
}

static bool wants_to_change(const struct snapshot *snapshot)
{
	return snapshot->conf->verdict_header[0] != '\0' ||
	       policy_replies(snapshot->policy)->token;
}

static sfsistat cb_negotiate(SMFICTX *ctx, unsigned long actions,
	unsigned long steps, unsigned long f2, unsigned long f3,
	unsigned long *actions_r, unsigned long *steps_r, unsigned long *f2_r,
	unsigned long *f3_r)
{
	const unsigned long change = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
	struct session *session = session_new(service);
	struct snapshot *snapshot;

	(void)f2;
	(void)f3;
	if (session == NULL || smfi_setpriv(ctx, session) != MI_SUCCESS) {
		session_free(&session);
		return SMFIS_REJECT;
	}
	snapshot = service_snapshot(service);
	*actions_r = wants_to_change(snapshot) && (actions & change) == change
			     ? change
			     : 0;
	*steps_r =
		choose_steps(steps, policy_splits_recipients(snapshot->policy));
	snapshot_unref(&snapshot);
	*f2_r = 0;
	*f3_r = 0;
	session->can_change_headers = *actions_r != 0;
	session->can_refuse_rcpt = (*steps_r & SMFIP_NR_RCPT) == 0;
	session->can_skip_body = (*steps_r & SMFIP_SKIP) != 0;
	session->sees_body = (*steps_r & SMFIP_NOBODY) == 0;
	ask_for_macros(ctx, actions);
	return SMFIS_CONTINUE;
}

static sfsistat cb_connect(SMFICTX *ctx, char *hostname, _SOCK_ADDR *address)
{
	struct session *session = smfi_getpriv(ctx);

	(void)hostname;
	if (session == NULL) {
		/* Anew after QUIT_NC; what was negotiated then still holds. */
		session = session_new(service);
		if (session == NULL ||
			smfi_setpriv(ctx, session) != MI_SUCCESS) {
			session_free(&session);
			return out_of_memory();
		}
		session->can_change_headers = true;
	}
	session_set_client(session, address);
	return SMFIS_CONTINUE;
}

/*
 * Postfix knows the queue ID at MAIL only for mail that did not come by SMTP,
 * but by sendmail(1). Sendmail, whose version is a number, always knows it, and
 * asks filters about SMTP only.
 */
static bool is_local(SMFICTX *ctx)
{
	const char *version = macro(ctx, "v");

	return macro(ctx, "i") != NULL &&
	       (version == NULL || !isdigit((unsigned char)version[0]));
}

static sfsistat cb_envfrom(SMFICTX *ctx, char **args)
{
	struct session *session = smfi_getpriv(ctx);

	if (session == NULL ||
		txn_begin(session, args[0], macro(ctx, "{auth_authen}"),
			is_local(ctx)) < 0)
		return out_of_memory();
	return SMFIS_CONTINUE;
}

static sfsistat cb_envrcpt(SMFICTX *ctx, char **args)
{
	struct session *session = smfi_getpriv(ctx);
	struct txn *txn = current(ctx);
	struct verdict verdict;
	struct txn_view view;

	if (txn == NULL)
		return SMFIS_TEMPFAIL;
	if (txn_add_rcpt(txn, args[0], macro(ctx, "{rcpt_addr}"), &verdict))
		return SMFIS_CONTINUE;
	txn_view(session->txn, &view);
	log_refused_rcpt(macro(ctx, "i"), &view, &verdict);
	return refuse(ctx, view.snapshot->policy, &verdict, "", CATEGORY_OTHER);
}

/* Only asked for on inet sockets; the answer is all that matters. */
static sfsistat cb_data(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat cb_header(SMFICTX *ctx, char *name, char *value)
{
	struct txn *txn = current(ctx);
	size_t length = strlen(name);

	if (txn == NULL)
		return SMFIS_TEMPFAIL;
	/* "Subject :" is a Subject to those who read it. */
	while (length > 0 && strchr(" \t", name[length - 1]) != NULL)
		name[--length] = '\0';
	txn_add_header(txn, name, value);
	return SMFIS_CONTINUE;
}

static sfsistat cb_body(SMFICTX *ctx, unsigned char *chunk, size_t length)
{
	struct session *session = smfi_getpriv(ctx);
	struct txn *txn = current(ctx);

	if (txn == NULL)
		return SMFIS_TEMPFAIL;
	txn_add_body(txn, chunk, length);
	return session->can_skip_body && !txn_wants_body(txn) ? SMFIS_SKIP
							      : SMFIS_CONTINUE;
}

static void mark(SMFICTX *ctx, const struct session *session,
	const struct txn_view *view)
{
	if (view->snapshot->conf->verdict_header[0] == '\0')
		return;
	if (!session->can_change_headers || headers_mark(ctx, view) < 0)
		log_message(LOG_WARNING,
			"the mail server does not let verdict_header be set");
}

static void put_token(SMFICTX *ctx, const struct session *session,
	const struct txn_view *view)
{
	if (view->token[0] == '\0')
		return;
	if (!session->can_change_headers || headers_put_token(ctx, view) < 0)
		log_message(LOG_WARNING,
			"the mail server does not let replies.token be set");
}

static sfsistat cb_eom(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);
	struct txn *txn = current(ctx);
	const struct verdict *verdict;
	struct txn_view view;
	sfsistat status = SMFIS_CONTINUE;

	if (txn == NULL)
		return SMFIS_TEMPFAIL;
	txn_add_message_id(txn, macro(ctx, "{msg_id}"));
	verdict = txn_decide(txn);
	txn_view(txn, &view);
	log_verdict(macro(ctx, "i"), &view);
	if (verdict->outcome == OUTCOME_ACCEPT) {
		put_token(ctx, session, &view);
		mark(ctx, session, &view);
	} else {
		status = refuse(ctx, view.snapshot->policy, verdict, view.order,
			view.facts->category);
	}
	txn_end(session);
	return status;
}

static sfsistat cb_abort(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (session != NULL)
		txn_end(session);
	return SMFIS_CONTINUE;
}

static sfsistat cb_close(SMFICTX *ctx)
{
	struct session *session = smfi_getpriv(ctx);

	if (session != NULL) {
		smfi_setpriv(ctx, NULL);
		session_free(&session);
	}
	return SMFIS_CONTINUE;
}

int callbacks_register(struct service *shared, bool answers_data)
{
	static char name[] = "optout-milter";
	struct smfiDesc description = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS,
		.xxfi_connect = cb_connect,
		.xxfi_envfrom = cb_envfrom,
		.xxfi_envrcpt = cb_envrcpt,
		.xxfi_header = cb_header,
		.xxfi_body = cb_body,
		.xxfi_eom = cb_eom,
		.xxfi_abort = cb_abort,
		.xxfi_close = cb_close,
		.xxfi_data = cb_data,
		.xxfi_negotiate = cb_negotiate,
	};

	service = shared;
	answer_data = answers_data;
	return smfi_register(description) == MI_SUCCESS ? 0 : -1;
}
