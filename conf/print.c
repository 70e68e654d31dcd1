/* SPDX-License-Identifier: BSD-2-Clause */
/* The samples and the manuals' lists, printed from the table of options. */
#include <stdlib.h>
#include <string.h>
#include "conf/conf_private.h"

#define WIDTH 78

static const char daemon_intro[] =
	"# SPDX-License-Identifier: BSD-2-Clause\n"
	"# Settings of optout-milter; optout-milter.conf(5) explains them.\n"
	"#\n"
	"# A line that begins with # and the name of a setting shows its\n"
	"# default: to change it, remove the # and set your value.\n"
	"# \"optout-milter -n -c FILE\" checks this file and the policy.\n"
	"# Paths are literal: change those below /etc and /var where the\n"
	"# filter is installed elsewhere.\n";

static const char policy_intro[] =
	"# SPDX-License-Identifier: BSD-2-Clause\n"
	"# The policy that optout-milter enforces; optout-policy.conf(5)\n"
	"# explains it.\n"
	"#\n"
	"# A line that begins with # and the name of a setting shows its\n"
	"# default: to change it, remove the # and set your value.\n"
	"# \"optout-milter -n -c FILE\" checks this file; a reload (SIGHUP)\n"
	"# puts it in force.\n"
	"#\n"
	"# As installed, this policy is in shadow mode: it refuses nothing "
	"and\n"
	"# logs what it would refuse. See \"modes\" below to switch it on.\n";

static void print_quoted(FILE *out, const char *text, size_t length)
{
	size_t i;

	putc('"', out);
	for (i = 0; i < length; i++) {
		if (text[i] == '"' || text[i] == '\\')
			putc('\\', out);
		putc(text[i], out);
	}
	putc('"', out);
}

static void print_items(FILE *out, const char *text)
{
	size_t length;

	if (text[0] == '\0') {
		fputs("[ ]", out);
		return;
	}
	fputs("[ ", out);
	for (;;) {
		length = strcspn(text, ",");
		print_quoted(out, text, length);
		if (text[length] == '\0')
			break;
		fputs(", ", out);
		text += length + strlen(", ");
	}
	fputs(" ]", out);
}

void print_value(FILE *out, const struct option *option, const char *text)
{
	if (option->type == TYPE_BOOL || option->type == TYPE_INT)
		fputs(text, out);
	else if (option->type == TYPE_STRLIST)
		print_items(out, text);
	else
		print_quoted(out, text, strlen(text));
}

/*
 * Text, filled with words up to the width. Each line begins with prefix, which
 * takes columns.
 */
static void print_filled(FILE *out, const char *prefix, size_t columns,
	const char *text, size_t length,
	void (*print)(FILE *out, const char *word, size_t length))
{
	const char *end = text + length;
	size_t column = 0, word;

	for (; text < end; text += word + strspn(text + word, " ")) {
		word = strcspn(text, " ");
		if (text + word > end)
			word = end - text;
		if (column > 0 && column + 1 + word > WIDTH) {
			putc('\n', out);
			column = 0;
		}
		fputs(column == 0 ? prefix : " ", out);
		column += (column == 0 ? columns : 1) + word;
		print(out, text, word);
	}
	putc('\n', out);
}

/* The sample */

static void print_plain(FILE *out, const char *text, size_t length)
{
	fwrite(text, 1, length, out);
}

static void print_comment(FILE *out, const char *indent, const char *text)
{
	char prefix[8];

	snprintf(prefix, sizeof(prefix), "%s# ", indent);
	print_filled(out, prefix, indent[0] ? 10 : 2, text, strlen(text),
		print_plain);
}

/* The built-in notice of a reason, one line per item, as a comment. */
static void print_notice(FILE *out, const char *indent, const char *name,
	const struct reason_info *info)
{
	const char *line = info->advice;
	size_t length;

	fprintf(out, "%s#%s = [\n%s#\t", indent, name, indent);
	print_quoted(out, info->cause, strlen(info->cause));
	while (*line != '\0') {
		length = strcspn(line, "\n");
		fprintf(out, ",\n%s#\t", indent);
		print_quoted(out, line, length);
		line += length + (line[length] != '\0');
	}
	fprintf(out, "\n%s#];\n", indent);
}

