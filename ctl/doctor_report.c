/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/doctor_report.h"

static const struct finding_info table[] = {
#define FINDING(id, severity, when) { #id, SEVERITY_##severity, when },
#include "ctl/finding.def"
#undef FINDING
};

const struct finding_info *finding_info(enum finding_id id)
{
	return &table[id];
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "note",
	};

	return names[severity];
}

static bool is_known(
	const struct report *report, enum finding_id id, struct place place)
{
	const char *file = place.file ? place.file : "";

	for (size_t i = 0; i < report->count; i++) {
		const struct report_item *finding = &report->findings[i];

		if (finding->id == id && finding->line == place.line &&
			!strcmp(finding->file, file))
			return true;
	}
	return false;
}

static char *__attribute__((format(printf, 1, 0)))
format_text(const char *format, va_list args)
{
	char *text;

	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

bool report_add(struct report *report, enum finding_id id, struct place place,
	const char *format, ...)
{
	struct report_item finding = { .id = id, .line = place.line };
	struct report_item *findings;
	va_list args;

	if (is_known(report, id, place))
		return false;
	va_start(args, format);
	finding.what = format_text(format, args);
	va_end(args);
	finding.file = strdup(place.file ? place.file : "");
	finding.fix = strdup("");
	findings = reallocarray(
		report->findings, report->count + 1, sizeof(*findings));
	if (findings != NULL)
		report->findings = findings;
	if (!findings || !finding.what || !finding.file || !finding.fix) {
		free(finding.what);
		free(finding.file);
		free(finding.fix);
		report->failed = true;
		return false;
	}
	findings[report->count++] = finding;
	return true;
}

void report_fix(struct report *report, const char *format, ...)
{
	struct report_item *finding;
	va_list args;
	char *fix;

	if (report->count == 0)
		return;
	va_start(args, format);
	fix = format_text(format, args);
	va_end(args);
	finding = &report->findings[report->count - 1];
	if (fix == NULL) {
		report->failed = true;
		return;
	}
	free(finding->fix);
	finding->fix = fix;
}

size_t report_count(const struct report *report, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += table[report->findings[i].id].severity == severity;
	return count;
}

bool report_has(const struct report *report, enum finding_id id)
{
	for (size_t i = 0; i < report->count; i++) {
		if (report->findings[i].id == id)
			return true;
	}
	return false;
}

void report_fini(struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->findings[i].file);
		free(report->findings[i].what);
		free(report->findings[i].fix);
	}
	free(report->findings);
	*report = (struct report){ 0 };
}
