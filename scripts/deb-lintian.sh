#!/bin/bash
# Checks the packages in folders with Debian 13's lintian, pedantic tags and all: deb-lintian.sh [FOLDER...] (build/deb).
# Debian 13's AppArmor reads the profiles in them.
# Overrides are in debian/, each with its reason.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/deb-lib.sh
need_root "$@"
need_tools mmdebstrap debian-archive-keyring util-linux

[ $# -gt 0 ] || set -- build/deb
tarball=$(root_tarball lintian '' lintian apparmor)
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

for package in "$root"/packages/*/ooni-{api,fastpath,uploader,common}_*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --wildcards './etc/apparmor.d/*' 2>/dev/null || true
done
count=0
for profile in "$root"/etc/apparmor.d/ooni-*; do
	chroot "$root" apparmor_parser --quiet --skip-kernel-load --skip-cache "/etc/apparmor.d/${profile##*/}"
	count=$((count + 1))
done
[ "$count" = 3 ] || die "found $count files of profiles in the packages"
say 'apparmor_parser: the profiles can be read'
