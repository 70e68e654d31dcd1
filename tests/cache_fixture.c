/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/cache_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/remove_tree.h"

/* Not Check's assertions: a benchmark uses this file, too. */
static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fixture: %s\n", what);
	abort();
}

void fixture_write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	must(fd >= 0, path);
	must(write(fd, data, size) == (ssize_t)size, path);
	must(close(fd) == 0, path);
}

void fixture_init(struct fixture *fixture, bool create)
{
	static const char keys[] = "# fixed\nsite s1 " FIXTURE_SITE_KEY "\n";
	const char *tmp = getenv("TMPDIR");
	struct error error = { "", "" };

	memset(fixture, 0, sizeof(*fixture));
	snprintf(fixture->root, sizeof(fixture->root), "%.80s/optout-XXXXXX",
		tmp ? tmp : "/tmp");
	must(mkdtemp(fixture->root) != NULL, fixture->root);
	snprintf(fixture->directory, sizeof(fixture->directory), "%s/cache",
		fixture->root);
	snprintf(
		fixture->keys, sizeof(fixture->keys), "%s/keys", fixture->root);
	must(mkdir(fixture->directory, 0700) == 0, fixture->directory);
	fixture_write_file(fixture->keys, keys, sizeof(keys) - 1);
	fixture->ring = keyring_load(fixture->keys, &error);
	must(fixture->ring != NULL, error.text);
	fixture->options.directory = fixture->directory;
	fixture->options.size_max = 64 << 20;
	fixture->options.form.tag_separator = '+';
	if (create)
		must(cache_create(&fixture->options, fixture->ring, &error) ==
				0,
			error.text);
}

void fixture_fini(struct fixture *fixture)
{
	keyring_free(&fixture->ring);
	remove_tree(fixture->root);
}

const char *fixture_path(const struct fixture *fixture, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", fixture->root, name);
	return path;
}

struct cache *fixture_open(const struct fixture *fixture)
{
	struct error error = { "", "" };
	struct cache *cache =
		cache_open(&fixture->options, fixture->ring, &error);

	must(cache != NULL, error.text);
	return cache;
}

struct identity fixture_id(
	const struct fixture *fixture, enum identity_type type, unsigned n)
{
	static const char *const names[] = { "buyer", "alias", "order",
		"seller", "thread" };
	struct identity id;
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", names[type], n);
	identity_make(fixture->ring, type, name, &id);
	return id;
}

struct change fixture_optout(const struct fixture *fixture, unsigned n)
{
	struct change change = { .kind = CHANGE_PUT_OPTOUT };

	change.optout.buyer = fixture_id(fixture, IDENTITY_BUYER, n);
	change.optout.scope = SCOPE_ALL;
	change.optout.source = SOURCE_IMPORT;
	change.optout.created = 1000 + n;
	return change;
}

int fixture_fill(const struct fixture *fixture, struct cache *cache,
	unsigned from, unsigned to, struct error *error)
{
	struct bulk *bulk = bulk_begin(cache, BULK_OPTOUTS, false, error);

	if (!bulk)
		return -1;
	for (unsigned n = from; n < to; n++) {
		struct change change = fixture_optout(fixture, n);
		if (bulk_put(bulk, &change, error)) {
			bulk_abort(&bulk);
			return -1;
		}
	}
	return bulk_commit(&bulk, error);
}

int fixture_ask(const struct fixture *fixture, struct cache *cache, unsigned n,
	struct error *error)
{
	struct identity buyer = fixture_id(fixture, IDENTITY_BUYER, n);
	struct cache_read *read = cache_read_begin(cache, error);
	int rc;

	if (!read)
		return -2;
	rc = cache_find_optout(read, &buyer, NULL, NULL, 5000, NULL);
	cache_read_end(&read);
	return rc;
}
