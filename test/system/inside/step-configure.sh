section 'Configure, as docs/install.md says'

check 'a fault in the config is one clear line and exit code 78' bash -c '
	printf "%s\n" "collector_id = \"1\"" "base_url = \"https://api.example.org\"" "no_such_key = 1" |
		cat - /etc/ooni/api.toml >/tmp/faulty.toml
	ooni-api --config /tmp/faulty.toml --check-config 2>/tmp/fault
	[ $? = 78 ] && [ "$(wc -l </tmp/fault)" = 1 ] && grep "no_such_key" /tmp/fault'

# Without what only an operator can set nothing fails, and no key is made under a name that is not this host's.
nothing_runs_unconfigured() {
	systemctl restart ooni.target
	systemctl start ooni-uploader.service || return 1
	eventually unit_is ooni-api.socket inactive && eventually unit_is ooni-api.service inactive || return 1
	local unit
	for unit in ooni-api ooni-uploader; do
		eventually said 'collector_id is not set: set it in a file in /etc/ooni/[a-z]*.toml.d' -b -u "$unit.service" || return 1
	done
	[ ! -e /var/lib/ooni/uploader/log-key ] && [ -z "$(systemctl list-units --failed --no-legend)" ]
}
check 'before it is configured nothing runs, and nothing fails' nothing_runs_unconfigured
check 'config' follow "$INSTALL_DOC" configure
shows_where_from() {
	ooni-uploader --check-config --show | tee "$STATE/shown"
	grep -x 'collector_id = "7" *# /etc/ooni/uploader.toml.d/local.toml' "$STATE/shown" &&
		grep -x 'gzip_level = 6 *# default' "$STATE/shown"
}
check 'the config in force, and where it is from' shows_where_from
# timer_run TEXT: a run of the uploader that can do nothing yet says why, and is no failure of the host.
timer_run() {
	local since
	since=$(date +%s)
	systemctl start ooni-uploader.service || return 1
	eventually said "$1" -u ooni-uploader.service --since "@$since" && [ -z "$(systemctl list-units --failed --no-legend)" ]
}
check 'a run without ClickHouse' timer_run 'cannot ask ClickHouse at http://127.0.0.1:8123'
check 'ClickHouse starts' systemctl start clickhouse-server.service
check 'a run without tables' timer_run 'run ooni-api migrate'
check 'none of them has made a key' test ! -e /var/lib/ooni/uploader/log-key
root_is_refused() {
	ooni-uploader >"$STATE/root" 2>&1
	equals $? 64 && grep 'say ooni-exec before ooni-uploader' "$STATE/root"
}
check 'root is told to run it as its service would' root_is_refused
check 'it has a user' follow "$INSTALL_DOC" user 'PASSWORD=correct horse <&'
check 'which is the one of the programs' follow "$INSTALL_DOC" clickhouse

wrong_password_is_refused() {
	follow "$INSTALL_DOC" password <<<'wrong' || return 1
	! systemctl start ooni-api-migrate.service || return 1
	eventually said '[Pp]assword\|[Aa]uthentication' -u ooni-api-migrate.service -p err &&
		! ooni-exec ooni-api migrate
	local found=$?
	systemctl reset-failed ooni-api-migrate.service
	return $found
}
check 'credentials reach the programs' wrong_password_is_refused
check 'the right password' follow "$INSTALL_DOC" password <<<'correct horse <&'

# No network here: sources that cannot be reached are no fault of this host.
mkdir -p /etc/systemd/system/ooni-api-fetch@.service.d
printf '[Service]\nSuccessExitStatus=69\n' >/etc/systemd/system/ooni-api-fetch@.service.d/no-network.conf
systemctl daemon-reload
check 'tables' follow "$INSTALL_DOC" tables
check 'tables again: nothing to do' systemctl start ooni-api-migrate.service
check 'outside data was asked for at once' eventually said 'fingerprints: nothing was taken' -u ooni-api-fetch@fingerprints.service
check 'and is told of' follow "$INSTALL_DOC" fetched
runs_as_its_service() {
	ooni-exec ooni-api migrate | tee "$STATE/migrate"
	grep -x 'ooni: nothing to do, at migration .*' "$STATE/migrate" || return 1
	ooni-exec ooni-api --no-such-option 2>&1
	equals $? 64
}
check 'ooni-exec runs a command as its service would' runs_as_its_service
check 'certificate' follow "$INSTALL_DOC" certificate
check 'nginx' follow "$INSTALL_DOC" nginx
check 'lines of the host for nginx' follow "$INSTALL_DOC" nginx-own
check 'nginx has nothing to warn of' bash -c '! nginx -t 2>&1 | grep -i warn'
must 'services get ready' eventually unit_is ooni-api.service active
check 'it is working' eventually follow "$INSTALL_DOC" working
# As if the name were known and the certificate an authority's.
printf 'cacert = %s\nresolve = api.example.org:443:127.0.0.1\n' "$CA" >/root/.curlrc
found_a_second_later() {
	follow "$INSTALL_DOC" first-measurement | tee "$STATE/first"
	grep '"probe_cc": *"XA"' "$STATE/first"
}
# Where a second is long enough to score it.
check 'a first measurement, found a second later' eventually found_a_second_later
rm /root/.curlrc
