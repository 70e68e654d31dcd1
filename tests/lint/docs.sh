#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The samples and the lists in the manual are those of the tables in the
# source. With --update it writes them, else it compares.
cd "${OPTOUT_SRCDIR:-.}" || exit 1
tables=${OPTOUT_BUILDDIR:-.}/tests/print_tables
update=${1-}
status=0
temporary=$(mktemp -d "${TMPDIR:-/tmp}/optout-docs.XXXXXX") || exit 1
trap 'rm -rf "$temporary"' EXIT

# settle FILE: $temporary/new is what FILE should be
settle() {
	if cmp -s "$temporary/new" "$1"; then
		return
	elif [ "$update" = --update ]; then
		cat "$temporary/new" >"$1"
	else
		echo "$1 differs from the tables; run make docs"
		diff -u "$1" "$temporary/new" | head -20
		status=1
	fi
}

# part FILE LIST MARK: the lines between the marks are those of the list
part() {
	"$tables" "$2" >"$temporary/list" || exit 1
	awk -v mark="$3" -v list="$temporary/list" '
		$0 == ".\\\" end " mark { inside = 0 }
		!inside { print }
		$0 == ".\\\" begin " mark {
			inside = 1
			while ((getline line < list) > 0)
				print line
		}' "$1" >"$temporary/new"
	settle "$1"
}

# whole FILE LIST
whole() {
	"$tables" "$2" >"$temporary/new" || exit 1
	settle "$1"
}

whole conf/optout-milter.conf sample-daemon
whole conf/policy.conf sample-policy
part doc/optout-milter.conf.5 manual-daemon options
part doc/optout-policy.conf.5 manual-policy options
part doc/optout-milter.8 reasons reasons
part doc/optoutctl.8 findings findings
exit $status
