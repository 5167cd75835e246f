section 'ooni-doctor'

# As the timers would leave it, had this host a network; and the kernel here may not know of an NTP client.
for job in test-lists geoip as-names; do
	state=/var/lib/ooni/sources/$job.state.json
	[ ! -e "$state" ] || mv "$state" "$STATE/$job.state.json"
	printf '{"runs":1,"failed_runs":0,"last_success_ms":%s,"taken_at_ms":1,"rows":1}\n' "$(date +%s000)" >"$state"
	chown ooni-fetch: "$state"
	file=/var/lib/prometheus/node-exporter/ooni-fetch-$job.prom
	[ -e "$file" ] || install -m 644 -o ooni-fetch /dev/null "$file"
done
mkdir -p "$STATE/bin"
printf '#!/bin/sh\necho NTPSynchronized=yes\n' >"$STATE/bin/timedatectl"
chmod 755 "$STATE/bin/timedatectl" "$STATE/bin"

# doctor [WORD...]: its lines in $STATE/doctor; no line shows a secret, and none is a bug.
doctor() {
	PATH=$STATE/bin:$PATH ooni-doctor "$@" >"$STATE/doctor"
	local code=$?
	cat "$STATE/doctor"
	! grep -qF -e "$(cat /etc/credstore/ooni.clickhouse-password)" -e 'check itself failed' "$STATE/doctor" || return 99
	return $code
}
nothing_is_wrong() {
	doctor && grep -q '^ok  *certificate' "$STATE/doctor" && [ "$(grep -c '^ok ' "$STATE/doctor")" -ge 30 ]
}
check 'where all is well, it says so' nothing_is_wrong
check 'and nothing, when only faults are asked for' bash -c "[ -z \"\$(PATH=$STATE/bin:\$PATH ooni-doctor --quiet)\" ]"
documented() {
	PATH=$STATE/bin:$PATH runbook doctor
}
check 'as the document says' documented
member_sees_the_rest() {
	runuser -u ooni-api -- env "PATH=$STATE/bin:$PATH" ooni-doctor | tee "$STATE/doctor"
	grep -q '^-  *credentials: run ooni-doctor as root' "$STATE/doctor" &&
		grep -q '^ok  *spool: the folders' "$STATE/doctor" && ! grep -q '^FAIL' "$STATE/doctor"
}
chmod 755 "$STATE"
check 'a member of the group sees what it may' member_sees_the_rest

# One fault of each kind at once.
chmod 644 /etc/credstore/ooni.clickhouse-password
chmod 755 /var/lib/ooni/spool/seen
echo 'no_such_key = 1' >/etc/ooni/fastpath.toml.d/wrong.toml
mv /etc/ooni/tls/privkey.pem "$STATE/privkey.pem"
rm /var/lib/ooni/sources/geoip.state.json
systemctl stop ooni-uploader.timer clickhouse-server.service ooni-fastpath.service
finds_them_all() {
	doctor
	equals $? 1 || return 1
	local line
	for line in 'credential ooni.clickhouse-password can be read by others than root: chown' \
		'spool: /var/lib/ooni/spool/seen has not owner ooni-api and mode 2750: systemd-tmpfiles' \
		'ooni-fastpath: /etc/ooni/fastpath.toml.d/wrong.toml: no_such_key' \
		'certificate: its key /etc/ooni/tls/privkey.pem is missing: see' \
		'nginx: its configuration is not good' \
		'outside data: geoip was never fetched: systemctl start ooni-api-fetch@geoip' \
		'ooni-uploader.timer is inactive: systemctl status' \
		'ooni-fastpath.service is .*: systemctl status' \
		'ClickHouse at http://127.0.0.1:8123 does not answer (ECONNREFUSED): see'; do
		grep -q "^FAIL  .*$line" "$STATE/doctor" || { echo "not said: $line"; return 1; }
	done
}
check 'what is wrong is said, with what to do' finds_them_all
everything_is_down() {
	systemctl stop ooni.target nginx.service
	doctor --quiet
	equals $? 1 && grep -q '^FAIL  ooni.target is inactive' "$STATE/doctor" &&
		grep -q '^FAIL  ooni-api does not answer at 127.0.0.1:8080' "$STATE/doctor"
}
check 'also when everything is down' everything_is_down

chmod 600 /etc/credstore/ooni.clickhouse-password
systemd-tmpfiles --create ooni-common.conf
rm /etc/ooni/fastpath.toml.d/wrong.toml
mv "$STATE/privkey.pem" /etc/ooni/tls/privkey.pem
for job in test-lists geoip as-names; do
	rm -f "/var/lib/ooni/sources/$job.state.json"
	[ ! -e "$STATE/$job.state.json" ] || mv "$STATE/$job.state.json" /var/lib/ooni/sources
done
systemctl start clickhouse-server.service ooni.target nginx.service
check 'a probe is served again' eventually probe /version --fail
check 'and scored' eventually bash -c '
	curl -sf http://127.0.0.1:8080/health >/dev/null && systemctl is-active ooni-fastpath.service ooni-uploader.timer'
