/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cache/store_format.h"

/*
 * NOTLS: a read transaction belongs to a struct, not to a thread. No WRITEMAP
 * (SIGBUS on a full disk) and no NOSYNC (acknowledged means durable), but for
 * a scratch cache.
 */
#define ENV_FLAGS MDB_NOTLS

static const char *const db_names[STORE_DB_COUNT] = {
	[STORE_META] = "meta",
	[STORE_OPTOUTS] = "optouts",
	[STORE_ALIASES] = "aliases",
	[STORE_ORDERS] = "orders",
	[STORE_THREADS] = "threads",
};

bool store_is_broken(int rc)
{
	return rc == MDB_PANIC || rc == MDB_CORRUPTED || rc == MDB_INVALID ||
	       rc == MDB_PAGE_NOTFOUND || rc == MDB_VERSION_MISMATCH ||
	       rc == MDB_BAD_RSLOT || rc == MDB_BAD_DBI;
}

const char *store_db_name(enum store_db db)
{
	return db_names[db];
}

static const char *what_to_do(int rc)
{
	switch (rc) {
	case MDB_MAP_FULL:
		return "; raise cache.size_max";
	case ENOSPC:
	case EDQUOT:
		return "; free disk space";
	case MDB_READERS_FULL:
		return "; too many processes read it";
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return "; the file is damaged: restore a backup";
	case EACCES:
	case EPERM:
		return "; check the owner and mode of the directory and files";
	default:
		return "";
	}
}

int store_error(
	struct error *error, const char *directory, const char *doing, int rc)
{
	const char *text = mdb_strerror(rc);

	if (rc == MDB_MAP_FULL)
		text = "the database is full";
	return error_set(error, "%s: cannot %s: %s%s", directory, doing, text,
		what_to_do(rc));
}

static int open_dbis(struct store *store, MDB_txn *txn, unsigned flags)
{
	int rc = mdb_dbi_open(txn, NULL, 0, &store->names);

	for (int i = 0; i < STORE_DB_COUNT && !rc; i++)
		rc = mdb_dbi_open(txn, db_names[i], flags, &store->dbi[i]);
	return rc;
}

/* An environment with our settings, not yet open. Returns 0 or LMDB's code. */
static int env_new(const struct store *store, MDB_env **env_r)
{
	MDB_env *env;
	int rc = mdb_env_create(&env);

	if (rc)
		return rc;
	rc = mdb_env_set_mapsize(env, store->options->size_max);
	if (!rc)
		rc = mdb_env_set_maxreaders(env, store->readers_max);
	if (!rc)
		rc = mdb_env_set_maxdbs(env, STORE_DB_COUNT);
	if (rc)
		mdb_env_close(env);
	else
		*env_r = env;
	return rc;
}

/* Remembers which files were opened, by path, as later checks do. */
static int mark_files(struct store *store, int dir_fd, const struct stat *data,
	struct error *error)
{
	const char *directory = store->options->directory;
	struct stat opened, lock;
	mdb_filehandle_t fd;

	if (store_join_path(store->files.data_path, directory, STORE_DATA_NAME,
		    error) ||
		store_join_path(store->files.lock_path, directory,
			STORE_LOCK_NAME, error))
		return -1;
	if (mdb_env_get_fd(store->env, &fd) || fstat(fd, &opened) ||
		fstatat(dir_fd, STORE_LOCK_NAME, &lock, 0))
		return error_set(error, "%s: cannot stat: %s", directory,
			strerror(errno));
	if (opened.st_ino != data->st_ino || opened.st_dev != data->st_dev)
		return error_set(error, "%s: was replaced while it was opened",
			directory);
	store->files.data = opened;
	store->files.lock = lock;
	atomic_store(&store->files.lock_seen_ms, 0);
	return 0;
}

static off_t needed_size(const struct store *store)
{
	MDB_envinfo info;
	MDB_stat stat;

	mdb_env_info(store->env, &info);
	mdb_env_stat(store->env, &stat);
	return ((off_t)info.me_last_pgno + 1) * (off_t)stat.ms_psize;
}

/*
 * Whether the file holds all pages that its header counts: reading past its
 * end is SIGBUS. The header is read first, since a writer grows the file
 * before it changes the header.
 */
