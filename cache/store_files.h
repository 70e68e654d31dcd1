/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of a cache, as the file system shows them: no LMDB here.
 * Private to store.c.
 */
#ifndef CACHE_STORE_FILES_H
#define CACHE_STORE_FILES_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "policy/error.h"

#define STORE_FILE_MODE 0640
#define STORE_DATA_NAME "data.mdb"
#define STORE_LOCK_NAME "lock.mdb"

/* The files that were opened, to be recognized by path later. */
struct store_files {
	char data_path[PATH_MAX];
	char lock_path[PATH_MAX];
	struct stat data; /* as they were when opened */
	struct stat lock;
	_Atomic(off_t) size_seen; /* of the data file: it never shrinks */
	_Atomic(int64_t) lock_seen_ms;
};

/* Name of a network file system by its statfs() type, or NULL. */
const char *store_network_fs(unsigned long type);

/* Sets error for a code of LMDB or errno: what, and what to do. -1. */
int store_error(
	struct error *error, const char *directory, const char *doing, int rc);

/*
 * Opens a directory of a local file system and locks it against others that
 * make files in it. Returns the descriptor, whose close() unlocks, or -1.
 */
int store_lock_directory(const char *directory, struct error *error);

/* directory/name into path_r, of PATH_MAX octets. Returns 0 or -1. */
int store_join_path(char *path_r, const char *directory, const char *name,
	struct error *error);

/* Makes a file that root made usable by the directory's owner. 0 or -1. */
int store_give_to_owner(int dir_fd, int fd);

/* Checks what LMDB would not: it makes an empty database out of no file. */
int store_check_data_file(int dir_fd, const char *directory, struct stat *st_r,
	struct error *error);

/*
 * Gives the lock file its blocks before LMDB maps it: touching a reader slot
 * in a hole is SIGBUS on a full disk. Only while this process has no
 * environment open: closing any descriptor drops its locks on the file.
 */
int store_prepare_lock_file(int dir_fd, const char *directory,
	unsigned readers_max, struct error *error);

/*
 * Whether the paths still lead to the files that were opened. Readers look at
 * the lock file a few times a second only. Returns 0 or -1.
 */
int store_files_check(
	struct store_files *files, bool writing, struct error *error);

#endif
