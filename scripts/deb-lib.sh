# Shell functions for the scripts that build and test the packages: Debian 13 roots, kept in a cache
# outside of the tree. Sourced, from the top of the tree.

CACHE=${OONI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ooni-backend}
SUITE=trixie

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "$0: $*"
	exit 1
}

# Roots, mounts and namespaces need root.
need_root() {
	[ "$(id -u)" = 0 ] || exec sudo -E "$0" "$@"
}

# need_tools PACKAGE...: installs the Debian packages that are missing on this machine. (One process at a time, for builds may
# go on side by side.)
need_tools() {
	mkdir -p "$CACHE"
	(
		flock 9
		missing=
		for package in "$@"; do
			dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
				missing="$missing $package"
		done
		[ -n "$missing" ] || exit 0
		say "installing$missing"
		apt-get -qq update
		# shellcheck disable=SC2086 # a list
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
			-o DPkg::Lock::Timeout=600 $missing >/dev/null 9>&-
	) 9>"$CACHE/tools.lock"
}

# apt sources for $SUITE, on the mirrors that this machine itself uses.
suite_sources() {
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
		sort -u | while IFS='|' read -r origin label uri; do
		case $origin/$label in
		Debian/Debian) echo "deb [signed-by=$KEYRING] $uri $SUITE main" ;;
		Debian/Debian-Security) echo "deb [signed-by=$KEYRING] $uri $SUITE-security main" ;;
		esac
	done
}
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# What the packages depend on, beside what every Debian has.
DEPENDENCIES=nodejs,node-bindings,libdeflate0

# root_tarball NAME DOWNLOAD PACKAGE...: path of a tarball of a Debian root with these packages, made
# once a week. The packages in DOWNLOAD (a comma-separated list) are in its apt archive, with all that
# they need, so that the root can install them with no network. VARIANT=standard has what Debian's
# installer puts on every host. ARCHITECTURES: of packages that can be in it, the machine's own first.
root_tarball() {
	name=$1 download=$2
	shift 2
	include=$(printf '%s,' "$@" | sed 's/,$//')
	sources=$(suite_sources)
	[ -n "$sources" ] || die "apt on this machine knows no Debian mirror (apt-get update?)"
	key=$(printf '%s\n' "$include" "$download" "$sources" "${VARIANT:-minbase}" ${ARCHITECTURES:-} | sha256sum | cut -c1-12)
	tarball=$CACHE/$name-$SUITE-$key.tar
	mkdir -p "$CACHE"
	# Old ones, and what a run left that was interrupted.
	find "$CACHE" -maxdepth 1 \( -name "$name-$SUITE-*.tar*" -o -name 'apt-settings.*' \) -mtime +6 -delete
	if [ ! -e "$tarball" ]; then
		say "making a Debian $SUITE root ($name)"
		settings=$CACHE/apt-settings.$$
		apt-config dump | grep -E '^Acquire::(Check-|http|https|Retries)' >"$settings" || true
		fetch='true'
		[ -z "$download" ] ||
			fetch="APT_CONFIG=\$MMDEBSTRAP_APT_CONFIG apt-get -qq -y install --download-only \
				-o APT::Install-Recommends=true \
				$(printf %s "$download" | tr , ' ')"
		printf '%s\n' "$sources" | mmdebstrap --quiet --mode=root --variant="${VARIANT:-minbase}" --format=tar \
			${ARCHITECTURES:+"--architectures=$ARCHITECTURES"} \
			--aptopt="$settings" --include="$include" ${download:+--skip=cleanup/apt} \
			--customize-hook="$fetch" \
			"$SUITE" "$tarball.$$" - >&2 || die "mmdebstrap failed"
		rm -f "$settings"
		mv "$tarball.$$" "$tarball"
	fi
	echo "$tarball"
}

# unpack_root TARBALL FOLDER
unpack_root() {
	rm -rf "$2"
	mkdir -p "$2"
	tar -xpf "$1" -C "$2" --numeric-owner
}

# The source tree as git knows it, with changes that are not committed, as a tar stream.
source_tree() {
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files -z | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done
	else
		find . -path ./node_modules -prune -o -path ./build -prune -o -path ./dist -prune \
			-o -type f -print0
	fi | tar --no-recursion --null -cf - -T -
}
