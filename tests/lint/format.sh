#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The layout that .clang-format says, as its version 14 sees it (Debian 12's);
# shell scripts as shellcheck likes them. Skipped where these are absent.
cd "${OPTOUT_SRCDIR:-.}" || exit 1
status=0

case $(clang-format --version 2>/dev/null) in
*"version 14."*)
	clang-format --dry-run -Werror policy/*.[ch] cache/*.[ch] conf/*.[ch] \
		milter/*.[ch] ctl/*.[ch] tests/*.[ch] || status=1
	checked=yes
	;;
esac
if command -v shellcheck >/dev/null; then
	shellcheck contrib/*.sh tests/lint/*.sh .ci/run || status=1
	checked=yes
fi
[ "${checked-}" = yes ] || exit 77
exit $status
