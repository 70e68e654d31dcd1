/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * optout-milter: a Postfix and Sendmail milter that enforces a marketplace's
 * buyer opt-out.
 *
 * The map of the source
 *	policy/	the decision: memory in, verdict out
 *	cache/	the opt-out cache, on LMDB
 *	conf/	the two configuration files, by one table of options
 *	milter/	this daemon:
 *		main		options, the order of the start
 *		listener	the socket
 *		privileges	ceasing to be root
 *		supervisor	the parent: signals, restarts
 *		worker		the child: libmilter, reload, drain
 *		service		what all sessions share
 *		snapshot	configuration and policy, as one
 *		callbacks	libmilter's events
 *		session, txn	a connection, a message
 *		gather, lookup	its facts, from the text and the cache
 *		reply, headers, log	the verdict, told
 *	ctl/	optoutctl, the operator's command
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>
#include "milter/listener.h"
#include "milter/log.h"
#include "milter/privileges.h"
#include "milter/supervisor.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define FILES_WANTED 65536 /* descriptors; libmilter spins when out of them */

struct options {
	const char *conf_path;
	const char *socket;
	const char *pid_path;
	const char *user;
	bool foreground;
	bool check_only;
};

static void usage(FILE *out)
{
	fputs("usage: optout-milter [-fnV] [-c FILE] [-p SOCKET] [-P PIDFILE]\n"
	      "                     [-u USER[:GROUP]]\n"
	      "  -c FILE     configuration, " SYSCONFDIR
	      "/optout-milter/optout-milter.conf\n"
	      "  -f          stay in the foreground\n"
	      "  -n          check configuration and policy, then exit\n"
	      "  -p SOCKET   listen here instead of \"socket\"\n"
	      "  -P PIDFILE  write the process ID here\n"
	      "  -u USER     run as this user instead of \"user\"\n"
	      "  -V          print the version\n",
		out);
}

static struct options parse_options(int argc, char **argv)
{
	struct options o = {
		.conf_path = SYSCONFDIR "/optout-milter/optout-milter.conf",
		.foreground = getenv("NOTIFY_SOCKET") != NULL,
	};
	int c;

	while ((c = getopt(argc, argv, "c:fhnp:P:u:V")) != -1) {
		switch (c) {
		case 'c':
			o.conf_path = optarg;
			break;
		case 'f':
			o.foreground = true;
			break;
		case 'n':
			o.check_only = true;
			break;
		case 'p':
			o.socket = optarg;
			break;
		case 'P':
			o.pid_path = optarg;
			break;
		case 'u':
			o.user = optarg;
			break;
		case 'V':
			puts(PACKAGE_STRING);
			exit(EX_OK);
		case 'h':
			usage(stdout);
			exit(EX_OK);
		default:
			usage(stderr);
			exit(EX_USAGE);
		}
	}
	if (o.pid_path != NULL && o.pid_path[0] != '/') {
		fputs("optout-milter: -P needs a path that begins with /\n",
			stderr);
		exit(EX_USAGE);
	}
	if (optind < argc) {
		usage(stderr);
		exit(EX_USAGE);
	}
	return o;
}

static int fail(int status, const struct error *error)
{
	fprintf(stderr, "optout-milter: %s\n", error->text);
	return status;
}

/* The daemon's directory becomes /, so the path must not depend on it. */
static char *absolute(const char *path, struct error *error)
{
	char *resolved = realpath(path, NULL);

	if (resolved == NULL)
		error_set(error, "%s: %s", path, strerror(errno));
	return resolved;
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
		limit.rlim_cur >= FILES_WANTED)
		return;
	limit.rlim_cur =
		limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Says the line for main.cf, and what a reload could not read. */
static void say_start(const struct conf *conf, const char *conf_path,
	const char *user, const struct listener *listener)
{
	char milter[512];

	conf_socket_for_postfix(&listener->spec, milter, sizeof(milter));
	log_message(LOG_NOTICE, "starting; for main.cf: smtpd_milters = %s",
		milter);
	if (access(conf_path, R_OK) < 0 || access(conf->policy, R_OK) < 0)
		log_message(LOG_WARNING,
			"a reload will fail: user %s may not read %s or %s",
			user, conf_path, conf->policy);
}

