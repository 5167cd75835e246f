section 'Another host in the place of the lost one, as docs/operate.md says'

NOTES=/srv/backup/notes
cp "$NOTES"/*.uids "$STATE"
# Users have other numbers here.
for name in one two three; do useradd --system --user-group "other-$name"; done
cd "$PACKAGES" || exit 1
must 'the packages' follow "$INSTALL_DOC" install
check 'ClickHouse starts' systemctl start clickhouse-server.service
check 'its user' follow "$INSTALL_DOC" user 'PASSWORD=correct horse <&'
check 'the archive' runbook restore-archive
check 'config, secrets and state' runbook restore-host "FILE=$(ls /srv/backup/ooni-*.tar.gz)"
check 'nginx' follow "$INSTALL_DOC" nginx
# As what others publish still is.
fingerprint_files /srv/published 150
check 'tables' runbook recreate-database
check 'fingerprints' eventually systemctl start ooni-api-fetch@fingerprints.service
check 'what people wrote' runbook restore-people "FOLDER=$(ls -d /srv/backup/ooni-people-*)"
check 'where the archive is' runbook replay-archive
check 'rows' runbook refill-database $DAYS "20261101=$(date -u -d '2 days ago' +%Y%m%d)"
check 'a probe is served' eventually probe /version --fail

section 'What there is again'
check 'its config' diff -r -x s3.toml "$NOTES/ooni" /etc/ooni
check 'its secrets' diff -r "$NOTES/credstore" /etc/credstore
check 'the key of its log' cmp "$NOTES/log-key" /var/lib/ooni/uploader/log-key
check 'the key of the tokens that probes have' cmp "$NOTES/probe-token-key" /var/lib/ooni/api/probe-token-key
the_same_people() {
	people | diff "$NOTES/people" -
}
check 'roles, priorities, findings, links, feedback' the_same_people
# With their scores; those of the hour that was lost are not among them.
the_same_rows() {
	sql "$ALL_ROWS" >"$STATE/rows"
	[ "$(wc -l <"$STATE/rows")" -gt 20 ] && diff "$NOTES/rows" "$STATE/rows"
}
check 'every row of what was published, and no other' the_same_rows
for uids in "$NOTES"/*.uids; do
	name=$(basename "$uids" .uids)
	case $name in lost | some) continue ;; esac
	check "every measurement has one row: $name" every_uid_has_one_row "$name"
	check '  and its body' every_uid_has_its_body "$name"
done
check 'what nobody had published is lost' equals "$(rows_of "$STATE/lost.uids")" '0	0'
check 'and what the document names' equals "$(sql 'SELECT count() FROM faulty_measurements')" 0

start_load restored
sleep 1
stop_load
check 'measurements are taken' none_was_refused restored
check 'and scored' every_uid_has_one_row restored
check 'and published' published
check 'in the log that readers know' verified --checkpoint "$NOTES/checkpoint"
check 'all units are well' bash -c '
	systemctl list-units --failed --no-legend | grep -v ooni-api-fetch@ | tee /dev/stderr | grep -c . | grep -x 0'