static int check_size(struct store *store, struct error *error)
{
	off_t needed = needed_size(store);
	mdb_filehandle_t fd;
	struct stat st;

	mdb_env_get_fd(store->env, &fd);
	if (fstat(fd, &st))
		return store_error(
			error, store->options->directory, "stat", errno);
	if (st.st_size < needed)
		return error_set(error,
			"%s: " STORE_DATA_NAME
			" is truncated (%lld of %lld octets);"
			" restore a backup",
			store->options->directory, (long long)st.st_size,
			(long long)needed);
	atomic_store(&store->files.size_seen, st.st_size);
	return 0;
}

/*
 * The lock file tells readers which transaction is the latest. One that was
 * left from another data file would show a state that never was.
 */
static int check_lock_fits(
	struct store *store, MDB_txn *txn, struct error *error)
{
	MDB_envinfo info;

	mdb_env_info(store->env, &info);
	if (mdb_txn_id(txn) <= info.me_last_txnid)
		return 0;
	return error_set(error,
		"%s: " STORE_LOCK_NAME
		" belongs to another database; stop every"
		" program that uses the cache and remove " STORE_LOCK_NAME,
		store->options->directory);
}

/* First look into an opened environment. */
static int check_opened(struct store *store, struct error *error)
{
	const char *directory = store->options->directory;
	MDB_txn *txn;
	int dead, rc;

	if (check_size(store, error))
		return -1;
	mdb_reader_check(store->env, &dead);
	if (store_upgrade(store, error))
		return -1;
	rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
	if (rc)
		return store_error(error, directory, "read", rc);
	rc = check_lock_fits(store, txn, error);
	if (!rc) {
		rc = open_dbis(store, txn, 0);
		if (rc == MDB_NOTFOUND)
			error_set(error,
				"%s: the database was emptied; restore a"
				" backup",
				directory);
		else if (rc)
			store_error(error, directory, "open", rc);
	}
	if (!rc)
		rc = store_check_content(store, txn, error);
	if (rc) {
		mdb_txn_abort(txn);
		return -1;
	}
	rc = mdb_txn_commit(txn); /* keeps the handles */
	return rc ? store_error(error, directory, "open", rc) : 0;
}

static int open_env(struct store *store, int dir_fd, struct error *error)
{
	const char *directory = store->options->directory;
	struct stat data;
	int rc;

	if (store_check_data_file(dir_fd, directory, &data, error) ||
		store_prepare_lock_file(
			dir_fd, directory, store->readers_max, error))
		return -1;
	rc = env_new(store, &store->env);
	if (rc)
		return store_error(error, directory, "open", rc);
	rc = mdb_env_open(store->env, directory,
		ENV_FLAGS | (store->options->scratch ? MDB_NOSYNC : 0),
		STORE_FILE_MODE);
	if (rc)
		store_error(error, directory, "open", rc);
	else
		rc = mark_files(store, dir_fd, &data, error) ||
		     check_opened(store, error);
	if (rc)
		store_close(store);
	return rc ? -1 : 0;
}

int store_open(struct store *store, struct error *error)
{
	int fd = store_lock_directory(store->options->directory, error);
	int rc;

	if (fd < 0)
		return -1;
	rc = open_env(store, fd, error);
	close(fd);
	return rc;
}

void store_close(struct store *store)
{
	if (store->env)
		mdb_env_close(store->env);
	store->env = NULL;
}

int store_check_content(
	const struct store *store, MDB_txn *txn, struct error *error)
{
	const char *directory = store->options->directory;
	MDB_val key, value;
	int rc = 0;

	/* LMDB takes a named database that is gone for an empty one. */
	for (int i = 0; i < STORE_DB_COUNT && !rc; i++) {
		key.mv_data = (void *)(uintptr_t)db_names[i];
		key.mv_size = strlen(db_names[i]);
		rc = mdb_get(txn, store->names, &key, &value);
	}
	if (!rc) {
		key.mv_data = (void *)(uintptr_t)STORE_FORMAT_KEY;
		key.mv_size = sizeof(STORE_FORMAT_KEY) - 1;
		rc = mdb_get(txn, store->dbi[STORE_META], &key, &value);
	}
	if (rc == MDB_NOTFOUND)
		return error_set(error,
			"%s: the database was emptied; restore a backup",
			directory);
	if (rc)
		return store_error(error, directory, "read", rc);
	return store_format_check(value.mv_data, value.mv_size, store->ring,
		store->options, error);
}

