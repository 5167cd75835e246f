section 'Back up, as docs/operate.md says'

# The disk of the backup, which outlives this host; and what this test will want to know then.
NOTES=/srv/backup/notes
mkdir -p "$NOTES"
fingerprint_files /srv/published 150
printf '[fetch]\nfingerprints = ["/srv/published"]\n' >/etc/ooni/api.toml.d/fetch.toml
check 'fingerprints' follow "$INSTALL_DOC" fetch
check 'keys of accounts' follow "$ACCOUNTS_DOC" account-keys
check 'an admin' bash -c 'systemctl restart ooni-api && ooni-exec ooni-api account add-role alice@example.org admin'
sql "INSERT INTO url_priorities (category_code, cc, domain, priority) VALUES ('NEWS', 'IT', 'news.example.org', 200)"
sql "INSERT INTO url_priorities (category_code, priority, sign) VALUES ('NEWS', 100, -1)"
sql "INSERT INTO findings (id, edit, title) VALUES ('1', 1, 'blocked'), ('1', 2, 'blocked everywhere')"
sql "INSERT INTO oonirun_links (oonirun_link_id, edit, name, nettests) VALUES (10001, 1, 'mine', '[]')"
sql "INSERT INTO msmt_feedback (measurement_uid, account_id, status) VALUES ('a', 'b', 'ok'), ('a', 'b', 'blocked')"
sql "INSERT INTO faulty_measurements (type, uid) VALUES ('geoip_mismatch', 'a')"

check 'a job' runbook backup-job
check 'and the archive, after each run of the uploader' runbook backup-archive
start_load backed-up
check 'measurements to back up' eventually bash -c "[ \"\$(wc -l <$STATE/backed-up.uids)\" -gt 20 ]"
stop_load
check 'every measurement has one row' every_uid_has_one_row backed-up
check 'and is published' published
check 'the job makes a backup' run-parts --exit-on-error --verbose --regex ooni-backup /etc/cron.weekly
check 'for root alone' bash -c 'stat -c "%a %U" /srv/backup/ooni-*.tar.gz | grep -x "600 root"'

# The days until the host is lost.
start_load later
sleep 1
stop_load
check 'later ones are scored' every_uid_has_one_row later
check 'and published' published
check 'readers have a checkpoint' verified --save-checkpoint "$STATE/checkpoint"
sql "$ALL_ROWS" >"$NOTES/rows"
people >"$NOTES/people"
cp -a /etc/ooni /etc/credstore /var/lib/ooni/uploader/log-key /var/lib/ooni/api/probe-token-key "$NOTES"
start_load lost
sleep 1
stop_load
check 'the last ones are scored' every_uid_has_one_row lost
cp "$STATE"/*.uids "$STATE/checkpoint" "$NOTES"
