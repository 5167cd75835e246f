section 'Archive'

# In its sandbox the uploader tries what it must not be able to do.
ahead_of_its_hour
cat >/run/systemd/system/ooni-uploader.service.d/sandbox.conf <<DROPIN
[Service]
ExecStartPre=/bin/sh -c '! rm -f /var/lib/ooni/spool/pending/not-scored-yet'
ExecStartPre=/bin/sh -c '! true >/etc/ooni/x && ! true >/var/cache/ooni-api/x'
DROPIN
touch /var/lib/ooni/spool/pending/not-scored-yet
systemctl daemon-reload

check 'the timer is due within the hour' bash -c '
	systemctl list-timers --all --no-pager | grep ooni-uploader
	next=$(systemctl show --property NextElapseUSecRealtime --value ooni-uploader.timer)
	[ "$(($(date -d "$next" +%s) - $(date +%s)))" -le 3900 ]'
check 'a run of the uploader, which cannot delete what is not scored' systemctl start ooni-uploader.service
check 'the archive has both objects' bash -c '
	find /var/lib/ooni/archive/raw/*/*/IT -type f | tee /dev/stderr | grep -c -e "\.n7\.0\.jsonl\.gz$" -e "\.n7\.0\.tar\.gz$" | grep -x 2'
check 'any gzip reader reads them' bash -c "
	zcat /var/lib/ooni/archive/raw/*/*/*/*/*.jsonl.gz | grep -c 1.2345678E+01"
check 'it is public, as a bucket is' bash -c '
	setpriv --reuid=nobody --regid=nogroup --clear-groups find /var/lib/ooni/archive/raw -name "*.gz" -readable | grep gz'
check 'rows of the index' eventually bash -c "
	curl -sS 'http://127.0.0.1:8123/?database=ooni' --data-binary \"SELECT count() FROM jsonl WHERE measurement_uid = '$UID_ONE'\" | grep -x 1"
check 'the spool let go of it' bash -c "! ls /var/lib/ooni/spool/incoming/*/$UID_ONE.post"
check 'its body now comes from the archive, number literals untouched' body_has_its_numbers
finds_it() {
	ooni-find "$UID_ONE" | tee "$STATE/find"
	grep -q '^incoming *not found' "$STATE/find" && grep -q '^row *found' "$STATE/find" &&
		grep -q '^archive *found: line 0' "$STATE/find" && grep -q '^body *found' "$STATE/find"
}
check 'ooni-find says where it is' finds_it
check 'a second run has nothing to do' systemctl start ooni-uploader.service

# Both users find a measurement broken, in either order: the run must not stop at it.
is_quarantined() {
	local kept=/var/lib/ooni/spool/quarantine/$BROKEN
	ls -l "$kept".*
	zcat "$kept.post.gz" | grep -q broken && [ -s "$kept.reason" ] && [ ! -e "/var/lib/ooni/spool/pending/$BROKEN.post" ]
}
scorer_first() {
	broken_measurement 1
	eventually is_quarantined && systemctl start ooni-uploader.service && is_quarantined
}
uploader_first() {
	systemctl stop ooni-fastpath.service
	broken_measurement 2
	systemctl start ooni-uploader.service || return 1
	[ -e "/var/lib/ooni/spool/quarantine/$BROKEN.post.gz" ] || return 1
	systemctl start ooni-fastpath.service
	eventually is_quarantined
}
check 'what cannot be parsed holds nothing up: scorer first' scorer_first
check 'what cannot be parsed holds nothing up: uploader first' uploader_first

timer_fires() {
	local before
	before=$(systemctl show --property ExecMainStartTimestampMonotonic --value ooni-uploader.service)
	mkdir -p /run/systemd/system/ooni-uploader.timer.d
	printf '[Timer]\nRandomizedDelaySec=0\nOnActiveSec=2s\n' >/run/systemd/system/ooni-uploader.timer.d/test.conf
	systemctl daemon-reload && systemctl restart ooni-uploader.timer
	eventually bash -c "[ \$(systemctl show --property ExecMainStartTimestampMonotonic --value ooni-uploader.service) -gt $before ]"
	local fired=$?
	eventually unit_is ooni-uploader.service inactive || return 1
	rm -r /run/systemd/system/ooni-uploader.timer.d
	systemctl daemon-reload && systemctl restart ooni-uploader.timer
	return $fired
}
check 'the timer starts a run' timer_fires
rm /var/lib/ooni/spool/pending/not-scored-yet
with_its_own_clock
