/* SPDX-License-Identifier: BSD-2-Clause */
/* The only place that logs. Any thread. */
#ifndef MILTER_LOG_H
#define MILTER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"
#include "milter/txn.h"

#define LOG_LINE_SIZE 2048 /* octets of the longest line, with NUL */

/* Logs as conf says from now on. Before the first call: to standard error. */
void log_open(const struct conf *conf);

/*
 * Until this call errors go to standard error as well as to syslog, since
 * somebody may wait for the start. detach: close standard error from now on.
 */
void log_started(bool detach);

/* priority as in syslog.h. */
void log_message(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The line of a message as key=value, without the queue ID. Values are
 * escaped: no blank, quote, control or 8-bit octet gets through raw.
 */
void log_format_verdict(const struct txn_view *view, char *line_r, size_t size);

/* Logs a message's verdict. queue_id may be NULL: NOQUEUE. */
void log_verdict(const char *queue_id, const struct txn_view *view);

/* Logs a recipient refused at RCPT. */
void log_refused_rcpt(const char *queue_id, const struct txn_view *view,
	const struct verdict *verdict);

#endif
