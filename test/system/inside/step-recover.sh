section 'A saved disk, a lost database, as docs/operate.md says'
# A disk of another host, where the users have other numbers: scored by nobody, published by nobody.
systemctl stop clickhouse-server.service
start_load saved
sleep 1
stop_load
systemctl stop ooni.target
systemctl start clickhouse-server.service
mkdir -p /srv/saved && cp -a /var/lib/ooni/spool/. /srv/saved/
chown -R 4242:4242 /srv/saved
rm -rf /var/lib/ooni/spool/*/*
mount --bind /srv/saved /mnt
check 'a saved disk' runbook restore-spool
umount /mnt
check 'is scored' every_uid_has_one_row saved
check 'and published' publish
check 'completely' bash -c '[ -z "$(find /var/lib/ooni/spool/incoming -name "*.post")" ]'

start_load kept
sleep 1
stop_load
check 'every measurement has one row' every_uid_has_one_row kept
systemctl stop clickhouse-server.service
rm -rf /var/lib/clickhouse
systemctl start clickhouse-server.service
check 'a lost database: its user' follow "$INSTALL_DOC" user 'PASSWORD=battery staple'
check 'and its tables' runbook recreate-database
check 'with its fingerprints' systemctl start ooni-api-fetch@fingerprints.service
check 'is filled again' runbook refill-database $DAYS "20261101=$(date -u -d '2 days ago' +%Y%m%d)"
for name in drain saved kept; do
	check "every measurement has one row: $name" every_uid_has_one_row $name
done
check 'and bodies' every_uid_has_its_body kept

section 'Another disk'
mkdir -p /srv/larger
check 'a larger volume' runbook larger-volume 'DEVICE=--bind /srv/larger'
check 'is in use' bash -c 'mountpoint /var/lib/ooni && ls /srv/larger/spool'
check 'a measurement is taken' eventually submit https://www.example.org/larger
check 'and scored' eventually row_of "$SUBMITTED"
systemctl stop ooni.target
umount /var/lib/ooni && rm -rf /var/lib/ooni && cp -a /srv/larger /var/lib/ooni

check 'another spool_dir' runbook another-spool
check 'a measurement is taken' eventually submit https://www.example.org/another-spool
check 'and lies there' bash -c "ls /srv/ooni/spool/incoming/*/$SUBMITTED.post"
check 'and is scored' eventually row_of "$SUBMITTED"
# Root within the mounts of the service: what refuses is the mount, not the mode of the folder.
kept_out_of() { # unit, folder
	nsenter --target "$(main_pid "$1")" --mount touch "$2/x" >"$STATE/touch" 2>&1
	cat "$STATE/touch"
	grep 'Read-only file system' "$STATE/touch"
}
check 'the fastpath cannot delete what was accepted' kept_out_of ooni-fastpath.service /srv/ooni/spool/incoming
mkdir -p /run/systemd/system/ooni-uploader.service.d
printf '[Service]\nExecStartPre=/bin/sh -c "! true >/srv/ooni/spool/pending/x"\n' \
	>/run/systemd/system/ooni-uploader.service.d/sandbox.conf
check 'the uploader cannot delete what is not scored, and publishes' publish
check 'completely' bash -c '[ -z "$(find /srv/ooni/spool/incoming -name "*.post")" ]'

# What the runbooks have made is an operator's to take away.
systemctl stop ooni.target
cp -a /srv/ooni/spool/. /var/lib/ooni/spool/
rm -rf /srv/ooni /srv/larger /srv/saved /etc/tmpfiles.d/ooni-spool.conf \
	/etc/ooni/*.toml.d/spool.toml /etc/systemd/system/ooni-*.service.d
systemctl daemon-reload
systemctl start ooni.target
check 'a probe is served' eventually probe /version --fail
check 'no unit failed' bash -c '[ -z "$(systemctl list-units --failed --no-legend | tee /dev/stderr)" ]'