void store_fill_tail(struct store *store)
{
	mdb_filehandle_t fd;
	struct stat st;
	MDB_txn *txn;
	off_t needed = needed_size(store);

	mdb_env_get_fd(store->env, &fd);
	if (fstat(fd, &st) || st.st_size >= needed)
		return;
	/* Pages that were freed at the end in the transaction that made them
	 * are not written. Only the holder of the write lock may set a size.
	 */
	if (mdb_txn_begin(store->env, NULL, 0, &txn))
		return;
	needed = needed_size(store);
	if (!fstat(fd, &st) && st.st_size < needed && ftruncate(fd, needed))
		/* It is tried again after the next commit. */
		(void)errno;
	mdb_txn_abort(txn);
}

/* Fills the database in the scratch directory. Returns 0 or LMDB's code. */
static int fill_new(struct store *store, const char *scratch)
{
	struct store_format format;
	MDB_txn *txn = NULL;
	MDB_val key, value;
	int rc = env_new(store, &store->env);

	if (rc)
		return rc;
	rc = mdb_env_open(store->env, scratch, MDB_NOLOCK, STORE_FILE_MODE);
	if (!rc)
		rc = mdb_txn_begin(store->env, NULL, 0, &txn);
	if (!rc)
		rc = open_dbis(store, txn, MDB_CREATE);
	if (!rc) {
		store_format_make(store->ring, store->options, &format);
		key.mv_data = (void *)(uintptr_t)STORE_FORMAT_KEY;
		key.mv_size = sizeof(STORE_FORMAT_KEY) - 1;
		value.mv_data = format.bytes;
		value.mv_size = sizeof(format.bytes);
		rc = mdb_put(txn, store->dbi[STORE_META], &key, &value, 0);
	}
	if (!rc)
		rc = mdb_txn_commit(txn);
	else if (txn)
		mdb_txn_abort(txn);
	if (!rc)
		rc = mdb_env_sync(store->env, 1);
	store_close(store);
	return rc;
}

/* Moves the finished file into place, never over another. */
static int install_new(int dir_fd, const char *from, const char *directory,
	struct error *error)
{
	int fd = open(from, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int rc = 0;

	if (fd < 0 || store_give_to_owner(dir_fd, fd) || fsync(fd))
		rc = errno;
	if (fd >= 0)
		close(fd);
	if (rc)
		return store_error(
			error, directory, "write " STORE_DATA_NAME, rc);
	/* One that an earlier database left would not fit. */
	if (faccessat(dir_fd, STORE_DATA_NAME, F_OK, AT_SYMLINK_NOFOLLOW))
		unlinkat(dir_fd, STORE_LOCK_NAME, 0);
	if (linkat(AT_FDCWD, from, dir_fd, STORE_DATA_NAME, 0)) {
		if (errno == EEXIST)
			return error_set(error,
				"%s: holds a cache already; it is left as it"
				" is",
				directory);
		return store_error(
			error, directory, "create " STORE_DATA_NAME, errno);
	}
	if (fsync(dir_fd))
		return store_error(error, directory, "sync", errno);
	return 0;
}

static int create_in(int dir_fd, const struct cache_options *options,
	const struct keyring *ring, struct error *error)
{
	struct store store = { .options = options,
		.ring = ring,
		.readers_max = STORE_READERS_MAX };
	const char *directory = options->directory;
	char scratch[PATH_MAX], data[PATH_MAX];
	int rc;

	if (faccessat(dir_fd, STORE_DATA_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(error,
			"%s: holds a cache already; it is left as it is",
			directory);
	if (store_join_path(scratch, directory, ".new-XXXXXX", error))
		return -1;
	if (!mkdtemp(scratch))
		return store_error(error, directory, "create a file", errno);
	if (store_join_path(data, scratch, STORE_DATA_NAME, error)) {
		rmdir(scratch);
		return -1;
	}
	rc = fill_new(&store, scratch);
	if (rc)
		store_error(error, directory, "create the database", rc);
	else
		rc = install_new(dir_fd, data, directory, error);
	unlink(data);
	rmdir(scratch);
	return rc ? -1 : 0;
}

int store_create(const struct cache_options *options,
	const struct keyring *ring, struct error *error)
{
	int fd = store_lock_directory(options->directory, error);
	int rc;

	if (fd < 0)
		return -1;
	rc = create_in(fd, options, ring, error);
	close(fd);
	return rc;
}
