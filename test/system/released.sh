#!/bin/bash
# The packages of the last released version: released.sh FOLDER. They are built from its commit, as it was released, once;
# what they must be, bit for bit, is in released.sha256. RELEASED=new writes that file anew, for a new version and commit in it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/deb-lib.sh
need_root "$@"

out=$(realpath -m "$1")
sums=$PWD/test/system/released.sha256
version=$(sed -n 's/^# version //p' "$sums")
commit=$(sed -n 's/^# commit //p' "$sums")
kept=$CACHE/released-$version

is_whole() { # FOLDER
	# The one package with compiled code is kept for amd64 alone.
	[ -d "$1" ] && (cd "$1" && sha256sum --check --quiet --ignore-missing "$sums" >&2) &&
		[ "$(find "$1" -name "ooni-*_${version}_*.deb" | wc -l)" = 4 ]
}
if [ -n "${RELEASED:-}" ] || ! is_whole "$kept"; then
	git cat-file -e "$commit^{commit}" 2>/dev/null ||
		die "version $version is commit $commit, which this checkout does not have: git fetch --unshallow"
	say "building version $version of $commit"
	BUILD_COMMIT=$commit scripts/deb.sh "$kept.$$" >/dev/null
	rm -rf "$kept"
	mkdir "$kept"
	find "$kept.$$" -name 'ooni-*.deb' ! -name '*-dbgsym_*' -exec mv -t "$kept" {} +
	rm -r "$kept.$$"
	if [ -n "${RELEASED:-}" ]; then
		lines=$(sed -n '/^#/p' "$sums")
		{ echo "$lines"; cd "$kept" && sha256sum ooni-*.deb; } >"$sums.part"
		mv "$sums.part" "$sums"
	fi
	# Debian's own tools may have changed: diffoscope tells, and whether the difference is one of substance.
	is_whole "$kept" || die "$kept: the packages of version $version are not those that were released"
fi
mkdir -p "$out"
rm -f "$out"/*
cp "$kept"/*.deb "$out"
