#!/bin/bash
# Adds packages to a signed apt repository: apt-repo.sh REPOSITORY [PACKAGES...] (build/apt-repo, build/deb).
#
# The keys are those of GNUPGHOME, which must be given. REPO_SIGN: fingerprints that sign, several during a change of keys;
# without it, every secret key there. REPO_TRUST: fingerprints that hosts are to trust besides, whose public half is enough.
# REPO_URI: where hosts find it. KEYRING_VERSION: of the package with the public keys; must rise when keys change.
#
# It is pool/ and dists/, for any web server; what was in it stays, so that hosts can go back to an older version. Made by
# Debian's own apt-ftparchive, dpkg-deb and gpg. The indexes come into force at once, when all is written and signed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/deb-lib.sh
need_tools apt-utils gpg dpkg-dev xz-utils

repo=$(realpath -m "${1:-build/apt-repo}")
shift || true
mapfile -t folders < <(realpath -e "${@:-build/deb}")
[ "${#folders[@]}" -gt 0 ] || die "there are no packages: make deb"
uri=${REPO_URI:-https://packages.example.org}
suite=trixie component=main
[ -n "${GNUPGHOME:-}" ] || die "set GNUPGHOME: the folder of the key that signs"
export GNUPGHOME

mapfile -t signers < <(
	if [ -n "${REPO_SIGN:-}" ]; then
		tr ' ' '\n' <<<"$REPO_SIGN"
	else
		gpg --batch --with-colons --list-secret-keys | awk -F: '/^sec/ { key = 1 } /^fpr/ && key { print $10; key = 0 }'
	fi
)
[ "${#signers[@]}" -gt 0 ] || die "there is no secret key in $GNUPGHOME"
# shellcheck disable=SC2206 # a list
trusted=("${signers[@]}" ${REPO_TRUST:-})

umask 022
mkdir -p "$repo"
# One at a time; the lock is gone with this process.
exec 9<"$repo"
flock --nonblock 9 || die "another one is at work on $repo"
# On the same disk, for what is renamed.
work=$(mktemp -d "$repo/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

# The public keys as a package, so that new ones reach the hosts by an upgrade.
keyring=$work/ooni-archive-keyring
install -d "$keyring/DEBIAN" "$keyring/usr/share/keyrings" "$keyring/usr/share/doc/ooni-archive-keyring"
gpg --batch --quiet --export --export-options export-minimal "${trusted[@]}" >"$keyring/usr/share/keyrings/ooni-archive-keyring.gpg"
[ -s "$keyring/usr/share/keyrings/ooni-archive-keyring.gpg" ] || die "the keys cannot be exported"
epoch=$(gpg --batch --with-colons --list-keys "${trusted[@]}" | awk -F: '/^pub/ && $6 > newest { newest = $6 } END { print newest }')
version=${KEYRING_VERSION:-$(date -u -d "@$epoch" +%Y.%m.%d)}
maintainer=$(sed -n 's/^Maintainer: //p' debian/control)
cp LICENSE "$keyring/usr/share/doc/ooni-archive-keyring/copyright"
cat >"$keyring/DEBIAN/control" <<EOF
Package: ooni-archive-keyring
Version: $version
Architecture: all
Multi-Arch: foreign
Maintainer: $maintainer
Section: misc
Priority: optional
Description: keys of the repository of the OONI backend
 The public keys that its index is signed with, for apt. It comes from that
 repository, so that new keys are there before the old ones go.
EOF
find "$keyring" -exec touch --no-dereference --date="@$epoch" {} +
SOURCE_DATE_EPOCH=$epoch dpkg-deb --root-owner-group --build "$keyring" "$work" >/dev/null

# add FILE: a version that hosts may have is never replaced.
pool=pool/$component/o/ooni-backend
mkdir -p "$repo/$pool"
add() {
	local name=$pool/${1##*/}
	if [ ! -e "$repo/$name" ]; then
		cp "$1" "$repo/$name.part"
		mv "$repo/$name.part" "$repo/$name"
	elif ! cmp --silent "$1" "$repo/$name"; then
		die "$name is there with other bytes: give it a new version (KEYRING_VERSION for the keys)"
	fi
}
for folder in "${folders[@]}" "$work"; do
	for file in "$folder"/ooni-*_*.deb; do
		case $file in *-dbgsym_*) ;; *) add "$file" ;; esac
	done
done

cd "$repo"
# Those that the one package with compiled code was made for.
architectures=$(find "$pool" -name 'ooni-common_*.deb' -printf '%f\n' | sed 's/.*_\(.*\)\.deb/\1/' | sort -u | tr '\n' ' ')
dist=$work/dists/$suite
for architecture in $architectures; do
	index=$dist/$component/binary-$architecture
	mkdir -p "$index"
	apt-ftparchive --arch "$architecture" packages pool >"$index/Packages"
	gzip -9nk "$index/Packages"
	xz -9k "$index/Packages"
done
apt-ftparchive -o "APT::FTPArchive::Release::Origin=OONI backend" -o "APT::FTPArchive::Release::Label=OONI backend" \
	-o APT::FTPArchive::Release::Suite=$suite -o APT::FTPArchive::Release::Codename=$suite \
	-o APT::FTPArchive::Release::Components=$component -o "APT::FTPArchive::Release::Architectures=${architectures% }" \
	release "$dist" >"$work/Release"
mv "$work/Release" "$dist/Release"
users=()
for signer in "${signers[@]}"; do users+=(--local-user "$signer!"); done
gpg --batch --quiet --yes --digest-algo SHA512 "${users[@]}" --clearsign --output "$dist/InRelease" "$dist/Release"
gpg --batch --quiet --yes --digest-algo SHA512 "${users[@]}" --armor --detach-sign --output "$dist/Release.gpg" "$dist/Release"

cat >"$work/ooni.sources" <<EOF
Types: deb
URIs: $uri
Suites: $suite
Components: $component
Signed-By: /usr/share/keyrings/ooni-archive-keyring.gpg
EOF
# A first host has no key yet: its administrator compares the sum with what was published elsewhere.
cp "$work"/ooni-archive-keyring_*.deb "$work/ooni-archive-keyring.deb"
mv "$work/ooni.sources" "$work/ooni-archive-keyring.deb" "$repo"
# The old indexes go as a whole: a reader never sees one of them beside another's signature.
[ ! -e "$repo/dists" ] || mv "$repo/dists" "$work/old"
mv "$work/dists" "$repo/dists"
say "repository: $repo, signed by ${signers[*]}"
sha256sum ooni-archive-keyring.deb
