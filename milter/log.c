/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include "milter/log.h"

#define VALUE_MAX 200 /* octets of one value that are shown */
#define LOG_PHRASES 4

static int log_level = LOG_INFO;
static int log_target = LOG_TARGET_STDERR;
static bool log_starting = true;

void log_open(const struct conf *conf)
{
	openlog("optout-milter", LOG_PID | LOG_NDELAY, conf->log.facility);
	__atomic_store_n(&log_level, conf->log.level, __ATOMIC_RELAXED);
	__atomic_store_n(&log_target, conf->log.target, __ATOMIC_RELAXED);
}

void log_started(bool detach)
{
	__atomic_store_n(&log_starting, false, __ATOMIC_RELAXED);
	/* Standard output is /dev/null in the background. */
	if (detach)
		dup2(STDOUT_FILENO, STDERR_FILENO);
}

static void write_line(int priority, const char *text)
{
	char line[LOG_LINE_SIZE + 64];
	int length;

	if (__atomic_load_n(&log_target, __ATOMIC_RELAXED) ==
		LOG_TARGET_SYSLOG) {
		syslog(priority, "%s", text);
		if (priority > LOG_ERR ||
			!__atomic_load_n(&log_starting, __ATOMIC_RELAXED))
			return;
	}
	length = snprintf(line, sizeof(line), "optout-milter[%d]: %s\n",
		(int)getpid(), text);
	if (length >= (int)sizeof(line)) {
		length = sizeof(line) - 1;
		line[length - 1] = '\n';
	}
	/* One write, so that lines of threads do not mix. A log that cannot be
	 * written must not stop the mail. */
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

static bool is_wanted(int priority)
{
	return priority <= __atomic_load_n(&log_level, __ATOMIC_RELAXED);
}

void log_message(int priority, const char *format, ...)
{
	char text[LOG_LINE_SIZE];
	va_list ap;

	if (!is_wanted(priority))
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	write_line(priority, text);
}

/* A line under construction; what does not fit is left out. */
struct line {
	char *text;
	size_t size;
	size_t length;
};

static void add(struct line *line, const char *text)
{
	size_t length = strlen(text);

	if (length >= line->size - line->length)
		return;
	memcpy(line->text + line->length, text, length + 1);
	line->length += length;
}

static void add_value(struct line *line, const char *key, const char *value)
{
	char escaped[4 * VALUE_MAX + 4];
	size_t n = 0;
	size_t i;

	for (i = 0; value[i] != '\0' && i < VALUE_MAX; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c > ' ' && c <= '~' && c != '"' && c != '\\')
			escaped[n++] = (char)c;
		else
			n += (size_t)sprintf(escaped + n, "\\x%02x", c);
	}
	strcpy(escaped + n, value[i] != '\0' ? "..." : "");
	add(line, line->length > 0 ? " " : "");
	add(line, key);
	add(line, "=");
	add(line, escaped[0] != '\0' ? escaped : "-");
}

static void add_number(struct line *line, const char *key, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	add_value(line, key, text);
}

/* The recipient that the verdict is about: one who opted out, else a buyer. */
static const struct recipient *find_subject(const struct txn_view *view)
{
	const struct recipient *buyer = NULL;

	for (size_t i = 0; i < view->recipient_count; i++) {
		const struct recipient *r = &view->recipients[i];

		if (r->is_buyer && r->opt_out == SOMEBODY_OPTED_OUT)
			return r;
		if (r->is_buyer && buyer == NULL)
			buyer = r;
	}
	return buyer;
}

static bool shows_addresses(const struct txn_view *view)
{
	return view->snapshot->conf->log.addresses == LOG_ADDRESSES_PLAIN;
}

static void add_hash(
	struct line *line, const char *key, const struct identity *id)
{
	char text[16];

	snprintf(text, sizeof(text), "#%02x%02x%02x%02x", id->bytes[0],
		id->bytes[1], id->bytes[2], id->bytes[3]);
	add_value(line, key, text);
}

/* A buyer's address in the place of a seller's is a buyer's all the same. */
static void add_seller(struct line *line, const struct txn_view *view)
{
	if (view->sender_id != NULL && view->facts->from_buyer)
		add_value(line, "seller", "");
	else if (view->sender_id != NULL && !view->seller_by_login &&
		 !shows_addresses(view))
		add_hash(line, "seller", view->sender_id);
	else
		add_value(line, "seller", view->seller);
}

