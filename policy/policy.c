/* SPDX-License-Identifier: BSD-2-Clause */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy/authres.h"
#include "policy/network.h"
#include "policy/notice.h"
#include "policy/policy.h"
#include "policy/subject.h"

struct policy {
	char *profile;
	int64_t version;
	struct address_form form;

	struct strlist order_headers;
	struct order_pattern *order_pattern;
	bool order_in_subject;
	bool order_in_body;
	bool order_required;
	bool order_known;
	bool refuses_several_orders;

	struct address_set *buyers;
	struct network *trusted;
	size_t trusted_count;
	bool trusts_login;
	struct strlist authservs;
	bool splits_recipients;

	bool seller_by_login;
	bool seller_by_envelope;
	struct address_set *exempt_senders;
	bool exempts_custom_orders;

	struct strlist critical_subjects; /* folded */
	struct judge_rules judge_rules;
	struct strlist hints[CATEGORY_COUNT];

	struct reply_rules replies;
	struct strlist reply_subjects; /* folded */

	enum mode modes[REASON_COUNT];
	struct strlist notices[REASON_COUNT];
	char *help_url;
};

void policy_spec_fini(struct policy_spec *spec)
{
	free(spec->profile);
	strlist_fini(&spec->order_id.headers);
	free(spec->order_id.pattern);
	strlist_fini(&spec->buyers.addresses);
	strlist_fini(&spec->buyers.trusted);
	strlist_fini(&spec->sellers.identity);
	strlist_fini(&spec->sellers.exempt);
	strlist_fini(&spec->critical.subjects);
	strlist_fini(&spec->replies.subjects);
	strlist_fini(&spec->critical.categories);
	for (int i = 0; i < CATEGORY_COUNT; i++)
		strlist_fini(&spec->hints[i]);
	free(spec->help_url);
	for (int i = 0; i < REASON_COUNT; i++)
		strlist_fini(&spec->notices[i]);
	*spec = (struct policy_spec){ 0 };
}

static int no_memory(struct error *error)
{
	return error_set(error, "out of memory");
}

/* Puts the setting's name before what a part reported: "[2]" or "". */
static int name_key(struct error *error, const char *setting)
{
	char index[sizeof(error->key)];

	if (error == NULL)
		return -1;
	memcpy(index, error->key, sizeof(index));
	snprintf(error->key, sizeof(error->key), "%s%.24s", setting, index);
	return -1;
}

static int item_error(struct error *error, const char *setting, size_t index,
	const char *item, const char *text)
{
	char key[sizeof(error->key)];

	snprintf(key, sizeof(key), "%s[%zu]", setting, index);
	return error_set_key(error, key, "\"%.100s\" %s", item, text);
}

static int copy_string(char **copy_r, const char *text, struct error *error)
{
	*copy_r = strdup(text != NULL ? text : "");
	return *copy_r != NULL ? 0 : no_memory(error);
}

static int compile_orders(
	struct policy *p, const struct policy_spec *spec, struct error *error)
{
	for (size_t i = 0; i < spec->order_id.headers.count; i++)
		if (strlist_add(&p->order_headers,
			    spec->order_id.headers.items[i]) < 0)
			return no_memory(error);
	p->order_in_subject = spec->order_id.subject;
	p->order_in_body = spec->order_id.body;
	p->order_required = spec->order_id.required;
	p->order_known = spec->order_id.known;
	p->refuses_several_orders = spec->order_id.several == SEVERAL_REFUSE;
	p->order_pattern = order_pattern_new(spec->order_id.pattern, error);
	return p->order_pattern != NULL ? 0
					: name_key(error, "order_id.pattern");
}

/* Adds NAME of "authserv:NAME": 1, 0: it is no such item, -1: no memory. */
static int add_authserv(struct policy *p, const char *item)
{
	static const char prefix[] = "authserv:";
	const char *name = item + sizeof(prefix) - 1;

	if (strncmp(item, prefix, sizeof(prefix) - 1) != 0 ||
		!authres_is_id(name))
		return 0;
	return strlist_add(&p->authservs, name) == 0 ? 1 : -1;
}