static void print_setting(
	FILE *out, const struct option *option, const char *indent)
{
	const char *dot = strchr(option->key, '.');
	const char *name = dot ? dot + 1 : option->key;
	enum reason reason = option_reason(option);

	if (reason != REASON_NONE && option->type == TYPE_STRLIST) {
		print_notice(out, indent, name, reason_info(reason));
		return;
	}
	fprintf(out, "%s%s%s = ", indent, option->sample ? "" : "#", name);
	print_value(
		out, option, option->sample ? option->sample : option->initial);
	fputs(";\n", out);
}

/* The octets of the name of the option's group; 0 at the top. */
static size_t group_length(const struct option *option)
{
	return option && strchr(option->key, '.') ? strcspn(option->key, ".")
						  : 0;
}

static bool is_same_group(const struct option *a, const struct option *b)
{
	size_t length = group_length(b);

	return group_length(a) == length &&
	       (length == 0 || (a && strncmp(a->key, b->key, length) == 0));
}

/* The rows for the reasons share one help. */
static bool repeats_help(const struct option *last, const struct option *option)
{
	return last && strcmp(last->help, option->help) == 0;
}

void conf_print_sample(FILE *out, enum conf_file file)
{
	const struct option *option = NULL, *last = NULL;
	const char *indent = "";

	fputs(file == CONF_FILE_DAEMON ? daemon_intro : policy_intro, out);
	for (; (option = option_next(file, option)) != NULL; last = option) {
		if (!is_same_group(last, option)) {
			if (group_length(last) > 0)
				fputs("};\n", out);
			fprintf(out, "\n%.*s:\n{\n", (int)group_length(option),
				option->key);
			indent = "\t";
		} else if (!repeats_help(last, option)) {
			putc('\n', out);
		}
		if (!repeats_help(last, option))
			print_comment(out, indent, option->help);
		print_setting(out, option, indent);
	}
	if (group_length(last) > 0)
		fputs("};\n", out);
}

/* The manual */

/* Text of mdoc: quotes and backslashes would be special in arguments. */
static void print_mdoc(FILE *out, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '"')
			fputs("\\(dq", out);
		else
			putc(text[i], out);
	}
}

/* One sentence per line, as mdoc wants it. */
static void print_sentences(FILE *out, const char *text)
{
	const char *end;

	while ((end = strstr(text, ". ")) != NULL) {
		print_filled(out, "", 0, text, end + 1 - text, print_mdoc);
		text = end + 2;
	}
	print_filled(out, "", 0, text, strlen(text), print_mdoc);
}

static void print_choices(FILE *out, const struct choice *choice)
{
	fputs("One of\n", out);
	for (; choice->name != NULL; choice++)
		fprintf(out, ".Cm %s%s\n", choice->name,
			choice[1].name == NULL	 ? " ."
			: choice[2].name == NULL ? "\nor"
						 : " ,");
}

static void print_range(FILE *out, const struct option *option)
{
	char min[32], max[32];

	if (option->type != TYPE_INT && option->type != TYPE_SIZE &&
		option->type != TYPE_DURATION)
		return;
	value_format(option, option->min, min, sizeof(min));
	value_format(option, option->max, max, sizeof(max));
	fprintf(out, "From %s to %s.\n", min, max);
}

static void print_default(FILE *out, const struct option *option)
{
	char *text = NULL;
	size_t length;
	FILE *copy;

	if (option->initial == NULL) {
		fputs("Required.\n", out);
		return;
	}
	copy = open_memstream(&text, &length);
	if (copy == NULL)
		return;
	print_value(copy, option, option->initial);
	if (fclose(copy) == 0) {
		fputs("The default is\n.Ql \"", out);
		print_mdoc(out, text, length);
		fputs("\" .\n", out);
	}
	free(text);
}

static void print_heading(FILE *out, const struct option *option)
{
	if (option_reason(option) == REASON_NONE)
		fprintf(out, ".It Ic %s Ns = Ns Ar %s\n", option->key,
			type_name(option->type));
	else
		fprintf(out, ".It Ic %.*s.\\& Ns Ar REASON Ns = Ns Ar %s\n",
			(int)group_length(option), option->key,
			type_name(option->type));
}

void conf_print_manual(FILE *out, enum conf_file file)
{
	const struct option *option = NULL, *last = NULL;

	for (; (option = option_next(file, option)) != NULL; last = option) {
		if (repeats_help(last, option))
			continue;
		print_heading(out, option);
		print_sentences(out, option->help);
		if (option->choices != NULL)
			print_choices(out, option->choices);
		print_range(out, option);
		print_default(out, option);
	}
}
