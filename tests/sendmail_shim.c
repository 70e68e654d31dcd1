/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into a private Sendmail, which logs to syslog(3) only and sleeps
 * a minute where the host's name has no dot. The log goes to the file
 * SENDMAIL_SHIM_LOG, and the host's name is SENDMAIL_SHIM_HOST. Read at the
 * start, since Sendmail empties its environment.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static const char *host = "localhost.localdomain";
static const char *path = "/dev/null";

__attribute__((constructor)) static void read_environment(void)
{
	const char *log = getenv("SENDMAIL_SHIM_LOG");
	const char *name = getenv("SENDMAIL_SHIM_HOST");

	/* The strings go with the environment. */
	if (log != NULL)
		path = strdup(log);
	if (name != NULL)
		host = strdup(name);
}

int gethostname(char *name, size_t size)
{
	snprintf(name, size, "%s", host);
	return 0;
}

/* One write, so that lines of several processes do not mix. */
__attribute__((format(printf, 1, 0))) static void write_line(
	const char *format, va_list arguments)
{
	char line[8192];
	int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	int start = snprintf(line, sizeof(line), "sendmail[%d]: ", getpid());
	int length;

	vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format,
		arguments);
	length = (int)strlen(line);
	line[length++] = '\n';
	if (file >= 0 && write(file, line, (size_t)length) < 0)
		path = "/dev/null";
	if (file >= 0)
		close(file);
}

void openlog(const char *ident, int option, int facility)
{
	(void)ident;
	(void)option;
	(void)facility;
}

void syslog(int priority, const char *format, ...)
{
	va_list arguments;

	(void)priority;
	va_start(arguments, format);
	write_line(format, arguments);
	va_end(arguments);
}

/* The name by which a program is linked that was built with fortification. */
void __syslog_chk(int priority, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list arguments;

	(void)priority;
	(void)flag;
	va_start(arguments, format);
	write_line(format, arguments);
	va_end(arguments);
}