static int compile_trusted(
	struct policy *p, const struct strlist *list, struct error *error)
{
	p->trusted = calloc(list->count + 1, sizeof(*p->trusted));
	if (p->trusted == NULL)
		return no_memory(error);
	for (size_t i = 0; i < list->count; i++) {
		int added = add_authserv(p, list->items[i]);

		if (added < 0)
			return no_memory(error);
		if (added > 0)
			continue;
		if (strcmp(list->items[i], "login") == 0)
			p->trusts_login = true;
		else if (network_parse(list->items[i],
				 &p->trusted[p->trusted_count]) == 0)
			p->trusted_count++;
		else
			return item_error(error, "buyers.trusted", i,
				list->items[i],
				"is no network; write \"192.0.2.0/24\" with "
				"the host bits zero, an address, \"login\", or "
				"\"authserv:mx.example.com\"");
	}
	return 0;
}

static int compile_parties(
	struct policy *p, const struct policy_spec *spec, struct error *error)
{
	const struct strlist *identity = &spec->sellers.identity;

	p->buyers = address_set_new(&spec->buyers.addresses, &p->form, error);
	if (p->buyers == NULL)
		return name_key(error, "buyers.addresses");
	p->exempt_senders =
		address_set_new(&spec->sellers.exempt, &p->form, error);
	if (p->exempt_senders == NULL)
		return name_key(error, "sellers.exempt");
	for (size_t i = 0; i < identity->count; i++) {
		if (strcmp(identity->items[i], "login") == 0)
			p->seller_by_login = true;
		else if (strcmp(identity->items[i], "envelope") == 0)
			p->seller_by_envelope = true;
		else
			return item_error(error, "sellers.identity", i,
				identity->items[i],
				"is unknown; write \"login\" or \"envelope\"");
	}
	p->splits_recipients =
		spec->buyers.several_recipients == RECIPIENTS_SPLIT;
	p->exempts_custom_orders = spec->exempt.custom_orders;
	return compile_trusted(p, &spec->buyers.trusted, error);
}

static int compile_subjects(
	struct policy *p, const struct strlist *list, struct error *error)
{
	for (size_t i = 0; i < list->count; i++) {
		char *folded = subject_fold(p->order_pattern, list->items[i]);
		int rc = folded != NULL
				 ? strlist_add(&p->critical_subjects, folded)
				 : -1;
		bool empty =
			folded != NULL && folded[strspn(folded, " ")] == '\0';

		free(folded);
		if (rc < 0)
			return no_memory(error);
		if (empty)
			return item_error(error, "critical.subjects", i,
				list->items[i], "is empty; remove it");
	}
	return 0;
}

static int compile_replies(
	struct policy *p, const struct policy_spec *spec, struct error *error)
{
	const struct strlist *subjects = &spec->replies.subjects;

	p->replies = (struct reply_rules){
		.window = spec->replies.window,
		.share = (int)spec->replies.share,
		.budget = (int)spec->replies.budget,
		.token = spec->replies.token,
		.reply_to = spec->replies.token && spec->replies.reply_to,
	};
	if (p->replies.reply_to && p->form.tag_separator == '\0')
		return error_set_key(error, "replies.reply_to",
			"needs addresses.tag_separator, so that user+token is "
			"known as user");
	for (size_t i = 0; i < subjects->count; i++) {
		char *folded = subject_fold_prefix(subjects->items[i]);
		int rc = folded != NULL
				 ? strlist_add(&p->reply_subjects, folded)
				 : -1;
		bool empty = folded != NULL && folded[0] == '\0';

		free(folded);
		if (rc < 0)
			return no_memory(error);
		if (empty)
			return item_error(error, "replies.subjects", i,
				subjects->items[i], "is empty; remove it");
	}
	return 0;
}

