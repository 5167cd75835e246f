section 'A probe, over HTTPS through nginx'

# A reload of nginx is not over when systemctl returns: workers of before may still answer.
redirects() {
	equals "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://127.0.0.1/health -H 'Host: api.example.org')" \
		'301 https://api.example.org/health'
}
check 'plain HTTP redirects' eventually redirects
check 'HTTP/2' equals "$(probe /health -o /dev/null -w '%{http_version}')" 2
# A client that would speak it: Debian's own settings do not.
check 'TLS 1.1 is refused by nginx' bash -c "
	openssl s_client -connect 127.0.0.1:443 -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null 2>&1 | tee /dev/stderr |
		grep -i 'alert protocol version'"
check 'TLS 1.2 is not' bash -c "openssl s_client -connect 127.0.0.1:443 -tls1_2 </dev/null"
check 'security headers' bash -c "probe() { $(declare -f probe | tail -n +2); }; CA=$CA
	probe /health -D - -o /dev/null | tee /dev/stderr | grep -ci -e '^strict-transport-security: max-age=31536000' \
	-e '^x-frame-options: DENY' -e '^x-content-type-options: nosniff' | grep -x 3"
check 'metrics are not public' equals "$(status_of /metrics)" 404
check 'metrics for Prometheus: api' curl -sSf http://127.0.0.1:9180/metrics
check 'metrics for Prometheus: fastpath' curl -sSf http://127.0.0.1:9181/metrics

cd "$STATE" || exit 1
node --input-type=module >submission.json -e "
	import { measurementText, submissionOf } from '$HERE/measurement.mjs';
	import { writeFileSync } from 'node:fs';
	const text = measurementText('https://www.example.org/one');
	writeFileSync('measurement.json', text);
	process.stdout.write(submissionOf(text));"

submit_one() {
	probe /api/v1/submit_measurement --data-binary @submission.json -H 'Content-Type:' \
		-o answer.json -w '%{http_code}\n' | tee status
	cat answer.json
	grep -qx 200 status && UID_ONE=$(field answer.json measurement_uid) && [ -n "$UID_ONE" ]
}
must 'a measurement is taken' submit_one

check 'it is in the spool, complete' bash -c "
	ls -l /var/lib/ooni/spool/incoming/*/$UID_ONE.post &&
	grep -q 1.2345678E+01 /var/lib/ooni/spool/incoming/*/$UID_ONE.post"
check 'files of the spool are for the group alone' bash -c "
	stat -c '%a %U %G' /var/lib/ooni/spool/incoming/*/$UID_ONE.post | grep -x '640 ooni-api ooni' &&
	stat -c '%a %G' /var/lib/ooni/spool/incoming/* | grep -x '2770 ooni'"

row_is_there() {
	equals "$(sql "SELECT measurement_uid, probe_cc FROM fastpath WHERE measurement_uid = '$UID_ONE'")" \
		"$UID_ONE	IT"
}
check 'its row is in ClickHouse' eventually row_is_there
check 'it is no longer waiting to be scored' eventually \
	test ! -e "/var/lib/ooni/spool/pending/$UID_ONE.post"

found_by_search() {
	# By a file: a grep that has found it reads no more, and whoever still writes to it fails.
	probe "/api/v1/measurements?probe_cc=IT&limit=5" -o search.json && grep -q "$UID_ONE" search.json
}
check 'a researcher finds it' eventually found_by_search

body_has_its_numbers() {
	probe "/api/v1/raw_measurement?measurement_uid=$UID_ONE&nocache=$RANDOM" -o raw.json -w '%{http_code}\n'
	grep -q '1.2345678E+01' raw.json
}
check 'its body comes from the spool, number literals untouched' body_has_its_numbers

report_flow() {
	local id
	probe /report -o report.json --data-binary '{"data_format_version":"0.2.0","format":"json",
		"probe_asn":"AS30722","probe_cc":"IT","software_name":"ooniprobe-cli","software_version":"3.20.0",
		"test_name":"web_connectivity","test_start_time":"2026-11-24 00:00:00","test_version":"0.4.3"}'
	cat report.json
	id=$(field report.json report_id)
	[ -n "$id" ] || return 1
	node -e "
		const text = require('fs').readFileSync('measurement.json', 'utf8').replace('\"report_id\":\"\"', '\"report_id\":\"$id\"');
		process.stdout.write('{\"format\":\"json\",\"content\":' + text + '}');" >old.json
	equals "$(status_of "/report/$id" --data-binary @old.json)" 200 &&
		equals "$(status_of "/report/$id/close" --data-binary '{}')" 200
}
check 'an older probe submits by report' report_flow

body_limit() {
	head -c 220000000 /dev/zero >big
	local status
	status=$(status_of /api/v1/submit_measurement --data-binary @big -H 'Expect:')
	rm big
	equals "$status" 413
}
check 'a body over the limit is refused with 413' body_limit

error_of_nginx() {
	systemctl stop ooni-api.service ooni-api.socket
	probe /version -D headers -o error.json
	systemctl start ooni-api.socket ooni-api.service
	cat headers error.json
	grep -q '^HTTP/2 503' headers && grep -qi '^retry-after: 30' headers &&
		grep -qi '^access-control-allow-origin: \*' headers && [ -n "$(field error.json detail)" ] &&
		eventually probe /version --fail && equals "$(probe /version -D - -o /dev/null | grep -ci retry-after)" 0
}
check 'errors of nginx itself are JSON that any page may read' error_of_nginx
rubbish_leaves_nothing() {
	# Those of before are scored, and go.
	eventually bash -c '[ -z "$(ls /var/lib/ooni/spool/pending)" ]' || return 1
	find /var/lib/ooni/spool -type f -newer "$STATE/answer.json" >before
	equals "$(status_of /api/v1/submit_measurement --data-binary '{')" 422 &&
		equals "$(status_of /api/v1/submit_measurement --data-binary '{"format":"json","content":"{}"}')" 400 &&
		find /var/lib/ooni/spool -type f -newer "$STATE/answer.json" | diff before -
}
check 'rubbish is refused, and nothing of it stays' rubbish_leaves_nothing

cache_holds() {
	local path="/api/v1/measurements?probe_cc=IT&limit=7&cache=$RANDOM"
	probe "$path" -D first -o /dev/null
	probe "$path" -D second -o /dev/null
	grep -i '^x-cache-status' first second
	# An answer is fresh for a second, which a slow machine may have needed for both.
	grep -qi '^x-cache-status: MISS' first && grep -qiE '^x-cache-status: (HIT|STALE|UPDATING)' second
}
check 'the cache answers repeated searches' cache_holds

old_app_is_answered_alone() {
	local path="/api/v1/measurements?probe_cc=IT&limit=7&old=$RANDOM"
	probe "$path" -A okhttp/4.9 -o old.json
	probe "$path" -A Mozilla/5.0 -D headers -o new.json
	grep -i '^x-cache-status' headers
	equals "$(node -p 'JSON.parse(require("fs").readFileSync("old.json")).metadata.query_time')" 0.001 &&
		grep -q "$UID_ONE" new.json
}
check 'the answer for old apps goes to them alone' old_app_is_answered_alone

addresses_are_cut() {
	eventually said '^127\.0\.0\.0 ' -t nginx_ooni && ! grep '^127\.0\.0\.1 ' "$STATE/said"
}
check 'the access log has no full addresses' addresses_are_cut
