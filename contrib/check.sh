#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds in a fresh directory and runs all tests, also those with a real
# Postfix and a real Sendmail. As root on Debian it installs the packages that are missing.
set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=/dev/null
. "$tree/contrib/packages.sh"
# shellcheck source=/dev/null
. "$tree/contrib/build.sh"

packages_install build test mail sendmail

directory=$(mktemp -d "${TMPDIR:-/tmp}/optout-check.XXXXXX")
trap 'rm -rf "$directory"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$directory"

build_configure "$tree" "$directory"
cd "$directory/build"
packages_unpack "$directory/build/sendmail" ||
	echo "Sendmail cannot be fetched: its tests are skipped" >&2
build_quietly "$directory/make.log" make -j2
grep -i 'warning:' "$directory/make.log" || :

status=0
make -j2 check || status=$?
if [ "$status" -ne 0 ] && [ -f test-suite.log ]; then
	cat test-suite.log
fi
echo
sed -n '/^# TOTAL/,/^# ERROR/p' test-suite.log 2>/dev/null || :
[ "$status" -eq 0 ] && echo "all tests passed" || echo "FAILED"
exit "$status"
