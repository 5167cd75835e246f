#!/bin/sh
# Makes the manual pages in the folder that is named: the programs' as they are in docs/man, the config
# files' from the config files.
set -eu
mkdir -p "$1"
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
for page in docs/man/*.8; do
	sed "s/@VERSION@/$version/" "$page" >"$1/$(basename "$page")"
done
for program in api fastpath uploader; do
	node scripts/man-config.mjs "$program" >"$1/ooni-$program.toml.5"
done
