# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the scripts in tools/: the cache and its owner, Debian's mirror.

me=${0##*/}
arch=amd64 # Debian's name of the architecture of what is fetched

note() {
	echo "$me: $*" >&2
}

die() {
	note "$@"
	exit 1
}

need() {
	for program; do
		command -v "$program" >/dev/null ||
			die "$program is missing: run tools/deps check as root"
	done
}

under_sudo() {
	[ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ]
}

cache_dir() {
	if [ -n "${REUSETRACE_CACHE:-}" ]; then
		echo "$REUSETRACE_CACHE"
	elif under_sudo; then
		echo "$(getent passwd "$SUDO_UID" | cut -d: -f6)/.cache/reusetrace"
	else
		echo "${XDG_CACHE_HOME:-$HOME/.cache}/reusetrace"
	fi
}

# What root writes under sudo belongs to the one who called sudo.
give() {
	if under_sudo; then
		chown -hR "$SUDO_UID:${SUDO_GID:-}" "$@"
	fi
}

make_dir() {
	if [ ! -d "$1" ]; then
		make_dir "$(dirname "$1")"
		mkdir -p "$1"
		give "$1"
	fi
}

# Held until the script ends. Whoever holds it may delete $1/.tmp.*,
# which an interrupted run left behind.
lock() {
	make_dir "$1"
	exec 9>"$1/.lock"
	give "$1/.lock"
	if ! flock -n 9; then
		note "waiting for another $me"
		flock 9
	fi
	rm -rf "$1"/.tmp.*
}

mirror() {
	uri=${REUSETRACE_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' |
		sed 's,/*$,,' | grep '/debian$' | sort -u | head -n 1)}
	[ -n "$uri" ] || die "apt knows no Debian mirror: set REUSETRACE_MIRROR"
	echo "$uri"
}

keyring() {
	for ring in /usr/share/keyrings/debian-archive-keyring.gpg \
		/usr/share/keyrings/debian-archive-keyring.pgp; do
		if [ -e "$ring" ]; then
			echo "$ring"
			return
		fi
	done
	die "Debian's archive keyring is missing: run tools/deps check as root"
}

# source_line SUITE [deb|deb-src]: one line for a sources.list
source_line() {
	echo "${2:-deb} [signed-by=$(keyring)] $(mirror) $1 main"
}

# apt_in DIR TOOL ARG...: apt with everything it writes below DIR
apt_in() {
	apt_dir=$1 tool=$2
	shift 2
	"$tool" -q \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o APT::Default-Release= -o APT::Sandbox::User=root \
		-o Dir::Etc::sourcelist="$apt_dir/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State::lists="$apt_dir/lists" \
		-o Dir::Cache="$apt_dir/cache" \
		"$@"
}
