/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's file, optout-milter.conf, loaded through the table of options
 * (options.def). Never logs: errors are values, with "file:line: what".
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "policy/address.h"
#include "policy/error.h"
#include "policy/phrases.h"
#include "policy/policy.h"

struct conf {
	char *policy;  /* path of the policy file */
	char *phrases; /* directory of phrase packs */
	char *socket;  /* as written: libmilter's or Postfix's spelling */
	int64_t socket_mode;
	char *socket_group;   /* "" : the user's */
	char *user;	      /* USER or USER:GROUP, "": do not change */
	char *verdict_header; /* "" : none */
	struct {
		char *directory;
		int64_t size_max;
		char *keys;
	} cache;
	struct {
		bool fold_case;
		char *tag_separator; /* "" or one character */
	} addresses;
	struct {
		int facility;  /* a LOG_* facility of syslog.h */
		int level;     /* LOG_ERR .. LOG_DEBUG */
		int target;    /* enum log_target */
		int addresses; /* enum log_addresses */
	} log;
	struct {
		int64_t header_bytes;
		int64_t header_fields;
		int64_t recipients;
		int64_t body_bytes;
		int64_t mime_depth;
		int64_t mime_parts;
	} limits;
	int64_t drain_timeout; /* seconds */
};

enum log_target {
	LOG_TARGET_SYSLOG,
	LOG_TARGET_STDERR,
};

enum log_addresses {
	LOG_ADDRESSES_HASHED,
	LOG_ADDRESSES_PLAIN,
};

/*
 * Loads and checks a file. Refused with file:line: unknown keys, wrong types,
 * values out of range, a file that is not regular, is writable by group or
 * others, or in a directory that is, an @include. Returns NULL with error set
 * ("FILE:LINE: what is wrong; what to do"). Free with conf_free().
 */
struct conf *conf_load(const char *path, struct error *error);
void conf_free(struct conf **conf);

/* Reads up to size octets, to the end. Returns how many, or -1 with errno. */
ssize_t conf_read_octets(int fd, char *data, size_t size);

/* How addresses are compared, from addresses.*. */
struct address_form conf_address_form(const struct conf *conf);

/*
 * Loads the policy file at path into a compiled policy. As conf_load(), and a
 * bad regex, pattern, network or notice is refused with file:line too.
 */
struct policy *conf_load_policy(
	const char *path, const struct address_form *form, struct error *error);

/*
 * Loads the phrase packs of a directory, *.conf in the order of their names,
 * each as conf_load() does, and the weights of words in wording.tsv, if it is
 * there.
 */
struct phrasebook *conf_load_phrases(
	const char *directory, struct error *error);

/*
 * A socket in libmilter's spelling (unix:/path, local:/path, /path,
 * inet:port@host, inet6:port@host) or Postfix's (unix:/path, inet:host:port),
 * as its parts.
 */
struct socket_spec {
	enum {
		SOCKET_UNIX,
		SOCKET_INET,
		SOCKET_INET6
	} family;
	char path[108]; /* unix */
	char host[256]; /* inet: "" for every address */
	uint16_t port;
};

/* Returns 0, or -1 with error set. */
int conf_parse_socket(
	const char *text, struct socket_spec *spec_r, struct error *error);

/* Writes the smtpd_milters value for main.cf, e.g. "inet:127.0.0.1:8891". */
void conf_socket_for_postfix(
	const struct socket_spec *spec, char *text_r, size_t size);

/* Prints the options of a file as the sample file or as mdoc for the manual. */
enum conf_file {
	CONF_FILE_DAEMON,
	CONF_FILE_POLICY,
};
void conf_print_sample(FILE *out, enum conf_file file);
void conf_print_manual(FILE *out, enum conf_file file);

#endif