/* Returns a descriptor by which the file can be emptied later, or -1. */
static int write_pid(const char *path, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (fd >= 0 && ftruncate(fd, 0) == 0 &&
		write(fd, text, (size_t)length) == length)
		return fd;
	error_set(error, "cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Where the directory is root's, the file stays, and is empty. */
static void remove_pid(const char *path, int fd)
{
	if (fd < 0)
		return;
	if (unlink(path) < 0 && ftruncate(fd, 0) < 0)
		log_message(LOG_WARNING, "cannot remove %s: %s", path,
			strerror(errno));
	close(fd);
}

/*
 * Goes to the background; the first process exits once the worker serves, so
 * that a start script sees a failure. Returns the descriptor to report to.
 */
static int daemonise(void)
{
	int ready[2];
	int null_fd;
	char octet;
	pid_t child;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	child = fork();
	if (child < 0)
		return -1;
	if (child > 0) {
		close(ready[1]);
		_exit(read(ready[0], &octet, 1) == 1 ? octet : EX_UNAVAILABLE);
	}
	close(ready[0]);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (setsid() < 0 || chdir("/") < 0 || null_fd < 0)
		return -1;
	/* Standard error stays until the worker serves: see log_started(). */
	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	close(null_fd);
	return ready[1];
}

static const char *user_of(const struct options *o, const struct conf *conf)
{
	return o->user != NULL ? o->user : conf->user;
}

/*
 * All that needs root, then no longer root. The key ring belongs to the user,
 * since optoutctl reads it as that user, too.
 */
static int prepare(const struct options *o, const struct conf *conf,
	struct listener *listener, int *pid_fd_r, struct keyring **ring_r,
	struct error *error)
{
	struct privileges privileges;

	if (privileges_lookup(user_of(o, conf), &privileges, error) < 0)
		return EX_CONFIG;
	if (listener_open(listener, o->socket, conf, &privileges, error) < 0)
		return EX_CANTCREAT;
	if (o->pid_path != NULL) {
		*pid_fd_r = write_pid(o->pid_path, error);
		if (*pid_fd_r < 0)
			return EX_CANTCREAT;
	}
	raise_file_limit();
	if (privileges_drop(&privileges, error) < 0)
		return EX_NOPERM;
	if (geteuid() == 0) {
		error_set(error, "will not run as root; set \"user\" or -u");
		return EX_CONFIG;
	}
	*ring_r = keyring_load(conf->cache.keys, error);
	return *ring_r != NULL ? EX_OK : EX_CONFIG;
}

static int serve(const struct options *o, struct snapshot *snapshot)
{
	struct error error = { 0 };
	struct listener listener = { .fd = -1, .lock_fd = -1 };
	struct keyring *ring = NULL;
	struct worker_options worker = { 0 };
	int ready_fd = -1;
	int pid_fd = -1;
	int status;
	char octet;

	if (!o->foreground && snapshot->conf->log.target == LOG_TARGET_STDERR) {
		error_set(&error, "log.target \"stderr\" needs -f");
		return fail(EX_CONFIG, &error);
	}
	if (!o->foreground)
		ready_fd = daemonise();
	if (!o->foreground && ready_fd < 0) {
		error_set(&error, "cannot go to the background: %s",
			strerror(errno));
		return fail(EX_OSERR, &error);
	}
	status = prepare(o, snapshot->conf, &listener, &pid_fd, &ring, &error);
	if (status != EX_OK) {
		remove_pid(o->pid_path, pid_fd);
		listener_close(&listener);
		keyring_free(&ring);
		octet = (char)status;
		if (ready_fd >= 0 && write(ready_fd, &octet, 1) < 0)
			return EX_OSERR;
		return fail(status, &error);
	}
	log_open(snapshot->conf);
	say_start(snapshot->conf, o->conf_path, user_of(o, snapshot->conf),
		&listener);
	worker.conf_path = o->conf_path;
	worker.socket = o->socket;
	worker.listen_fd = listener.fd;
	worker.lock_fd = listener.lock_fd;
	worker.answer_data = listener.spec.family != SOCKET_UNIX;
	worker.detached = !o->foreground;
	worker.snapshot = snapshot;
	worker.ring = ring;
	status = supervisor_run(&worker, ready_fd);
	remove_pid(o->pid_path, pid_fd);
	listener_close(&listener);
	keyring_free(&ring);
	log_message(LOG_NOTICE, "stopped");
	return status;
}

/* What the files name must exist, as far as that cannot come later. */
static int check(const struct options *o, const struct conf *conf)
{
	struct error error = { 0 };
	struct privileges privileges;
	gid_t group;

	if (privileges_lookup(user_of(o, conf), &privileges, &error) < 0 ||
		listener_find_group(conf, &group, &error) < 0)
		return fail(EX_CONFIG, &error);
	return EX_OK;
}

int main(int argc, char **argv)
{
	struct options o = parse_options(argc, argv);
	struct error error = { 0 };
	struct snapshot *snapshot;
	char *path = absolute(o.conf_path, &error);
	int status = EX_OK;

	if (path == NULL)
		return fail(EX_CONFIG, &error);
	o.conf_path = path;
	snapshot = snapshot_load(path, &error);
	if (o.socket == NULL && snapshot != NULL)
		o.socket = snapshot->conf->socket;
	if (snapshot == NULL)
		status = fail(EX_CONFIG, &error);
	else if (o.check_only)
		status = check(&o, snapshot->conf);
	else
		status = serve(&o, snapshot);
	snapshot_unref(&snapshot);
	free(path);
	return status;
}
