#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Replays the corpora of the fuzz targets.
status=0
for target in conf mailconf message text; do
	"${OPTOUT_BUILDDIR:-.}/tests/fuzz_$target" \
		"${OPTOUT_SRCDIR:-.}/tests/fuzz_$target.in" || status=1
done
exit $status
