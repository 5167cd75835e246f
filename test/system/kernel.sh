#!/bin/bash
# A Linux kernel that runs as a process (User Mode Linux), with AppArmor: no container may load a profile, and machines
# that run tests seldom have KVM. Made of the sources of Debian's own kernel, so that it is AppArmor as hosts have it.
# Prints its path. It is kept in the cache; making it takes some ten minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/deb-lib.sh
need_root "$@"

# Debian 13's; where this machine's Debian is another, its own archive has these sources too.
SOURCE=linux-source-6.12
need_tools build-essential bc bison flex xz-utils
config=test/system/kernel.config
version=$(apt-cache policy "$SOURCE" | sed -n 's/^  Candidate: //p')
[ -n "$version" ] || die "apt knows no $SOURCE"
kernel=$CACHE/uml-$(sha256sum "$config" test/system/kernel.sh | sha256sum | cut -c1-12)
if [ ! -e "$kernel" ]; then
	say "making a kernel ($SOURCE $version)"
	mkdir -p "$CACHE" build
	work=$(mktemp -d "$PWD/build/kernel.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	(
		cd "$work"
		apt-get -qq download "$SOURCE"
		dpkg-deb --fsys-tarfile ./*.deb | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | tar -xJ --strip-components=1
	) >&2
	make -C "$work" -s ARCH=um defconfig >&2
	cat "$config" >>"$work/.config"
	make -C "$work" -s ARCH=um olddefconfig >&2
	make -C "$work" -s ARCH=um -j"$(nproc)" linux >"$work/make.log" 2>&1 || {
		tail -n 30 "$work/make.log" >&2
		die "the kernel cannot be built"
	}
	strip -o "$kernel.$$" "$work/linux"
	mv "$kernel.$$" "$kernel"
fi
echo "$kernel"
