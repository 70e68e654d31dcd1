/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include <systemd/sd-daemon.h>
#include "milter/log.h"
#include "milter/supervisor.h"

#define PAUSE_MIN_MS 50	   /* before a crashed worker is started again */
#define PAUSE_MAX_MS 1000  /* when it keeps crashing */
#define KILL_GRACE_MS 5000 /* beyond drain_timeout */

struct supervisor {
	struct worker_options *options;
	sigset_t signals;
	int signal_fd;
	int ready_fd;

	pid_t worker;
	int status_fd;	/* of the worker */
	bool was_ready; /* a worker served at least once */
	bool stopping;
	int pause_ms;	     /* before a start, the last time; 0: none yet */
	int64_t start_at_ms; /* monotonic; while there is no worker */
	int64_t kill_at_ms;  /* monotonic; while stopping */
	int drain_timeout;   /* seconds, as the worker has it */
	int exit_status;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * In the child: ends with the parent. Signals stay blocked until the worker can
 * take them, so that none sent meanwhile is lost, or ends it.
 */
static void become_worker(struct supervisor *s, int status_fd, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EX_TEMPFAIL);
	setpgid(0, 0); /* a terminal's Ctrl-C is for the supervisor */
	close(s->signal_fd);
	if (s->options->lock_fd >= 0)
		close(s->options->lock_fd);
	if (s->ready_fd >= 0)
		close(s->ready_fd);
	s->options->status_fd = status_fd;
	/* Not exit(): libmilter's threads may still run. */
	_exit(worker_run(s->options));
}

static int start_worker(struct supervisor *s)
{
	pid_t parent = getpid();
	int status[2];

	if (pipe2(status, O_CLOEXEC) < 0)
		return -1;
	s->worker = fork();
	if (s->worker < 0) {
		s->worker = 0;
		close(status[0]);
		close(status[1]);
		return -1;
	}
	if (s->worker == 0) {
		close(status[0]);
		become_worker(s, status[1], parent);
	}
	close(status[1]);
	s->status_fd = status[0];
	return 0;
}

/* Tells who waits for the start how it went. */
static void tell_start(struct supervisor *s, int status)
{
	char octet = (char)status;

	if (s->ready_fd < 0)
		return;
	if (write(s->ready_fd, &octet, 1) < 0)
		log_message(LOG_WARNING, "nobody waits for the start");
	close(s->ready_fd);
	s->ready_fd = -1;
}

static void notify_ready(struct supervisor *s)
{
	s->was_ready = true;
	s->options->restarted = true;
	s->pause_ms = 0;
	tell_start(s, EX_OK);
	log_started(s->options->detached);
	sd_notify(0, "READY=1");
}

static void read_status(struct supervisor *s)
{
	struct worker_report report;
	ssize_t n = read(s->status_fd, &report, sizeof(report));

	if (n == sizeof(report))
		s->drain_timeout = report.drain_timeout;
	if (n == sizeof(report) && report.status == WORKER_READY) {
		log_message(LOG_NOTICE, "ready: worker %d serves %s",
			(int)s->worker, s->options->socket);
		notify_ready(s);
	} else if (n == sizeof(report)) {
		sd_notify(0, "READY=1");
	} else if (n <= 0 && !(n < 0 && errno == EINTR)) {
		close(s->status_fd);
		s->status_fd = -1;
	}
}

/* A worker that never served has logged why: trying again would not help. */
static void worker_ended(struct supervisor *s, int status)
{
	bool again = s->was_ready && !s->stopping;

	s->worker = 0;
	if (s->status_fd >= 0)
		close(s->status_fd);
	s->status_fd = -1;
	s->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
	if (!again) {
		s->stopping = true;
		return;
	}
	if (WIFSIGNALED(status))
		log_message(LOG_CRIT, "worker died of signal %d; starting anew",
			WTERMSIG(status));
	else
		log_message(LOG_ERR,
			"worker exited with status %d; starting "
			"anew",
			s->exit_status);
	s->pause_ms = s->pause_ms == 0 ? PAUSE_MIN_MS : 2 * s->pause_ms;
	if (s->pause_ms > PAUSE_MAX_MS)
		s->pause_ms = PAUSE_MAX_MS;
	s->start_at_ms = now_ms() + s->pause_ms;
}

