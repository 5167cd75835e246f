section 'Remove and purge'

start_load last
sleep 1
stop_load
mkdir -p /run/systemd/system/ooni-uploader.service.d
printf '[Service]\nExecStartPre=+/bin/sleep 300\n' >/run/systemd/system/ooni-uploader.service.d/test.conf
systemctl daemon-reload
systemctl start --no-block ooni-uploader.service
check 'a run of the uploader is under way' eventually unit_is ooni-uploader.service activating
check 'apt remove' apt-get remove --yes ooni-api ooni-fastpath ooni-uploader ooni-common
check 'nothing runs any more' bash -c '! pgrep -u ooni-api && ! pgrep -u ooni-fastpath && ! pgrep -u ooni-uploader && ! curl -s http://127.0.0.1:8080/'
rm -r /run/systemd/system/ooni-uploader.service.d
systemctl daemon-reload
check 'config and measurements are still there' bash -c '
	test -e /etc/ooni/api.toml && test -e /etc/ooni/api.toml.d/local.toml && ls /var/lib/ooni/spool/incoming/*/*.post | head -n 1 | grep .'
check 'it can be installed again, and goes on' bash -c "
	cd $PACKAGES/next && apt-get install --yes ./*.deb && systemctl is-active ooni-api.service ooni-fastpath.service"
check 'measurements of before are served' bash -c "
	curl -sf --cacert $CA '$URL/api/v1/raw_measurement?measurement_uid='\$(tail -n 1 $STATE/last.uids) | grep -q probe_cc"

purge_says_what_it_keeps() {
	follow "$OPERATE_DOC" purge | tee "$STATE/purge"
	grep 'kept in /var/lib/ooni' "$STATE/purge"
}
check 'apt purge says what it keeps' purge_says_what_it_keeps
check 'config, cache and units are gone' bash -c '
	for path in /etc/ooni/*.toml /etc/ooni/*.toml.d /etc/nginx/sites-available/ooni /var/lib/prometheus/node-exporter/ooni-uploader.prom /var/cache/ooni-api /var/cache/nginx-ooni /run/ooni \
		/usr/lib/ooni /etc/systemd/system/ooni.target.wants /etc/systemd/system/multi-user.target.wants/ooni.target; do
		[ ! -e "$path" ] || { echo "$path is still there"; exit 1; }
	done'
check 'nginx does not miss our site' nginx -t
check 'unpublished measurements are not' bash -c 'ls /var/lib/ooni/spool/incoming/*/*.post | head -n 1 | grep .'

purge_of_an_empty_host() {
	(cd "$PACKAGES" && apt-get install --yes --allow-downgrades ./ooni-*.deb) || return 1
	systemctl stop ooni.target
	rm -rf /var/lib/ooni/archive/* /var/lib/ooni/uploader/* /var/lib/ooni/spool/*/*
	apt-get purge --yes ooni-api ooni-fastpath ooni-uploader ooni-common || return 1
	[ ! -e /var/lib/ooni ] || { find /var/lib/ooni; return 1; }
}
check 'purge of a host without measurements leaves no folder' purge_of_an_empty_host

# All of ours has our name. Certificates and secrets are the operator's, logs the journal's, tables and
# objects those of the servers, backups are elsewhere.
nothing_is_left() {
	find / -xdev \( -path /opt -o -path /proc -o -path /sys -o -path "$STATE" -o -path /var/log \
		-o -path /var/cache/apt -o -path /var/cache/man -o -path /var/lib/clickhouse -o -path /var/lib/s3 -o -path /srv/backup \
		-o -path /etc/ooni/tls -o -path /etc/credstore -o -path /etc/prometheus -o -path /var/lib/prometheus \) -prune -o \
		\( -name '*ooni*' -o -group ooni -o -user ooni-api -o -user ooni-fastpath -o -user ooni-uploader \) \
		-not -path /etc/ooni -print | tee "$STATE/left"
	[ ! -s "$STATE/left" ]
}
check 'nothing else is left' nothing_is_left
