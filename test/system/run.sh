#!/bin/bash
# `make test-system`: builds the packages, boots Debian 13 with systemd as PID 1, and runs the acceptance
# test (inside/) in it. Needs root, or sudo; installs the tools that are missing.
#
# Two hosts live side by side. One is installed, used and rebooted. The other begins with the last released version, is upgraded
# and backed up; then its disk is gone, and a third takes its place from the backup alone.
#
# What can be cached is (Debian roots and the released packages, in ~/.cache/ooni-backend), never a result. Arguments name the steps
# to run (inside/step-*.sh) on one host, in place of all; KEEP=1 leaves it running for a look around.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/deb-lib.sh
. test/system/boot.sh
need_root "$@"
need_tools mmdebstrap systemd-container debian-archive-keyring util-linux procps gcc gpg

scripts/deb.sh build/deb
BUILD_ARCH=arm64 scripts/deb.sh build/deb-arm64
test/system/next.sh build/deb build/deb-next
released=yes
test/system/released.sh build/deb-released || {
	say 'not run: the upgrade from the last released version'
	released=
}

# Repositories of the packages, signed with keys of this run: as it is at first, while a second key is made known, when that
# one alone signs, and one of a stranger.
work=$(mktemp -d)
GNUPGHOME=$work
export GNUPGHOME
repositories=$work/repositories
trap 'rm -rf "$work"' EXIT
key() { # NAME: makes a key, prints its fingerprint
	gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@example.org>" ed25519 sign 1y 2>/dev/null
	gpg --batch --with-colons --list-keys "$1@example.org" | awk -F: '/^fpr/ { print $10; exit }'
}
first=$(key first) second=$(key second) stranger=$(key stranger)
repository() { # NAME SIGNER TRUSTED PACKAGES...
	REPO_URI=file:///opt/repository/now REPO_SIGN=$2 REPO_TRUST=$3 KEYRING_VERSION=$((++keyring_version)) \
		scripts/apt-repo.sh "$repositories/$1" "${@:4}" >/dev/null
}
keyring_version=0
mkdir "$repositories"
repository first "$first" '' build/deb build/deb-arm64
cp -r "$repositories/first" "$repositories/known"
repository known "$first" "$second" build/deb-next
cp -r "$repositories/known" "$repositories/second"
repository second "$second" '' build/deb-next
repository stranger "$stranger" '' build/deb-next

# Debian as its installer makes it, with nothing that the documents do not tell to install. Everything that
# `apt install` inside may want to download lies in its own cache already.
tarball=$(VARIANT=standard root_tarball system \
	"$DEPENDENCIES,nginx,curl,openssl,bash-completion,libfaketime,prometheus,prometheus-node-exporter,prometheus-nginx-exporter,prometheus-alertmanager" \
	systemd-sysv dbus)
cc -O1 -o "$work/launcher" test/support/launcher.c -ldl

# new_host NAME: unpacks and boots it.
new_host() {
	root=$(realpath -m "build/system-$1")
	unpack_root "$tarball" "$root"
	mkdir -p "$root/opt/repository" "$root/opt/node_modules" "$root/opt/clickhouse" "$root/opt/packages" "$root/opt/test"
	cp build/deb/ooni-{common,api,fastpath,uploader}_*.deb "$root/opt/packages"
	cp -r build/deb-next "$root/opt/packages/next"
	[ -z "$released" ] || cp -r build/deb-released "$root/opt/packages/released"
	cp -r "$repositories"/* "$root/opt/repository"
	cp test/system/inside/* "$root/opt/test"
	cp -r docs "$root/opt/docs"
	install test/system/inside/clickhouse-client.mjs "$root/usr/local/bin/clickhouse-client"
	cp test/system/inside/clickhouse-*.s* "$root/etc/systemd/system"
	touch "$root/opt/clickhouse/libchdb.so"
	cp "$work/launcher" "$root/opt/clickhouse/launcher"
	# Outlives the host: where backups go.
	mkdir -p "$work/backup" "$root/srv/backup"
	say "booting Debian: $1"
	# node_exporter asks the kernel whether the clock is kept.
	boot_root "$root" --bind-ro="$PWD/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so:/opt/clickhouse/libchdb.so" \
		--bind-ro="$PWD/node_modules:/opt/node_modules" --bind="$work/backup:/srv/backup" \
		--system-call-filter='adjtimex clock_adjtime'
	# What only the test wants: a clock that is ahead.
	inside apt-get -qq install --yes libfaketime >/dev/null
}

# The host with all that is on its disk.
destroy_host() {
	stop_root
	rm -rf --one-file-system "$root" "$root.console"
}

acceptance() { # step...
	inside bash /opt/test/acceptance.sh /opt/packages /opt/docs "$@" || status=1
}

# Each host, and all that it was: in a subshell of its own.
used_host() {
	trap destroy_host EXIT
	new_host used
	acceptance install configure credentials probe archive s3 monitoring alerts operate doctor recover journal sandbox restart faults before-reboot
	reboot_root
	acceptance reboot
}
upgraded_host() {
	trap destroy_host EXIT
	new_host upgraded
	if [ -n "$released" ]; then acceptance released release-upgrade; else acceptance install configure; fi
	acceptance backup
	destroy_host
	new_host restored
	acceptance restore upgrade removal repository
}

NSPAWN_PID='' status=0 root=''
if [ $# -gt 0 ]; then
	[ -n "${KEEP:-}" ] || trap 'destroy_host; rm -rf "$work"' EXIT
	new_host "${HOST:-used}"
	acceptance "$@"
	[ -z "${KEEP:-}" ] || say "left running: nsenter -t $(leader) -a; with $root, $work"
	exit "$status"
fi
# HOSTS: only these of the two.
pids=()
stop_hosts() {
	for pid in "${pids[@]}"; do
		# Each of them, once what it waits for is gone, shuts its host down. The host is in a session of its own: to kill
		# systemd-nspawn would leave what it booted.
		{ kill "$pid" && pkill -KILL --session 0 --parent "$pid"; } 2>/dev/null || true
	done
	wait
	rm -rf "$work"
}
trap stop_hosts EXIT
for host in ${HOSTS:-used upgraded}; do
	# Made here: the host may be slower to open it than what is below to show it.
	: >"$work/$host"
	("${host}_host"; exit "$status") >>"$work/$host" 2>&1 &
	pids+=($!)
done
for host in ${HOSTS:-used upgraded}; do
	tail -n +1 -f --pid="${pids[0]}" "$work/$host"
	wait "${pids[0]}" || status=1
	pids=("${pids[@]:1}")
done
exit "$status"