static int compile_rules(
	struct policy *p, const struct policy_spec *spec, struct error *error)
{
	const struct strlist *categories = &spec->critical.categories;
	enum category category;

	p->judge_rules = (struct judge_rules){
		.threshold = (int)spec->critical.threshold,
		.object = (int)spec->critical.object,
		.choice = (int)spec->critical.choice,
		.request = (int)spec->critical.request,
		.waiting = (int)spec->critical.waiting,
		.against = (int)spec->critical.against,
		.statement = (int)spec->critical.statement,
		.statements = (int)spec->critical.statements,
		.wording = (int)spec->critical.wording,
	};
	for (size_t i = 0; i < categories->count; i++) {
		if (!category_find(categories->items[i], &category) ||
			category == CATEGORY_OTHER)
			return item_error(error, "critical.categories", i,
				categories->items[i],
				"is no category; see optout-policy.conf(5)");
		p->judge_rules.critical[category] = true;
	}
	return 0;
}

static int compile_hints(
	struct policy *p, const struct policy_spec *spec, struct error *error)
{
	char setting[32];

	for (int i = 0; i < CATEGORY_COUNT; i++) {
		const struct strlist *hints = &spec->hints[i];

		snprintf(setting, sizeof(setting), "hints.%.24s",
			category_name(i));
		for (size_t j = 0; j < hints->count; j++) {
			if (!notice_is_sendable(hints->items[j]))
				return item_error(error, setting, j,
					hints->items[j],
					"must be printable ASCII, and no "
					"longer than a line of a reply");
			if (strlist_add(&p->hints[i], hints->items[j]) < 0)
				return no_memory(error);
		}
	}
	return 0;
}

static int compile_notices(
	struct policy *p, const struct policy_spec *spec, struct error *error)
{
	for (int i = 0; i < REASON_COUNT; i++) {
		int mode = spec->modes[i];

		p->modes[i] = mode == MODE_DEFAULT
				      ? (enum mode)spec->mode_default
				      : (enum mode)mode;
		if (notice_compile(
			    i, &spec->notices[i], &p->notices[i], error) < 0)
			return -1;
	}
	if (copy_string(&p->help_url, spec->help_url, error) < 0)
		return -1;
	if (!notice_is_sendable(p->help_url))
		return error_set_key(error, "notices.help_url",
			"the URL must be printable ASCII of at most %d octets",
			NOTICE_LINE_MAX);
	return 0;
}

struct policy *policy_new(const struct policy_spec *spec,
	const struct address_form *form, struct error *error)
{
	struct policy *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		no_memory(error);
		return NULL;
	}
	p->form = *form;
	p->version = spec->version;
	if (copy_string(&p->profile, spec->profile, error) < 0 ||
		compile_orders(p, spec, error) < 0 ||
		compile_parties(p, spec, error) < 0 ||
		compile_subjects(p, &spec->critical.subjects, error) < 0 ||
		compile_replies(p, spec, error) < 0 ||
		compile_rules(p, spec, error) < 0 ||
		compile_hints(p, spec, error) < 0 ||
		compile_notices(p, spec, error) < 0)
		policy_free(&p);
	return p;
}

void policy_free(struct policy **policy)
{
	struct policy *p = *policy;

	if (p == NULL)
		return;
	free(p->profile);
	strlist_fini(&p->order_headers);
	order_pattern_free(&p->order_pattern);
	address_set_free(&p->buyers);
	address_set_free(&p->exempt_senders);
	free(p->trusted);
	strlist_fini(&p->authservs);
	strlist_fini(&p->critical_subjects);
	strlist_fini(&p->reply_subjects);
	for (int i = 0; i < CATEGORY_COUNT; i++)
		strlist_fini(&p->hints[i]);
	for (int i = 0; i < REASON_COUNT; i++)
		strlist_fini(&p->notices[i]);
	free(p->help_url);
	free(p);
	*policy = NULL;
}

