section 'Runbooks, as docs/operate.md says'

check 'more connections' runbook connections
check 'more log lines of nginx' runbook log-rate
check 'which systemd knows of' equals "$(systemctl show --property LogRateLimitBurst --value nginx.service)" 200000
check 'the fastpath speaks to ClickHouse alone' runbook addresses
check 'a probe is served' eventually probe /version --fail
check 'another password' runbook clickhouse-password <<<'battery staple'
check 'with which searches are answered' eventually probe '/api/v1/measurements?probe_cc=IT&limit=9' --fail

section 'A missing measurement'
must 'one is sent' submit https://www.example.org/runbook
WANTED=$SUBMITTED
check 'and scored' eventually row_of "$WANTED"
check 'and published' publish
finds_it_in_the_archive() {
	runbook find "UID=$WANTED" | tee "$STATE/find"
	grep -q '^archive *found' "$STATE/find"
}
check 'it is found' finds_it_in_the_archive
rows_are_shown() {
	runbook rows "UID=$WANTED" | tee "$STATE/rows"
	S3PATH=$(sed -n 's/^s3path: *//p' "$STATE/rows") LINENUM=$(sed -n 's/^linenum: *//p' "$STATE/rows")
	[ -n "$S3PATH" ] && [ -n "$LINENUM" ]
}
check 'so are its rows' rows_are_shown
line_is_shown() {
	runbook line ADDRESS=file:///var/lib/ooni/archive "S3PATH=$S3PATH" "LINENUM=$LINENUM" | tee "$STATE/line"
	grep -q 'https://www.example.org/runbook' "$STATE/line"
}
check 'and its line' line_is_shown
check 'what takes space' runbook what-grows
check 'caches can go at any time' runbook caches
check 'and the body is served all the same' bash -c "
	curl -sf 'http://127.0.0.1:8080/api/v1/measurement/$WANTED' | grep -q www.example.org/runbook"

section 'Fingerprints and scores'
# In the second commit one more is known.
# The service sees no /var/tmp of ours.
fingerprint_files /srv/published 150
printf '[fetch]\nfingerprints = ["/srv/published"]\n' >/etc/ooni/api.toml.d/fetch.toml
check 'they are fetched' follow "$INSTALL_DOC" fetch
check 'and known' bash -c 'ooni-exec ooni-api fetch --list | tee /dev/stderr | grep "from /srv/published"'
fingerprint_files /srv/published/commit 151
check 'those of a commit are fetched' runbook fingerprints-of-a-commit \
	'https://raw.githubusercontent.com/ooni/blocking-fingerprints/COMMIT/=/srv/published/commit'
added_one() {
	equals "$(runbook added-fingerprints 2>/dev/null)" "${1-}"
}
check 'what that added' added_one 'x.151_http	192.0.2.151'
rm /etc/ooni/api.toml.d/fingerprints.toml
check 'the former ones again' runbook former-fingerprints
check 'have nothing added' added_one
check 'the fastpath has them within a minute' eventually bash -c '
	curl -s http://127.0.0.1:9181/metrics | grep "^ooni_fastpath_fingerprints{table=\".*dns\"} 150$"'
check 'where the archive is' runbook replay-archive
check 'a replay' runbook replay $DAYS
rm -f /var/tmp/replay
check 'one of a test' runbook replay-one-test $SINCE 2026-11-03="$(date -u -d '2 days' +%F)"
check 'leaves one row' row_of "$WANTED"

section 'Removing a measurement'
check 'remove' runbook remove "UID=$WANTED" 'REASON=asked for'
check 'its row is gone' equals "$(sql "SELECT count() FROM fastpath WHERE measurement_uid = '$WANTED'")" 0
check 'its body is gone' bash -c "
	rm -rf /var/cache/nginx-ooni/* /var/cache/ooni-api/*
	! grep -q www.example.org/runbook <(curl -s 'http://127.0.0.1:8080/api/v1/measurement/$WANTED') &&
	! find /var/lib/ooni/archive/raw -name '*.jsonl.gz' -exec zcat {} + | grep www.example.org/runbook"

section 'Drain'
start_load drain
sleep 1
stop_load
check 'all is scored' runbook drained
nothing_is_left_to_publish() {
	runbook publish-all >"$STATE/left" || return 1
	cat "$STATE/left"
	[ ! -s "$STATE/left" ]
}
check 'all is published' nothing_is_left_to_publish
check 'every measurement has one row' every_uid_has_one_row drain
