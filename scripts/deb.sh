#!/bin/bash
# Builds the Debian packages in a clean Debian 13 root with no network: deb.sh [FOLDER].
# They come to FOLDER (build/deb). Everything that the build needs is in Debian or under vendor/.
#
# For the reproducibility test the circumstances can be varied: BUILD_DIR, BUILD_USER, BUILD_UMASK,
# BUILD_ENV (assignments), BUILD_FAKETIME (libfaketime's offset), BUILD_MTIME (of all files of the checkout). BUILD_COMMIT: what
# is built is that commit, not the checkout. BUILD_ARCH, such as arm64: the packages with compiled code for that
# architecture, made by Debian's cross compiler; the others are the same for all.
#
# A run of all checks (.ci/run) gives itself a name, PACKAGES_OF: packages that this run has built from the very
# same tree are not built anew.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/deb-lib.sh
need_root "$@"
need_tools mmdebstrap debian-archive-keyring util-linux

out=$(realpath -m "${1:-build/deb}")
dir=${BUILD_DIR:-/build/ooni-backend}
sources() {
	if [ -n "${BUILD_COMMIT:-}" ]; then git archive "$BUILD_COMMIT"; else source_tree; fi
}
made_of=
if [ -n "${PACKAGES_OF:-}" ]; then
	circumstances=$(env | sed -n '/^BUILD_/p' | sort)
	made_of="$PACKAGES_OF $({ sources; echo "$circumstances"; } | sha256sum | cut -d ' ' -f 1)"
	if [ "$made_of" = "$(cat "$out/made-of" 2>/dev/null)" ]; then
		say "packages of this run: $out"
		ls "$out"/*.deb
		exit
	fi
fi
user=${BUILD_USER:-builder}

# Build-Depends of debian/control, as packages. In a cross build those that run are this machine's (`:native`, or of no architecture);
# what is linked with (-dev) is of the other.
own=$(dpkg --print-architecture)
for_arch=${BUILD_ARCH:-$own}
linked=
[ "$for_arch" = "$own" ] || linked=:$for_arch
mapfile -t needed < <(
	sed -n '/^Build-Depends:/,/^[^ ]/p' debian/control | sed -n 's/^ \([a-z0-9.+:-]*\).*/\1/p' |
		sed -e 's/^debhelper-compat$/debhelper/' -e 's/^dh-sequence-bash-completion$/bash-completion/' \
			-e '/^dh-sequence-installsysusers$/d' -e "s/-dev$/&$linked/" -e 's/:native$//'
)
needed=(build-essential fakeroot faketime locales-all "${needed[@]}")
kind=
if [ "$for_arch" = "$own" ]; then
	tarball=$(root_tarball build '' "${needed[@]}")
else
	kind="--host-arch $for_arch --build=any --build-profiles=cross,nocheck"
	tarball=$(ARCHITECTURES=$own,$for_arch root_tarball "build-$for_arch" '' "${needed[@]}" \
		"crossbuild-essential-$for_arch" "libstdc++6:$for_arch")
fi

mkdir -p build
root=$(mktemp -d "$PWD/build/root.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
unpack_root "$tarball" "$root"
chroot "$root" useradd --create-home "$user"
mkdir -p "$root$dir"
sources | tar -xf - -C "$root$dir" --no-same-owner
[ -z "${BUILD_MTIME:-}" ] || find "$root$dir" -exec touch --no-dereference --date="$BUILD_MTIME" {} +
chroot "$root" chown -R "$user": "$(dirname "$dir")"

say "building the packages for $for_arch"
log=$root/build.log
# A network namespace of its own, without any interface up: nothing can be fetched.
if ! unshare --net --mount --pid --fork --kill-child bash -s "$root" "$dir" "$user" "${BUILD_UMASK:-022}" \
	"${BUILD_ENV:-}" "${BUILD_FAKETIME:-}" "$kind" <<'INSIDE' >"$log" 2>&1
set -eu
root=$1 dir=$2 user=$3 umask=$4 env=$5 faketime=${6:+faketime -f $6} kind=$7
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
exec chroot "$root" su "$user" -s /bin/bash -c \
	"umask $umask; cd '$dir' && env -i HOME=/home/$user PATH=/usr/bin:/bin USER=$user $env \
		$faketime dpkg-buildpackage --unsigned-source --unsigned-changes $kind"
INSIDE
then
	tail -n 60 "$log" >&2
	die "the package build failed"
fi
mkdir -p "$out"
rm -f "$out"/*
find "$root$(dirname "$dir")" -maxdepth 1 -type f -exec cp -t "$out" {} +
cp "$log" "$out/build.log"
[ -z "$made_of" ] || echo "$made_of" >"$out/made-of"
ls "$out"/*.deb
