section 'A repository of packages, as docs/install.md says'

# repository NAME: what the web server has now.
repository() {
	ln -sfn "/opt/repository/$1" /opt/repository/now
}
# Debian's own mirrors cannot be reached from here, and are not what is asked.
update() {
	apt-get update -o Dir::Etc::SourceList=/dev/null 2>&1 | tee "$STATE/update"
	! grep -E '^(E|W|Err)' "$STATE/update"
}
installed() {
	dpkg-query -W -f '${Version}' "$1"
}
repository first
cd "$STATE" || exit 1
from_the_repository() {
	follow "$INSTALL_DOC" repository https://packages.example.org=file:///opt/repository/now || return 1
	equals "$(installed ooni-api)" "$(dpkg-deb -f "$PACKAGES"/ooni-api_*.deb Version)"
}
check 'apt installs from it' from_the_repository
check 'which key is trusted for what' bash -c '
	grep -x "Signed-By: /usr/share/keyrings/ooni-archive-keyring.gpg" /etc/apt/sources.list.d/ooni.sources &&
	dpkg -S /usr/share/keyrings/ooni-archive-keyring.gpg && [ -z "$(ls /etc/apt/trusted.gpg.d | grep -i ooni)" ]'
check 'nothing to complain of' update

# What a host of the other architecture would take: apt finds it in the signed index, and its bytes are those.
for_arm64() {
	local as_arm64=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::Etc::SourceList=/dev/null
		-o Dir::State::lists="$STATE/arm64" -o Dir::Cache="$STATE/arm64-cache" -o APT::Sandbox::User=root)
	mkdir -p "$STATE/arm64/partial" "$STATE/arm64-cache/archives/partial"
	apt-get "${as_arm64[@]}" update && apt-get "${as_arm64[@]}" download ooni-common ooni-api ooni-fastpath ooni-uploader || return 1
	equals "$(dpkg-deb -f ooni-common_*_arm64.deb Version)" "$(installed ooni-common)" || return 1
	rm -rf arm64-tree && dpkg-deb -x ooni-common_*_arm64.deb arm64-tree || return 1
	local file
	find arm64-tree -name '*.node' >arm64-modules && [ "$(wc -l <arm64-modules)" -ge 2 ] || return 1
	while read -r file; do
		equals "$(od -An -tx1 -j18 -N2 "$file")" ' b7 00' || return 1 # EM_AARCH64
	done <arm64-modules
}
check 'it has what a host of arm64 takes' for_arm64

refuses() { # NAME TEXT
	repository "$1"
	# What was read before would do for an index whose signature is the same.
	rm -f /var/lib/apt/lists/*_opt_repository_*
	! update && grep -qiE "$2" "$STATE/update"
}
check 'what a stranger signed is refused' refuses stranger 'not signed|NO_PUBKEY|Missing key|verif'
cp -r /opt/repository/first /opt/repository/changed
sed -i 's/^Description: .*/Description: changed/' /opt/repository/changed/dists/trixie/main/binary-amd64/Packages
rm /opt/repository/changed/dists/trixie/main/binary-amd64/Packages.*
check 'an index that was changed is refused' refuses changed 'hash|size|unexpected'
cp -r /opt/repository/first /opt/repository/replaced
repository replaced
echo changed >>/opt/repository/replaced/pool/main/o/ooni-backend/ooni-api_*.deb
changed_package() {
	update || return 1
	! apt-get install --yes --reinstall ooni-api 2>&1 | tee "$STATE/replaced" || return 1
	grep -qiE 'hash|size' "$STATE/replaced"
}
set -o pipefail
check 'a package that was changed is refused' changed_package

new_key() {
	repository known
	update && apt-get upgrade --yes || return 1
	equals "$(installed ooni-api)" "$(dpkg-deb -f "$PACKAGES"/next/ooni-api_*.deb Version)" || return 1
	equals "$(installed ooni-archive-keyring)" 2 || return 1
	repository second
	update && apt-get upgrade --yes && equals "$(installed ooni-archive-keyring)" 3
}
check 'an upgrade brings the packages, and a key that then signs alone' new_key
check 'what the old key signs is refused from then on' refuses first 'not signed|NO_PUBKEY|Missing key|verif'
