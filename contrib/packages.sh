# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The Debian packages that the project needs, by purpose. Sourced by demo.sh
# and check.sh; "sh contrib/packages.sh" prints them all.

# Prints the packages of the purposes named: build, test, mail.
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

case $0 in
*packages.sh) packages_for build test mail ;;
esac
