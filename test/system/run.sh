#!/bin/bash
# `make test-system`: builds the packages, boots Debian 13 with systemd as PID 1, and runs the acceptance
# test (inside/) in it. Needs root, or sudo; installs the tools that are missing.
#
# What can be cached is (Debian roots, in ~/.cache/ooni-backend), never a result. KEEP=1 leaves the
# container running for a look around; arguments name the steps to run (inside/step-*.sh), in place of all.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/deb-lib.sh
. test/system/boot.sh
need_root "$@"
need_tools mmdebstrap systemd-container debian-archive-keyring util-linux procps gcc gpg

scripts/deb.sh build/deb
BUILD_VERSION="$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)+next1" scripts/deb.sh build/deb-next

# Debian as its installer makes it, with nothing that the documents do not tell to install. Everything that
# `apt install` inside may want to download lies in its own cache already.
# Repositories of them, signed with keys of this run: as it is at first, while a second key is made known, when that one
# alone signs, and one of a stranger.
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
repositories=$GNUPGHOME/repositories
trap 'rm -rf "$GNUPGHOME"' EXIT
key() { # NAME: makes a key, prints its fingerprint
	gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@example.org>" ed25519 sign 1y 2>/dev/null
	gpg --batch --with-colons --list-keys "$1@example.org" | awk -F: '/^fpr/ { print $10; exit }'
}
first=$(key first) second=$(key second) stranger=$(key stranger)
repository() { # NAME PACKAGES SIGNER [TRUSTED]
	REPO_URI=file:///opt/repository/now REPO_SIGN=$3 REPO_TRUST=${4:-} KEYRING_VERSION=$((++keyring_version)) \
		scripts/apt-repo.sh "$repositories/$1" "$2" >/dev/null
}
keyring_version=0
mkdir "$repositories"
repository first build/deb "$first"
cp -r "$repositories/first" "$repositories/known"
repository known build/deb-next "$first" "$second"
cp -r "$repositories/known" "$repositories/second"
repository second build/deb-next "$second"
repository stranger build/deb-next "$stranger"

tarball=$(VARIANT=standard root_tarball system \
	nodejs,node-bindings,nginx,curl,openssl,bash-completion,libfaketime,prometheus,prometheus-node-exporter,prometheus-nginx-exporter \
	systemd-sysv dbus)
root=$(realpath -m build/system)
trap 'rm -rf "$GNUPGHOME"; stop_root; [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$root" "$root.console"' EXIT
NSPAWN_PID=0
unpack_root "$tarball" "$root"

mkdir -p "$root/opt/repository" "$root/opt/node_modules" "$root/opt/clickhouse" "$root/opt/packages/next" "$root/opt/test"
cp build/deb/ooni-{common,api,fastpath,uploader}_*.deb "$root/opt/packages"
cp build/deb-next/ooni-{common,api,fastpath,uploader}_*.deb "$root/opt/packages/next"
cp -r "$repositories"/* "$root/opt/repository"
cp test/system/inside/* "$root/opt/test"
cp -r docs "$root/opt/docs"
install test/system/inside/clickhouse-client.mjs "$root/usr/local/bin/clickhouse-client"
cp test/system/inside/clickhouse-*.s* "$root/etc/systemd/system"
touch "$root/opt/clickhouse/libchdb.so"
cc -O1 -o "$root/opt/clickhouse/launcher" test/support/launcher.c -ldl

say 'booting Debian'
# node_exporter asks the kernel whether the clock is kept.
boot_root "$root" --bind-ro="$PWD/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so:/opt/clickhouse/libchdb.so" \
	--bind-ro="$PWD/node_modules:/opt/node_modules" --system-call-filter='adjtimex clock_adjtime'
status=0
acceptance() { # step...
	inside bash /opt/test/acceptance.sh /opt/packages /opt/docs "$@" || status=1
}
# What only the test wants: a clock that is ahead.
inside apt-get -qq install --yes libfaketime >/dev/null
if [ $# -gt 0 ]; then
	acceptance "$@"
else
	acceptance install configure credentials probe archive s3 monitoring operate doctor recover journal sandbox restart faults upgrade before-reboot
	reboot_root
	acceptance reboot removal repository
fi
if [ -n "${KEEP:-}" ]; then
	say "left running: nsenter -t $(leader) -a"
	trap - EXIT
fi
exit "$status"
