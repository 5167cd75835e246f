#!/bin/bash
# Runs debian/tests with Debian's autopkgtest on a booted Debian 13. Needs root, or sudo.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/deb-lib.sh
. test/system/boot.sh
need_root "$@"
need_tools mmdebstrap systemd-container debian-archive-keyring util-linux procps

scripts/deb.sh build/deb
tarball=$(root_tarball autopkgtest "$DEPENDENCIES,nginx,curl,openssl,procps" \
	systemd systemd-sysv dbus autopkgtest dpkg-dev)
root=$(realpath -m build/autopkgtest)
NSPAWN_PID=
trap 'stop_root; rm -rf --one-file-system "$root" "$root.console"' EXIT
unpack_root "$tarball" "$root"
mkdir -p "$root/opt/packages" "$root/opt/source"
cp build/deb/ooni-{common,api,fastpath,uploader}_*.deb "$root/opt/packages"
source_tree | tar -xf - -C "$root/opt/source" --no-same-owner

say 'booting Debian'
boot_root "$root"
# The null server says of nothing that it is isolated; this container is.
inside sh -c 'autopkgtest --ignore-restrictions=isolation-container,breaks-testbed --no-built-binaries /opt/packages/*.deb /opt/source -- null'
