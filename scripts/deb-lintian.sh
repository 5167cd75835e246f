#!/bin/bash
# Checks the packages in folders with Debian 13's lintian, pedantic tags and all: deb-lintian.sh [FOLDER...] (build/deb).
# Overrides are in debian/, each with its reason.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/deb-lib.sh
need_root "$@"
need_tools mmdebstrap debian-archive-keyring util-linux

[ $# -gt 0 ] || set -- build/deb
tarball=$(root_tarball lintian '' lintian)
root=$(mktemp -d "$PWD/build/root.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
unpack_root "$tarball" "$root"
mkdir "$root/packages"
cp -r "$@" "$root/packages"
chroot "$root" useradd --create-home lintian
unshare --net --mount --pid --fork --kill-child sh -c '
	mount -t proc proc "$1/proc"
	exec chroot "$1" su lintian -s /bin/bash -c "cd /packages && lintian --version && lintian --pedantic \
		--display-info --tag-display-limit 0 --fail-on error,warning,info,pedantic */*.changes"
' sh "$root"
say 'lintian: nothing to complain of'
