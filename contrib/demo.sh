#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the filter, puts it behind a private Postfix on a loopback port,
# sends a dozen messages and shows what becomes of them. Run it as root; on
# Debian it installs the packages that are missing.
#   demo.sh [--keep]            --keep leaves it running
#   demo.sh --stop DIRECTORY    ends one that was left running
set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
python=/usr/bin/python3
demo=tests/e2e/demo.py

case ${1-} in
"" | --keep) ;;
--stop) exec $python -B "$tree/$demo" --stop "${2:?DIRECTORY is missing}" ;;
*)
	sed -n '3,7s/^# //p' "$0" >&2
	exit 64
	;;
esac

if [ "$(id -u)" -ne 0 ]; then
	echo "a private Postfix needs root: run this as root" >&2
	exit 77
fi
# shellcheck source=/dev/null
. "$tree/contrib/packages.sh"
# shellcheck source=/dev/null
. "$tree/contrib/build.sh"

packages_install build mail

directory=$(mktemp -d "${TMPDIR:-/tmp}/optout-demo.XXXXXX")
trap 'rm -rf "$directory"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$directory"

echo "building in $directory"
build_configure "$tree" "$directory"
build_quietly "$directory/make.log" make -C "$directory/build" -j2 \
	optout-milter optoutctl

# From here on the directory is the demonstration's to remove.
trap - EXIT INT TERM
OPTOUT_BUILDDIR=$directory/build
export OPTOUT_BUILDDIR
exec $python -B "$directory/source/$demo" --directory "$directory" "$@"
