#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Includes go downward only, policy < cache, conf < milter < ctl, and each
# foreign library is used in its own place.
cd "${OPTOUT_SRCDIR:-.}" || exit 1
status=0

# forbid FOLDER PATTERN WHY
forbid() {
	found=$(grep -nE "^#include [\"<]($2)" "$1"/*.[ch]) || return 0
	printf '%s\n%s\n' "$3:" "$found"
	status=1
}

# only HEADER FILES...: where a foreign header may be included
only() {
	header=$1
	shift
	found=$(grep -lE "^#include <$header" policy/*.[ch] cache/*.[ch] \
		conf/*.[ch] milter/*.[ch] ctl/*.[ch])
	for file in $found; do
		case " $* " in
		*" $file "*) ;;
		*)
			echo "$file: includes <$header>; only $* may"
			status=1
			;;
		esac
	done
}

forbid policy '(cache|conf|milter|ctl)/' 'policy reaches upward'
forbid policy '(syslog|pthread|time|fcntl|unistd|dirent)\.h' \
	'policy has no file, clock, thread or log'
forbid cache '(conf|milter|ctl)/' 'cache reaches upward'
forbid conf '(cache|milter|ctl)/' 'conf reaches upward or sideways'
forbid milter 'ctl/' 'milter reaches upward'

only 'pcre2' policy/order.c policy/pattern.c
only 'gmime' policy/entity.c
only 'glib' policy/charset.c policy/fold.c policy/normalize.c policy/text.c \
	policy/entity.c policy/quote_words.c policy/wording.c
only 'libxml' policy/visible.c
only 'idn2' policy/address.c
only 'libconfig' conf/reader.c conf/source.c conf/policy_file.c
only 'lmdb' cache/store.c cache/store.h cache/cache_private.h cache/cache.c \
	cache/cache_read.c cache/cache_threads.c cache/cache_write.c \
	cache/store_upgrade.c cache/writer.c cache/writer_apply.c \
	cache/writer_apply.h
only 'sodium' cache/identity.c
only 'libmilter' milter/callbacks.c milter/headers.c milter/headers.h \
	milter/worker.c
only 'csv' ctl/csvfile.c ctl/csvfile.h
only 'jansson' ctl/jsonout.c ctl/jsonout.h
exit $status