const char *policy_profile(const struct policy *policy)
{
	return policy->profile;
}

int64_t policy_version(const struct policy *policy)
{
	return policy->version;
}

const struct address_form *policy_address_form(const struct policy *policy)
{
	return &policy->form;
}

bool policy_is_buyer(const struct policy *policy, const char *canonical)
{
	return address_set_has(policy->buyers, canonical);
}

bool policy_is_exempt_sender(const struct policy *policy, const char *canonical)
{
	return address_set_has(policy->exempt_senders, canonical);
}

bool policy_trusts_network(
	const struct policy *policy, const struct sockaddr *address)
{
	for (size_t i = 0; i < policy->trusted_count; i++)
		if (network_has(&policy->trusted[i], address))
			return true;
	return false;
}

bool policy_trusts_login(const struct policy *policy)
{
	return policy->trusts_login;
}

const struct strlist *policy_authservs(const struct policy *policy)
{
	return &policy->authservs;
}

bool policy_seller_by_login(const struct policy *policy)
{
	return policy->seller_by_login;
}

bool policy_seller_by_envelope(const struct policy *policy)
{
	return policy->seller_by_envelope;
}

int policy_order_header(const struct policy *policy, const char *field)
{
	for (size_t i = 0; i < policy->order_headers.count; i++)
		if (fnmatch(policy->order_headers.items[i], field,
			    FNM_CASEFOLD | FNM_NOESCAPE) == 0)
			return (int)i;
	return -1;
}

bool policy_order_in_subject(const struct policy *policy)
{
	return policy->order_in_subject;
}

bool policy_order_in_body(const struct policy *policy)
{
	return policy->order_in_body;
}

bool policy_order_required(const struct policy *policy)
{
	return policy->order_required;
}

bool policy_order_known(const struct policy *policy)
{
	return policy->order_known;
}

bool policy_refuses_several_orders(const struct policy *policy)
{
	return policy->refuses_several_orders;
}

const struct order_pattern *policy_order_pattern(const struct policy *policy)
{
	return policy->order_pattern;
}

bool policy_exempts_custom_orders(const struct policy *policy)
{
	return policy->exempts_custom_orders;
}

bool policy_splits_recipients(const struct policy *policy)
{
	return policy->splits_recipients;
}

int policy_claims_critical(const struct policy *policy, const char *decoded)
{
	char *folded = subject_fold(policy->order_pattern, decoded);
	int claims = 0;

	if (folded == NULL)
		return -1;
	for (size_t i = 0; i < policy->critical_subjects.count; i++)
		if (subject_claims(folded, policy->critical_subjects.items[i]))
			claims = 1;
	free(folded);
	return claims;
}

const struct reply_rules *policy_replies(const struct policy *policy)
{
	return &policy->replies;
}

int policy_claims_reply(const struct policy *policy, const char *decoded)
{
	char *folded = subject_fold_prefix(decoded);
	int claims = 0;

	if (folded == NULL)
		return -1;
	for (size_t i = 0; i < policy->reply_subjects.count; i++)
		if (subject_has_prefix(folded, policy->reply_subjects.items[i]))
			claims = 1;
	free(folded);
	return claims;
}

const struct judge_rules *policy_judge_rules(const struct policy *policy)
{
	return &policy->judge_rules;
}

const struct strlist *policy_hints(
	const struct policy *policy, enum category category)
{
	return &policy->hints[category];
}

enum mode policy_mode(const struct policy *policy, enum reason reason)
{
	return policy->modes[reason];
}

const struct strlist *policy_notice(
	const struct policy *policy, enum reason reason)
{
	return &policy->notices[reason];
}

const char *policy_help_url(const struct policy *policy)
{
	return policy->help_url;
}
