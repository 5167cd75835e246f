#!/bin/bash
# Builds the packages twice, in circumstances as different as they get, and compares every byte.
#
# Varied: folder (one with blanks), times of the files of the checkout, user and home, umask, time zone,
# locale, time (more than a year ahead), parallelism, a variable that the build does not know.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/deb-lib.sh
need_root "$@"

first=$(realpath -m build/reproducible/first)
second=$(realpath -m build/reproducible/second)
BUILD_USER=first BUILD_UMASK=022 BUILD_ENV='LANG=C.UTF-8 TZ=UTC' \
	scripts/deb.sh "$first" >/dev/null
BUILD_DIR='/srv/some where/else/backend 2' BUILD_MTIME=2001-02-03T04:05:06Z BUILD_USER=second BUILD_UMASK=077 BUILD_FAKETIME=+400d \
	BUILD_ENV='LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 TZ=Pacific/Kiritimati DEB_BUILD_OPTIONS=parallel=1 UNKNOWN_TO_THE_BUILD=1' \
	scripts/deb.sh "$second" >/dev/null

differing=0
for package in "$first"/*.deb; do
	name=$(basename "$package")
	if cmp "$package" "$second/$name"; then
		say "$(sha256sum "$package" | cut -c1-16)  $name: the same"
	else
		differing=$((differing + 1))
		say "$name differs (diffoscope $package $second/$name shows how)"
	fi
done
count=$(find "$first" -name '*.deb' | wc -l)
echo "$((count - differing)) of $count packages are the same, bit for bit"
[ "$differing" = 0 ] && [ "$count" -ge 4 ]
