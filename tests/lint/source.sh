#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What every source file holds to: a licence line, no stray blanks, and sizes
# that can be read: files of 600 lines, functions of 80.
cd "${OPTOUT_SRCDIR:-.}" || exit 1
status=0
files=$(find policy cache conf milter ctl tests contrib doc -type f \
	\( -name '*.[ch]' -o -name '*.def' -o -name '*.sh' -o -name '*.py' \
	-o -name '*.[58]' \))

complain() {
	[ -z "$2" ] && return
	printf '%s:\n%s\n' "$1" "$2"
	status=1
}

# shellcheck disable=SC2086
{
	complain 'no SPDX line' \
		"$(grep -L 'SPDX-License-Identifier: BSD-2-Clause' $files)"
	complain 'blanks at the end of a line' "$(grep -nE '[ 	]+$' $files)"
	complain 'a child process is started, or a string is copied unbounded' \
		"$(grep -nE '\b(system|popen|gets|vfork|execv?[lpe]*) *\(' \
			policy/*.c cache/*.c conf/*.c milter/*.c ctl/*.c)"
	complain 'more than 600 lines' "$(wc -l policy/*.c cache/*.c conf/*.c \
		milter/*.c ctl/*.c |
		awk '$1 > 600 && $2 != "total" { print $2 ": " $1 }')"
	complain 'a function of more than 80 lines' "$(awk '
		FNR == 1 { start = 0 }
		/^\{/ { start = FNR }
		/^\}/ && start {
			if (FNR - start > 80)
				print FILENAME ":" start ": " FNR - start
			start = 0
		}' policy/*.c cache/*.c conf/*.c milter/*.c ctl/*.c)"
}
exit $status
