/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "ctl/version.h"

int version_parse(const char *text, struct version *version_r)
{
	struct version version = { { 0 } };
	int parts = 0;

	while (parts < VERSION_PARTS && *text >= '0' && *text <= '9') {
		int number = 0;

		for (; *text >= '0' && *text <= '9'; text++) {
			if (number < 100000000)
				number = 10 * number + (*text - '0');
		}
		version.part[parts++] = number;
		if (*text != '.')
			break;
		text++;
	}
	if (parts < 2 || !version_is_known(&version))
		return -1;
	*version_r = version;
	return 0;
}

int version_compare(const struct version *a, const struct version *b)
{
	for (int i = 0; i < VERSION_PARTS; i++) {
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	}
	return 0;
}

bool version_is_known(const struct version *version)
{
	static const struct version unknown = { { 0 } };

	return version_compare(version, &unknown) != 0;
}

bool version_has_fix(const struct version *version, const struct version *fixes,
	unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (version->part[0] == fixes[i].part[0] &&
			version->part[1] == fixes[i].part[1])
			return version_compare(version, &fixes[i]) >= 0;
	}
	return version_compare(version, &fixes[count - 1]) > 0;
}
