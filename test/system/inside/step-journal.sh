section 'Journal and status'

check 'lines have their priorities, and no prefix is left in them' bash -c '
	journalctl -b -u ooni-api -u ooni-fastpath -u ooni-uploader -o json --no-pager |
	node -e "
		const lines = require(\"fs\").readFileSync(0, \"utf8\").trim().split(\"\n\").map((line) => JSON.parse(line))
			.filter((entry) => entry._TRANSPORT === \"stdout\");
		const bad = lines.filter((entry) => /^<\d>/.test(entry.MESSAGE) || ![\"3\", \"4\", \"6\", \"7\"].includes(entry.PRIORITY));
		console.log(lines.length, bad[0]?.MESSAGE, lines.slice(-3).map((entry) => entry.PRIORITY + \" \" + entry.MESSAGE));
		process.exit(lines.length >= 6 && bad.length === 0 && lines.some((entry) => entry.PRIORITY === \"6\") ? 0 : 1);"'

check 'measurements are stored by the native module' stores_natively

quarantine_is_a_warning() {
	broken_measurement 0
	eventually test -e "/var/lib/ooni/spool/quarantine/$BROKEN.post.gz" || return 1
	cat "/var/lib/ooni/spool/quarantine/$BROKEN.reason"
	eventually said "measurement_uid=$BROKEN" -b -u ooni-fastpath -p warning
}
check 'what cannot be scored is quarantined with a reason and a warning' quarantine_is_a_warning

status_says_something() {
	systemctl status --no-pager "$1" | tee "$STATE/status"
	grep -q "Status: \"" "$STATE/status"
}
check 'systemctl status: api' status_says_something ooni-api.service
check 'systemctl status: fastpath' status_says_something ooni-fastpath.service
