section 'Install'

# What the documents need and do not tell to install would be missed by nobody here.
check 'Debian is as its installer makes it' bash -c '! command -v curl && ! command -v node && command -v man'
cd "$PACKAGES" || exit 1
must 'apt installs the packages, with what Debian Stable has' follow "$INSTALL_DOC" install

no_unit_failed() {
	systemctl list-units --failed --no-legend | tee "$STATE/failed-units"
	[ ! -s "$STATE/failed-units" ]
}
check 'no unit failed' no_unit_failed
check 'the fastpath waits for ClickHouse' unit_is ooni-fastpath.service active
check 'the sockets listen' unit_is ooni-api.socket active
check 'the uploader has its timer' unit_is ooni-uploader.timer active
check 'outside data has its timers' bash -c '
	systemctl is-active ooni-api-fetch-{fingerprints,test-lists,geoip,as-names}.timer &&
	systemctl is-enabled ooni-api-fetch-{fingerprints,test-lists,geoip,as-names}.timer'

files_are_as_shipped() {
	dpkg --verify ooni-common ooni-api ooni-fastpath ooni-uploader | tee "$STATE/verify"
	[ ! -s "$STATE/verify" ]
}
check 'files are as shipped' files_are_as_shipped

spool_modes() {
	stat -c '%a %U %G %n' /var/lib/ooni/spool /var/lib/ooni/spool/* >"$STATE/modes"
	diff "$STATE/modes" - <<'MODES'
2750 root ooni /var/lib/ooni/spool
2770 ooni-api ooni /var/lib/ooni/spool/incoming
2750 ooni-uploader ooni /var/lib/ooni/spool/outgoing
2770 ooni-fastpath ooni /var/lib/ooni/spool/pending
2770 root ooni /var/lib/ooni/spool/quarantine
2750 ooni-api ooni /var/lib/ooni/spool/seen
MODES
}
check 'the spool has its owners and modes' spool_modes

version_is_shown() {
	local expected program
	expected=$(dpkg-query -W -f '${Version}' ooni-common) && [ -n "$expected" ] || return 1
	for program in ooni-api ooni-fastpath ooni-uploader; do
		equals "$("$program" --version)" "$expected" || return 1
	done
}
check 'programs know the version of their package' version_is_shown

manual_pages() {
	local page
	for page in ooni-api.8 ooni-fastpath.8 ooni-uploader.8 ooni-exec.8 ooni-find.8 ooni-doctor.8 \
		ooni-api.toml.5 ooni-fastpath.toml.5 ooni-uploader.toml.5; do
		man --warnings -l "$(man -w "${page##*.}" "${page%.*}")" 2>&1 >/dev/null | tee "$STATE/man"
		[ ! -s "$STATE/man" ] || return 1
	done
}
check 'manual pages are there' manual_pages
