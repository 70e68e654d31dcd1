# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced by demo.sh and check.sh, which need a build that leaves no trace in
# the source tree.

# Copies the tree $1 to $2/source and configures it in $2/build.
build_configure() {
	mkdir "$2/source" "$2/build" || return 1
	(cd "$1" && tar -c --exclude=./.git --exclude='./build*' \
		--exclude=./autom4te.cache --exclude=__pycache__ .) |
		tar -x -C "$2/source" --no-same-owner || return 1
	build_quietly "$2/autoreconf.log" autoreconf -fi "$2/source" ||
		return 1
	(cd "$2/build" &&
		build_quietly "$2/configure.log" "$2/source/configure")
}

# Runs a command with its output in the file $1, shown only if it fails.
build_quietly() {
	log=$1
	shift
	"$@" >"$log" 2>&1 || {
		status=$?
		cat "$log" >&2
		return "$status"
	}
}
