/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for libFuzzer: runs a fuzz target once over each file of the
 * folders (or each file) named as arguments.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block of the exact size, so that sanitizers see one octet too many. */
static uint8_t *read_file(const char *path, size_t size)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data = malloc(size ? size : 1);

	if (in == NULL || data == NULL || fread(data, 1, size, in) != size) {
		free(data);
		data = NULL;
	}
	if (in != NULL)
		fclose(in);
	return data;
}

static int run_file(const char *path, size_t size)
{
	uint8_t *data = read_file(path, size);

	if (data == NULL) {
		fprintf(stderr, "%s: cannot read it\n", path);
		return -1;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int run(const char *path, unsigned *count);

static int run_folder(const char *path, unsigned *count)
{
	struct dirent **entries;
	char name[4096];
	int i, result = 0, n = scandir(path, &entries, NULL, alphasort);

	if (n < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && run(name, count) < 0)
			result = -1;
		free(entries[i]);
	}
	free(entries);
	return result;
}

static int run(const char *path, unsigned *count)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return run_folder(path, count);
	++*count;
	return run_file(path, st.st_size);
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	int i, result = 0;

	for (i = 1; i < argc; i++)
		if (run(argv[i], &count) < 0)
			result = 1;
	printf("%s: %u inputs\n", argv[0], count);
	return result || count == 0;
}
