#!/bin/bash
# `make test-arm64`: the packages on arm64. Installs them in a Debian of that architecture, which an emulator of its
# processor runs (qemu-user), and has ooni-api store a measurement by the native module. Needs root, or sudo.
#
# Not part of .ci/run, for it takes minutes; services and systemd are what `make test-system` boots.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/deb-lib.sh
need_root "$@"
need_tools mmdebstrap debian-archive-keyring util-linux procps curl

told='' root=''
# As it was before.
leave() {
	[ -z "$told" ] || echo -1 >"$told"
	[ -z "$root" ] || rm -rf --one-file-system "$root"
}
trap leave EXIT
if [ "$(dpkg --print-architecture)" != arm64 ]; then
	need_tools qemu-user-static arch-test
	# Where no systemd has done it, the kernel is told who runs such programs.
	mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
	if [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
		cat /usr/lib/binfmt.d/qemu-aarch64.conf >/proc/sys/fs/binfmt_misc/register
		told=/proc/sys/fs/binfmt_misc/qemu-aarch64
	fi
fi
scripts/deb.sh build/deb >/dev/null
BUILD_ARCH=arm64 scripts/deb.sh build/deb-arm64 >/dev/null
tarball=$(ARCHITECTURES=arm64 root_tarball arm64 '' ${DEPENDENCIES//,/ } systemd)
root=$(mktemp -d "$PWD/build/root.XXXXXX")
unpack_root "$tarball" "$root"
cp build/deb-arm64/ooni-common_*_arm64.deb build/deb/ooni-{api,fastpath,uploader}_*_all.deb test/system/inside/measurement.mjs "$root/opt"

unshare --net --mount --pid --fork --kill-child bash -s "$root" <<'INSIDE'
set -euo pipefail
root=$1
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
ip link set lo up 2>/dev/null || true
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
failed=0 passed=0
check() { # TEXT COMMAND...
	local text=$1
	shift
	if "$@" >"$root/said" 2>&1; then passed=$((passed + 1)) && echo "  ok    $text"
	else failed=$((failed + 1)) && echo "  FAIL  $text" && tail -n 20 "$root/said"; fi
}
check 'this is arm64' bash -c "[ \"\$(chroot '$root' node -p process.arch)\" = arm64 ]"
check 'the packages are installed' in_root sh -c 'dpkg --install /opt/*.deb'
modules=$(in_root find /usr/lib/ooni -name '*.node')
check 'the native modules are there' [ "$(wc -w <<<"$modules")" -ge 2 ]
check 'are of arm64' in_root sh -c 'for file; do [ "$(od -An -tx1 -j18 -N2 "$file")" = " b7 00" ] || exit 1; done' - $modules
check 'and load' in_root node -e 'for (const file of process.argv.slice(1)) require(file)' $modules
for program in ooni-api ooni-fastpath ooni-uploader ooni-doctor; do
	check "$program starts" in_root sh -c "[ \"\$($program --version)\" = \"\$(dpkg-query -W -f '\${Version}' ooni-common)\" ]"
done
in_root systemd-tmpfiles --create ooni-common.conf
printf '%s\n' 'collector_id = "7"' 'base_url = "https://api.example.org"' 'workers = 1' >"$root/etc/ooni/api.toml.d/local.toml"
check 'its configuration is good' in_root ooni-api --check-config
in_root setpriv --reuid=ooni-api --regid=ooni --clear-groups ooni-api >"$root/api.log" 2>&1 &
stored() {
	in_root node --input-type=module -e "
		import { measurementText, submissionOf } from '/opt/measurement.mjs';
		for (let tries = 0; ; tries++) {
			const answer = await fetch('http://127.0.0.1:8080/api/v1/submit_measurement', {
				method: 'POST', body: submissionOf(measurementText('https://www.example.org/arm64')) }).catch((error) => error);
			if (answer.status === 200) break;
			console.error(answer.status, answer.cause?.code);
			if (tries > 60) process.exit(1);
			await new Promise((done) => setTimeout(done, 1000));
		}" && [ "$(find "$root/var/lib/ooni/spool/incoming" "$root/var/lib/ooni/spool/pending" -name '*.post' | wc -l)" = 2 ]
}
check 'ooni-api stores a measurement' stored
check 'by the native module' bash -c "! grep 'stored in several steps' '$root/api.log'"
[ "$failed" = 0 ] || cat "$root/api.log"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
INSIDE
