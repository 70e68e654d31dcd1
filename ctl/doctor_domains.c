/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names under which buyers' mailboxes are reached: a name that the policy does
 * not know as a buyer's is a way round the filter.
 */
#include <stdio.h>
#include <string.h>
#include "ctl/doctor.h"

#define TRIED_USER "optout-doctor"

bool doctor_is_buyer(
	const struct doctor *doctor, const char *text, size_t length)
{
	struct address_form form = conf_address_form(doctor->conf);
	char address[ADDRESS_SIZE], canonical[ADDRESS_SIZE];

	if (doctor->policy == NULL || length == 0 || length > 400)
		return false;
	snprintf(address, sizeof(address), "%s%.*s",
		*text == '@' ? TRIED_USER : "", (int)length, text);
	return address_canonical(address, &form, canonical) == ADDRESS_OK &&
	       policy_is_buyer(doctor->policy, canonical);
}

static bool is_buyer_domain(
	const struct doctor *doctor, const char *domain, size_t length)
{
	char address[300];

	if (length > 255)
		return false;
	snprintf(address, sizeof(address), "@%.*s", (int)length, domain);
	return doctor_is_buyer(doctor, address, length + 1);
}

/* A plain name; tables, files and exclusions are not looked into. */
static bool is_plain(const char *item, size_t length)
{
	return memchr(item, ':', length) == NULL &&
	       memchr(item, '/', length) == NULL && item[0] != '!';
}

/* The first item of a list that is a buyers' domain, or is not. */
static size_t find_domain(const struct doctor *doctor, const char *list,
	bool of_buyers, const char **item_r)
{
	size_t length;

	while ((length = postfix_next_item(&list, item_r)) > 0) {
		if (is_plain(*item_r, length) &&
			is_buyer_domain(doctor, *item_r, length) == of_buyers)
			return length;
	}
	return 0;
}

/* All domains of mydestination share their mailboxes. */
static void check_local_domains(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	static const char name[] = "mydestination";
	const char *list = postfix_conf_value(postfix->conf, NULL, name);
	const char *buyers, *other;
	size_t buyers_length = find_domain(doctor, list, true, &buyers);
	size_t other_length = find_domain(doctor, list, false, &other);

	if (buyers_length == 0 || other_length == 0)
		return;
	if (report_add(doctor->report, FINDING_LOCAL_DOMAIN_ALIAS,
		    doctor_postfix_place(postfix, NULL, name),
		    "ann@%.*s is delivered to the mailbox of ann@%.*s, but "
		    "buyers.addresses does not name it",
		    (int)other_length, other, (int)buyers_length, buyers))
		report_fix(doctor->report, "%s = %.*s", name,
			(int)buyers_length, buyers);
}

static bool lists_buyers(const struct doctor *doctor,
	const struct doctor_postfix *postfix, const char *name)
{
	const char *item;

	return find_domain(doctor,
		       postfix_conf_value(postfix->conf, NULL, name), true,
		       &item) > 0;
}

/*
 * Whether this server, not one behind it, delivers to buyers. Their domain may
 * stand in a table, unless it is one that is relayed.
 */
static bool delivers_to_buyers(
	const struct doctor *doctor, const struct doctor_postfix *postfix)
{
	static const char *const lists[] = {
		"mydestination",
		"virtual_alias_domains",
		"virtual_mailbox_domains",
	};
	bool has_table = false;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (lists_buyers(doctor, postfix, lists[i]))
			return true;
		has_table |= strchr(postfix_conf_value(
					    postfix->conf, NULL, lists[i]),
				     ':') != NULL;
	}
	return has_table && !lists_buyers(doctor, postfix, "relay_domains");
}

static void check_tags(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	static const char name[] = "recipient_delimiter";
	const char *delimiters = postfix_conf_value(postfix->conf, NULL, name);
	char ours = conf_address_form(doctor->conf).tag_separator;
	bool known = ours != '\0' && strchr(delimiters, ours) != NULL;

	if (*delimiters == '\0' || (known && delimiters[1] == '\0') ||
		!delivers_to_buyers(doctor, postfix))
		return;
	if (!report_add(doctor->report, FINDING_ADDRESS_TAGS,
		    doctor_postfix_place(postfix, NULL, name),
		    "%s is \"%s\", but addresses.tag_separator is \"%.1s\": "
		    "ann%ctag@ gets around the opt-out of ann@",
		    name, delimiters, ours ? &ours : "",
		    known && *delimiters == ours ? delimiters[1] : *delimiters))
		return;
	if (known)
		report_fix(doctor->report, "%s = %c", name, ours);
	else
		report_fix(doctor->report,
			"%s =     (or addresses.tag_separator = \"%c\" in %s, "
			"and a new cache)",
			name, *delimiters, doctor->conf_path);
}

void doctor_postfix_domains(
	struct doctor *doctor, const struct doctor_postfix *postfix)
{
	check_local_domains(doctor, postfix);
	check_tags(doctor, postfix);
}

/* --- Sendmail ----------------------------------------------------------- */

/* Class w: all its names share their mailboxes, and "+" begins a tag. */
void doctor_sendmail_domains(struct doctor *doctor,
	const struct doctor_sendmail *sendmail, const struct strlist *names)
{
	const char *buyers = NULL, *other = NULL;
	struct place place = { sendmail->path, 0 };

	for (size_t i = 0; i < names->count; i++) {
		if (is_buyer_domain(
			    doctor, names->items[i], strlen(names->items[i])))
			buyers = names->items[i];
		else
			other = names->items[i];
	}
	if (buyers == NULL)
		return;
	if (other != NULL &&
		report_add(doctor->report, FINDING_LOCAL_DOMAIN_ALIAS, place,
			"class w: ann@%s is delivered to the mailbox of "
			"ann@%s, but buyers.addresses does not name it",
			other, buyers))
		report_fix(doctor->report,
			"take %s out of class w, or %s into virtusertable",
			buyers, buyers);
	if (conf_address_form(doctor->conf).tag_separator != '+' &&
		report_add(doctor->report, FINDING_ADDRESS_TAGS, place,
			"Sendmail delivers ann+tag@%s to ann@%s, but "
			"addresses.tag_separator is not \"+\"",
			buyers, buyers))
		report_fix(doctor->report,
			"tag_separator = \"+\"; under addresses in %s, and a "
			"new cache",
			doctor->conf_path);
}
