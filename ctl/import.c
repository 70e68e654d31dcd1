/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ctl/csvfile.h"
#include "ctl/ctl.h"
#include "ctl/jsonout.h"
#include "ctl/load.h"
#include "ctl/progress.h"

static volatile sig_atomic_t caught_signal;

static void catch (int signal_number)
{
	caught_signal = signal_number;
}

/* Without SA_RESTART, so that they interrupt a read from a terminal or pipe. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = catch };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int parse(struct ctl *ctl, struct load *load, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "replace", no_argument, NULL, 'r' },
		CTL_LONG_OPTIONS,
	};
	int c;

	while ((c = ctl_next_option(
			ctl, argc, argv, CTL_SHORT_OPTIONS, longs)) != -1) {
		if (c == CTL_STOP)
			return CTL_STOP;
		load->replace = true;
	}
	ctl->status = EX_USAGE;
	if (argc - optind != 2) {
		ctl_usage(ctl, "give what to import, and a file");
		return CTL_STOP;
	}
	if (rows_kind_from_name(argv[optind], &load->kind) < 0) {
		ctl_usage(ctl, "%s: is none of optouts, aliases, orders",
			argv[optind]);
		return CTL_STOP;
	}
	load->name = argv[optind + 1];
	return 1;
}

static uint64_t size_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
		return 0;
	return (uint64_t)st.st_size;
}

/* An exit code for a file that could not be read to its end. */
static int read_failure(
	const struct load *load, const struct csvfile *file, int result)
{
	if (result == CSVFILE_STOPPED)
		return load->status; /* told already */
	if (result == CSVFILE_TOO_LONG)
		return ctl_fail(EX_DATAERR,
			"%s:%" PRIu64 ": a field without end; is a closing "
			"quote missing?",
			load->name, file->row.line);
	return ctl_fail(
		EX_IOERR, "%s: cannot read: %s", load->name, strerror(errno));
}

/* Returns 0, or an exit code after a message. */
static int read_rows(
	struct load *load, struct csvfile *file, struct progress *progress)
{
	enum csvfile_result result;

	do {
		result = csvfile_read(file);
		if (caught_signal)
			return EX_TEMPFAIL;
		progress_update(progress, file->bytes, load->read);
	} while (result == CSVFILE_MORE);
	progress_end(progress);
	if (result != CSVFILE_END)
		return read_failure(load, file, result);
	return load_end(load);
}

static long peak_kib(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

static void print_text(const struct load *load, double seconds, double rate)
{
	printf("%s: %" PRIu64 " rows read, %" PRIu64 " imported, %" PRIu64
	       " bad; %.1f s, %.0f rows/s, peak memory %.1f MiB\n",
		rows_kind_name(load->kind), load->read, load->imported,
		load->bad_count, seconds, rate, (double)peak_kib() / 1024.0);
}

static json_t *bad_rows_json(const struct load *load)
{
	struct jsonout list;

	jsonout_begin_list(&list);
	for (size_t i = 0; i < load->bad_count && i < LOAD_BAD_MAX; i++) {
		struct jsonout row;

		jsonout_begin(&row);
		jsonout_integer(&row, "line", (int64_t)load->bad[i].line);
		jsonout_string(&row, "error", load->bad[i].text);
		jsonout_item(&list, jsonout_take(&row));
	}
	return jsonout_take(&list);
}

static int print_json(const struct load *load, double seconds, double rate)
{
	struct jsonout out;

	jsonout_begin(&out);
	jsonout_string(&out, "kind", rows_kind_name(load->kind));
	jsonout_bool(&out, "replace", load->replace);
	jsonout_integer(&out, "read", (int64_t)load->read);
	jsonout_integer(&out, "imported", (int64_t)load->imported);
	jsonout_integer(&out, "bad", (int64_t)load->bad_count);
	jsonout_value(&out, "bad_rows", bad_rows_json(load));
	jsonout_real(&out, "seconds", seconds);
	jsonout_real(&out, "rows_per_second", rate);
	jsonout_integer(&out, "peak_kib", peak_kib());
	return jsonout_end(&out);
}

static int print_result(
	const struct ctl *ctl, const struct load *load, double seconds)
{
	double rate = seconds > 0 ? (double)load->read / seconds : 0;

	if (ctl->json)
		return print_json(load, seconds, rate);
	print_text(load, seconds, rate);
	return 0;
}

static int load_file(struct ctl *ctl, struct load *load, int fd)
{
	struct progress progress;
	struct csvfile file;
	int status, printed;

	load->ctl = ctl;
	if (load_init(load) < 0 || csvfile_init(&file, fd, load_row, load) < 0)
		return ctl_fail(EX_OSERR, "out of memory");
	progress_begin(&progress, size_of(fd));
	status = read_rows(load, &file, &progress);
	progress_end(&progress);
	csvfile_fini(&file);
	if (caught_signal)
		return ctl_fail(EX_TEMPFAIL,
			"interrupted; %" PRIu64 " rows were imported before",
			load->imported);
	printed = print_result(ctl, load, progress_seconds(&progress));
	return status != 0 ? status : printed;
}

/* Those who started us shall see that a signal ended us. */
static void die_of_signal(int signal_number)
{
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct load load = { 0 };
	int fd, status;

	if (parse(ctl, &load, argc, argv) == CTL_STOP)
		return ctl->status;
	if ((status = ctl_load_conf(ctl)) != 0)
		return status;
	if (load.kind != BULK_ALIASES)
		ctl_load_policy(ctl);
	if ((status = ctl_open_input(load.name, &fd)) != 0)
		return status;
	if (fd == STDIN_FILENO)
		load.name = "standard input";
	catch_signals();
	if ((status = ctl_become_user(ctl)) == 0 &&
		(status = ctl_open_cache(ctl)) == 0)
		status = load_file(ctl, &load, fd);
	load_fini(&load);
	if (fd != STDIN_FILENO)
		close(fd);
	if (caught_signal) {
		ctl_fini(ctl);
		die_of_signal(caught_signal);
	}
	return ctl_end_output(status);
}

const struct command command_import = {
	.name = "import",
	.arguments = "optouts|aliases|orders FILE.csv|- [--replace]",
	.help = "Imports a CSV file. Its first line names the columns, in any "
		"order:\n\n"
		"  optouts   buyer, seller or order, until, source, created\n"
		"  aliases   alias, buyer\n"
		"  orders    order, buyer, seller, custom (yes or no)\n\n"
		"buyer_id and so on take ids as export writes them. Bad rows "
		"are reported with\ntheir line and left out.\n\n"
		"  --replace   the file stands for all records of its kind; "
		"with a bad row,\n"
		"              nothing is changed\n\n"
		"Exit codes: 0 done, 65 bad rows, others as in sysexits.h.\n",
	.run = run,
};
