section 'Alerts, by what they are for'

check 'Alertmanager' follow "$METRICS_DOC" alertmanager
check 'nothing but nginx listens to the world' only_nginx_is_public
# In seconds, what else lasts minutes and hours (short-rules.mjs).
cp /etc/prometheus/prometheus.yml "$STATE/prometheus.yml"
cp /etc/prometheus/ooni-alerts.yml "$STATE/ooni-alerts.yml"
node "$HERE/short-rules.mjs" "$STATE/ooni-alerts.yml" >/etc/prometheus/ooni-alerts.yml
# An exporter may take as long to answer.
sed -i -e 's/scrape_interval: 15s/scrape_interval: 3s/' -e 's/evaluation_interval: 15s/evaluation_interval: 1s/' \
	/etc/prometheus/prometheus.yml
check 'rules of the same form' promtool check rules /etc/prometheus/ooni-alerts.yml
systemctl restart prometheus.service

fires() { # NAME [LABEL=VALUE]
	check "$1 fires" node "$HERE/alert.mjs" fires "$@"
}
is_silent() { # NAME [LABEL=VALUE]
	check "$1 is over" node "$HERE/alert.mjs" is-silent "$@"
}

# The last run that succeeds for a while, of the uploader and of a fetch; nobody sends anything.
fingerprint_files /srv/published 150
printf '[fetch]\nfingerprints = ["/srv/published"]\n' >/etc/ooni/api.toml.d/fetch.toml
check 'fingerprints are fetched' systemctl start ooni-api-fetch@fingerprints.service
# By its own clock.
check 'the uploader runs' systemctl start ooni-uploader.service
systemctl stop ooni-uploader.timer ooni-api-fetch-fingerprints.timer
mv /srv/published /srv/elsewhere
fires OoniNothingReceived
start_load alerts
is_silent OoniNothingReceived
fires OoniUploadsLate
fires OoniFetchLate data=fingerprints
check 'the timer is started again' bash -c 'systemctl start ooni-uploader.timer ooni-api-fetch-fingerprints.timer'
check 'and its run' systemctl start ooni-uploader.service
is_silent OoniUploadsLate
mv /srv/elsewhere /srv/published
check 'the source is back' systemctl start ooni-api-fetch@fingerprints.service
is_silent OoniFetchLate data=fingerprints

for serial in $(seq 11 22); do broken_measurement "$serial"; done
fires OoniQuarantineGrows
workers_die() {
	while sleep 1; do
		kill -KILL "$(cat "/proc/$(main_pid ooni-api.service)/task/"*/children | tr ' ' '\n' | head -n 1)"
	done
}
workers_die 2>/dev/null &
DYING=$!
fires OoniWorkersDie
kill "$DYING"

systemctl stop clickhouse-server.service
searches() {
	while sleep 0.02; do curl -s -o /dev/null 'http://127.0.0.1:8080/api/v1/measurements?probe_cc=IT&limit=4'; done
}
searches &
SEARCHES=$!
fires OoniClickHouseDown
fires OoniPendingOld
fires OoniInsertsFail
fires OoniServerErrors
systemctl start clickhouse-server.service
for alert in OoniClickHouseDown OoniPendingOld OoniInsertsFail OoniServerErrors OoniQuarantineGrows OoniWorkersDie; do
	is_silent $alert
done
kill "$SEARCHES"

# A can whose last step cannot be done, and which then cannot go on.
check 'a can is on its way' cut_off_run
INDEX=$(ls /var/lib/ooni/spool/outgoing/*.index | head -n 1)
mv "$INDEX" "$STATE/index"
! publish
fires OoniUploadsLate
fires OoniUnitFailed name=ooni-uploader.service
mv "$STATE/index" "$INDEX"
check 'it goes on' publish
is_silent OoniUploadsLate
is_silent OoniUnitFailed name=ooni-uploader.service

# A disk whose room is changed from outside.
systemctl stop ooni.target
mount -t tmpfs -o size=8G,nr_inodes=300k tmpfs /var/lib/ooni
chmod 755 /var/lib/ooni
systemd-tmpfiles --create ooni-common.conf
systemctl start ooni.target
room() { # KIBIBYTES INODES: what is left
	local used inodes
	read -r used inodes < <(df --output=used,iused /var/lib/ooni | tail -n 1)
	mount -o "remount,size=$((used + $1))k,nr_inodes=$((inodes + $2))" /var/lib/ooni
}
is_silent OoniSpoolFillsUp
room 4000000 200000
fires OoniSpoolFillsUp
room 8000000 200000
is_silent OoniSpoolFillsUp
room 8000000 40000
fires OoniSpoolFillsUp
room 8000000 5000
fires OoniSubmissionsFail
room 8000000 200000
is_silent OoniSubmissionsFail
is_silent OoniSpoolFillsUp
stop_load
systemctl stop ooni-fastpath.socket ooni-fastpath.service
fires OoniProgramDown
systemctl stop ooni.target
umount /var/lib/ooni
systemctl start ooni.target
is_silent OoniProgramDown
check 'a probe is served' eventually probe /version --fail

systemctl disable --now --quiet prometheus-alertmanager.service
mv "$STATE/prometheus.yml" "$STATE/ooni-alerts.yml" /etc/prometheus
systemctl restart prometheus.service
rm -r /srv/published /etc/ooni/api.toml.d/fetch.toml
