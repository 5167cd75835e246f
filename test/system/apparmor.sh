#!/bin/bash
# `make test-apparmor`: the services under their AppArmor profiles, in enforce mode, on a kernel that enforces them. A container
# cannot load a profile, so Debian 13 is booted on a Linux that runs as a process (kernel.sh). Installs the packages and runs
# the steps of the acceptance test (inside/) in it. Needs root, or sudo; installs the tools that are missing.
#
# Arguments name the steps, in place of all; KEEP=1 ends with a shell of the booted system on this terminal (`poweroff` ends it).
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/deb-lib.sh
need_root "$@"
need_tools mmdebstrap debian-archive-keyring util-linux procps gcc e2fsprogs

kernel=$(test/system/kernel.sh)
scripts/deb.sh build/deb >/dev/null
test/system/next.sh build/deb build/deb-next >/dev/null
tarball=$(VARIANT=standard root_tarball apparmor \
	"$DEPENDENCIES,nginx,curl,openssl,bash-completion,libfaketime,git,msmtp" \
	systemd-sysv dbus apparmor apparmor-utils)
work=$(mktemp -d "$PWD/build/apparmor.XXXXXX")
machine=
trap '[ -z "$machine" ] || kill "$machine" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
root=$work/root
unpack_root "$tarball" "$root"
mkdir -p "$root/opt/node_modules" "$root/opt/clickhouse" "$root/opt/packages"
cp build/deb/ooni-{common,api,fastpath,uploader}_*.deb "$root/opt/packages"
cp -r build/deb-next "$root/opt/packages/next"
cp -r test/system/inside "$root/opt/test"
cp -r docs "$root/opt/docs"
install test/system/inside/clickhouse-client.mjs "$root/usr/local/bin/clickhouse-client"
cp test/system/inside/clickhouse-*.s* "$root/etc/systemd/system"
cp node_modules/@chdb/lib-linux-x64-gnu/libchdb.so "$root/opt/clickhouse"
cc -O1 -o "$root/opt/clickhouse/launcher" test/support/launcher.c -ldl

[ $# -gt 0 ] || set -- install configure credentials probe archive s3 upgrade apparmor
cat >"$root/opt/acceptance" <<INSIDE
#!/bin/bash
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root
# The checkout, as a file system of the machine that this one runs on.
mount -t hostfs -o ro,hostfs=/node_modules none /opt/node_modules
systemctl is-system-running --wait >/dev/null
# What only the test wants, and what is left to an operator: a clock that is ahead, repositories, mails.
apt-get -qq install --yes --no-install-recommends libfaketime git msmtp >/dev/null
bash /opt/test/acceptance.sh /opt/packages /opt/docs $*
[ -z "${KEEP:-}" ] || bash -i
systemctl poweroff --force
INSIDE
chmod 755 "$root/opt/acceptance"
cat >"$root/etc/systemd/system/acceptance.service" <<'UNIT'
[Service]
Type=idle
ExecStart=/opt/acceptance
StandardInput=tty
StandardOutput=tty
TTYPath=/dev/console
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../acceptance.service "$root/etc/systemd/system/multi-user.target.wants/acceptance.service"
for unit in apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer console-getty.service getty@tty1.service; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
echo apparmor >"$root/etc/hostname"
mke2fs -q -t ext4 -d "$root" "$work/disk" 8G
rm -rf --one-file-system "$root"

say 'booting Debian'
# io_uring's shared pages are not kept apart as they should be by this kind of kernel; node does without.
TMPDIR=/dev/shm "$kernel" "ubd0=$work/disk" root=/dev/ubda rw mem=4G sysctl.kernel.io_uring_disabled=2 "hostfs=$PWD" con0=fd:0,fd:1 con=null \
	systemd.show_status=no systemd.log_level=notice quiet loglevel=1 2>"$work/errors" | tee "$work/output" &
machine=$!
wait "$machine" || true
machine=
tr -d '\r' <"$work/output" | tail -n 5 | grep -qE '^[0-9]+ passed, 0 failed$' || {
	tail -n 20 "$work/errors" >&2
	exit 1
}
