#!/bin/bash
# Builds packages anew, in circumstances as different as they get from those of `make deb`, and compares every byte with what
# is in FOLDER (build/deb): deb-reproducible.sh [FOLDER...]. A folder is build/deb or, of another architecture, build/deb-NAME.
#
# Varied: folder (one with blanks), times of the files of the checkout, user and home, umask, time zone,
# locale, time (more than a year ahead), parallelism, a variable that the build does not know.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/deb-lib.sh
need_root "$@"
[ $# -gt 0 ] || set -- build/deb

again() { # FOLDER
	local name=${1##*/}
	case $name in deb-*) export BUILD_ARCH=${name#deb-} ;; esac
	BUILD_DIR='/srv/some where/else/backend 2' BUILD_MTIME=2001-02-03T04:05:06Z BUILD_USER=second BUILD_UMASK=077 BUILD_FAKETIME=+400d \
		BUILD_ENV='LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 TZ=Pacific/Kiritimati DEB_BUILD_OPTIONS=parallel=1 UNKNOWN_TO_THE_BUILD=1' \
		scripts/deb.sh "build/reproducible/$name" >/dev/null
}
# One build uses one core.
builds=()
for folder in "$@"; do
	again "$folder" &
	builds+=($!)
done
for build in "${builds[@]}"; do wait "$build" || die 'not built anew'; done

differing=0 count=0
for folder in "$@"; do
	for package in "$folder"/*.deb; do
		count=$((count + 1))
		second=build/reproducible/${folder##*/}/${package##*/}
		if cmp "$package" "$second"; then
			say "$(sha256sum "$package" | cut -c1-16)  ${package##*/}: the same"
		else
			differing=$((differing + 1))
			say "${package##*/} differs (diffoscope $package $second shows how)"
		fi
	done
done
echo "$((count - differing)) of $count packages are the same, bit for bit"
# ooni-common and its debug symbols for each architecture, and the three programs.
[ "$differing" = 0 ] && [ "$count" -ge $((2 * $# + 3)) ]