static void stop(struct supervisor *s)
{
	if (s->worker == 0 || s->stopping) {
		/* The second request does not wait any longer. */
		if (s->worker != 0)
			kill(s->worker, SIGKILL);
		else
			s->exit_status = EX_OK;
		s->stopping = true;
		return;
	}
	s->stopping = true;
	s->kill_at_ms =
		now_ms() + KILL_GRACE_MS + (int64_t)s->drain_timeout * 1000;
	sd_notify(0, "STOPPING=1");
	kill(s->worker, WORKER_DRAIN);
}

static void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static void take_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;
	int status;

	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD) {
		if (s->worker != 0 &&
			waitpid(s->worker, &status, WNOHANG) == s->worker)
			worker_ended(s, status);
	} else if (info.ssi_signo == SIGHUP) {
		notify_reloading();
		if (s->worker != 0)
			kill(s->worker, WORKER_RELOAD);
	} else {
		stop(s);
	}
}

/* How long to wait for an event; -1: for ever. */
static int patience_ms(const struct supervisor *s)
{
	int64_t left = s->start_at_ms - now_ms();

	if (s->stopping)
		left = s->kill_at_ms - now_ms();
	else if (s->worker != 0)
		return -1;
	return left > 0 ? (int)left : 0;
}

/* One event, and what is due. */
static void attend(struct supervisor *s)
{
	struct pollfd fds[2] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->status_fd, .events = POLLIN },
	};
	int n = poll(fds, 2, patience_ms(s));

	if (n > 0 && fds[1].revents != 0)
		read_status(s);
	if (n > 0 && fds[0].revents != 0)
		take_signal(s);
	if (s->stopping && s->worker != 0 && now_ms() >= s->kill_at_ms) {
		log_message(LOG_WARNING, "worker %d does not end; killing it",
			(int)s->worker);
		kill(s->worker, SIGKILL);
		s->kill_at_ms = now_ms() + KILL_GRACE_MS;
	}
	if (s->worker == 0 && !s->stopping && now_ms() >= s->start_at_ms &&
		start_worker(s) < 0) {
		log_message(
			LOG_CRIT, "cannot start a worker: %s", strerror(errno));
		s->start_at_ms = now_ms() + PAUSE_MAX_MS;
	}
}

int supervisor_run(struct worker_options *worker, int ready_fd)
{
	struct supervisor s = {
		.options = worker,
		.ready_fd = ready_fd,
		.status_fd = -1,
		.drain_timeout = (int)worker->snapshot->conf->drain_timeout,
	};
	sigset_t worker_signals;

	sigemptyset(&s.signals);
	sigaddset(&s.signals, SIGHUP);
	sigaddset(&s.signals, SIGTERM);
	sigaddset(&s.signals, SIGINT);
	sigaddset(&s.signals, SIGCHLD);
	worker_signals = s.signals;
	sigaddset(&worker_signals, WORKER_RELOAD);
	sigaddset(&worker_signals, WORKER_DRAIN);
	sigprocmask(SIG_BLOCK, &worker_signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	s.signal_fd = signalfd(-1, &s.signals, SFD_CLOEXEC);
	if (s.signal_fd < 0 || start_worker(&s) < 0) {
		log_message(
			LOG_CRIT, "cannot start a worker: %s", strerror(errno));
		return EX_OSERR;
	}
	while (s.worker != 0 || !s.stopping)
		attend(&s);
	close(s.signal_fd);
	tell_start(&s, s.exit_status);
	return s.exit_status;
}
