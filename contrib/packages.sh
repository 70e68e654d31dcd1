# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The Debian packages that the project needs, by purpose. Sourced by demo.sh
# and check.sh; "sh contrib/packages.sh" prints them all, and
# "sh contrib/packages.sh unpack DIRECTORY" puts a Sendmail there.

# Prints the packages of the purposes named: build, test, mail, sendmail.
packages_for() {
	for purpose in "$@"; do
		case $purpose in
		build) echo gcc make autoconf autoconf-archive automake pkg-config \
			libc6-dev check \
			libmilter-dev libconfig-dev libpcre2-dev liblmdb-dev \
			libsodium-dev libgmime-3.0-dev libxml2-dev libidn2-dev \
			libcsv-dev libjansson-dev libsystemd-dev ;;
		test) echo clang-format mandoc shellcheck ;;
		mail) echo postfix python3 ;;
		sendmail) echo m4 openssl libdb5.3 libldap-2.5-0 libnsl2 \
			libsasl2-2 libsasl2-modules libwrap0 ;;
		esac
	done
}

# Prints those of the packages named that are not installed.
packages_missing() {
	for package in "$@"; do
		# shellcheck disable=SC2016 # for dpkg-query to expand
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
			2>/dev/null) || state=
		[ "$state" = installed ] || echo "$package"
	done
}

# Installs what is missing for the purposes named. Removes nothing: on a host
# with another mail server than Postfix it fails and says so.
packages_install() {
	wanted=$(packages_for "$@")
	if ! command -v dpkg-query >/dev/null; then
		echo "not a Debian system; needed are:" "$wanted" >&2
		return 0
	fi
	# shellcheck disable=SC2086 # a list of words
	missing=$(packages_missing $wanted)
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		# shellcheck disable=SC2086 # a list of words
		echo "as root: apt-get install" $missing >&2
		return 1
	fi
	# shellcheck disable=SC2086 # a list of words
	packages_apt $missing
}

packages_apt() {
	echo "installing $*"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update || return 1
	# The private Postfix brings its own configuration; the package's
	# service is not wanted.
	echo "postfix postfix/main_mailer_type select No configuration" |
		debconf-set-selections || return 1
	apt-get -qq -y --no-install-recommends --no-remove install "$@" \
		</dev/null >/dev/null
}

# Unpacks a Sendmail into the directory $1, which must not exist yet. Its
# packages cannot be installed: they conflict with those of Postfix. What they
# need is in packages_for sendmail.
packages_unpack() {
	rm -rf "$1.new"
	mkdir "$1.new" || return 1
	(cd "$1.new" && packages_download sendmail-bin sendmail-cf &&
		for file in *.deb; do
			dpkg-deb -x "$file" . || exit 1
			rm "$file"
		done) || return 1
	# A program with the set-group-id bit takes no preloaded library.
	chmod g-s "$1.new/usr/libexec/sendmail/sendmail" &&
		mv "$1.new" "$1"
}

# Fetches packages into the current directory.
packages_download() {
	apt-get -qq download "$@" 2>/dev/null && return 0
	apt-get -qq update && apt-get -qq download "$@"
}

case $0 in
*packages.sh)
	case ${1-} in
	unpack) packages_unpack "${2:?DIRECTORY is missing}" ;;
	*) packages_for build test mail sendmail ;;
	esac
	;;
esac
