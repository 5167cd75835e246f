#!/bin/bash
# Packages of a next release as it might be: next.sh PACKAGES FOLDER. They are the same programs under a higher version, with
# another default in each configuration: repacked, since what is tried with them is what apt and a host make of an upgrade.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/deb-lib.sh

out=$2
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
rm -rf "$out"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for package in "$1"/ooni-{common,api,fastpath,uploader}_*.deb; do
	root=$work/root
	dpkg-deb -R "$package" "$root"
	sed -i "s/\b${version//./\\.}\b/&+next1/g" "$root/DEBIAN/control"
	for bundle in "$root"/usr/lib/ooni/ooni-*.js; do
		[ -e "$bundle" ] || continue
		sed -i "s/\"development\" : \"[^\"]*/&+next1/" "$bundle"
		grep -qF "\"development\" : \"$version+next1\"" "$bundle" || die "$bundle does not say its version where it did"
	done
	for config in "$root"/etc/ooni/*.toml; do
		[ ! -e "$config" ] || echo '# Another default than before.' >>"$config"
	done
	(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"
	dpkg-deb --root-owner-group -Znone -b "$root" "$out" >/dev/null
	rm -r "$root"
done
ls "$out"/*.deb