static void add_buyer(struct line *line, const struct txn_view *view)
{
	const struct recipient *r = find_subject(view);
	bool from_buyer = view->sender_id != NULL && view->facts->from_buyer;

	if (from_buyer && shows_addresses(view))
		add_value(line, "buyer", view->sender);
	else if (from_buyer)
		add_hash(line, "buyer", view->sender_id);
	else if (r == NULL || (r->unreadable && !shows_addresses(view)))
		add_value(line, "buyer", "");
	else if (shows_addresses(view))
		add_value(line, "buyer", r->address);
	else
		add_hash(line, "buyer", &r->id);
}

static void add_outcome(struct line *line, const struct verdict *verdict)
{
	const struct reason_info *info = reason_info(verdict->reason);

	add_value(line, "outcome", outcome_name(verdict->outcome));
	if (verdict->outcome != info->outcome)
		add_value(line, "would", outcome_name(info->outcome));
	add_value(line, "reason", info->name);
	if (info->code != 0)
		add_number(line, "code", info->code);
}

static void add_policy(struct line *line, const struct policy *policy)
{
	char text[128];

	snprintf(text, sizeof(text), "%s@%" PRId64, policy_profile(policy),
		policy_version(policy));
	add_value(line, "policy", text);
}

/* A few of the phrases that decided, as kind:phrase, and the score. */
static void add_judgement(struct line *line, const struct judgement *j)
{
	char phrases[VALUE_MAX] = "";
	size_t length = 0;
	int count = 0;

	add_value(line, "category", category_name(j->category));
	add_number(line, "score", j->score);
	if (j->words.count > 0)
		add_number(line, "wording", j->wording);
	if (j->mixed)
		add_value(line, "mixed", "yes");
	for (size_t i = 0; i < j->phrase_count && count < LOG_PHRASES; i++) {
		const struct judged_phrase *p = &j->phrases[i];
		size_t room = sizeof(phrases) - length;
		int n;

		if (!p->decided)
			continue;
		n = snprintf(phrases + length, room, "%s%s:%s",
			count > 0 ? "," : "", kind_name(p->kind), p->text);
		if (n < 0 || (size_t)n >= room) {
			phrases[length] = '\0';
			break;
		}
		length += (size_t)n;
		count++;
	}
	for (char *p = phrases; *p != '\0'; p++)
		if (*p == ' ')
			*p = '_';
	add_value(line, "phrases", phrases);
}

void log_format_verdict(const struct txn_view *view, char *line_r, size_t size)
{
	struct line line = { line_r, size, 0 };

	line_r[0] = '\0';
	add_outcome(&line, view->verdict);
	add_value(&line, "order", view->order);
	add_seller(&line, view);
	add_buyer(&line, view);
	add_number(&line, "rcpts", (int64_t)view->recipient_count);
	add_value(&line, "rule", view->verdict->rule);
	if (view->judgement != NULL)
		add_judgement(&line, view->judgement);
	if (view->fault_text[0] != '\0')
		add_value(&line, "fault", view->fault_text);
	if (view->thread_share >= 0)
		add_number(&line, "share", view->thread_share);
	add_value(&line, "mode",
		view->verdict->mode == MODE_SHADOW ? "shadow" : "enforce");
	add_policy(&line, view->snapshot->policy);
	add_number(&line, "lookup_us", view->lookup_us);
	add_number(&line, "total_us", view->total_us);
}

/* A queue ID comes from the MTA, yet nothing may forge a line by it. */
static void format_queue_id(const char *queue_id, char *text_r, size_t size)
{
	size_t n = 0;

	if (queue_id == NULL || queue_id[0] == '\0')
		queue_id = "NOQUEUE";
	for (; *queue_id != '\0' && n + 1 < size; queue_id++)
		text_r[n++] =
			*queue_id > ' ' && *queue_id <= '~' ? *queue_id : '?';
	text_r[n] = '\0';
}

void log_verdict(const char *queue_id, const struct txn_view *view)
{
	char line[LOG_LINE_SIZE];
	char id[64];

	if (!is_wanted(LOG_INFO))
		return;
	format_queue_id(queue_id, id, sizeof(id));
	log_format_verdict(view, line, sizeof(line));
	log_message(LOG_INFO, "%s: %s", id, line);
}

void log_refused_rcpt(const char *queue_id, const struct txn_view *view,
	const struct verdict *verdict)
{
	char text[LOG_LINE_SIZE];
	struct line line = { text, sizeof(text), 0 };
	char id[64];

	format_queue_id(queue_id, id, sizeof(id));
	add_outcome(&line, verdict);
	add_seller(&line, view);
	add_value(&line, "rule", verdict->rule);
	add_policy(&line, view->snapshot->policy);
	log_message(LOG_INFO, "%s: %s", id, text);
}
