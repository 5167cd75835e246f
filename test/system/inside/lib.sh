# What the steps of the acceptance test have in common. Sourced inside the booted system.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Outlives a reboot.
STATE=${STATE:-/var/tmp/acceptance}
URL=https://127.0.0.1
CA=/etc/ooni/tls/fullchain.pem
PASSED=0
FAILED=0
mkdir -p "$STATE"

# Ends the test with its count.
finish() {
	printf '\n%d passed, %d failed\n' "$PASSED" "$FAILED"
	[ "$FAILED" = 0 ]
	exit
}

section() {
	printf '\n%s\n' "$*"
}

# check TEXT COMMAND...: the command must succeed; when it does not, its output is shown.
check() {
	local text=$1
	shift
	if "$@" >"$STATE/output" 2>&1; then
		PASSED=$((PASSED + 1))
		printf '  ok    %s\n' "$text"
	else
		FAILED=$((FAILED + 1))
		printf '  FAIL  %s\n' "$text"
		sed 's/^/        | /' "$STATE/output" | tail -n 40
	fi
}

# must TEXT COMMAND...: as check, and without it nothing else makes sense.
must() {
	local failed=$FAILED
	check "$@"
	[ "$FAILED" = "$failed" ] || finish
}

# How long a machine may take that is slow, and has other work: what is waited for comes sooner or never.
PATIENCE_S=300

# eventually COMMAND...: tries until it succeeds.
eventually() {
	local end=$((SECONDS + PATIENCE_S))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

equals() {
	[ "$1" = "$2" ] || {
		echo "expected: $2"
		echo "found:    $1"
		return 1
	}
}

# probe PATH [CURL-ARGUMENT...]: a request as a probe sends it.
probe() {
	local path=$1
	shift
	curl --silent --show-error --max-time 60 --cacert "$CA" --resolve api.example.org:443:127.0.0.1 \
		"https://api.example.org$path" "$@"
}

status_of() {
	probe "$@" --output /dev/null --write-out '%{http_code}'
}

# sql QUERY: asks ClickHouse.
sql() {
	curl --silent --show-error --fail-with-body --data-binary "$1" 'http://127.0.0.1:8123/?database=ooni'
}

# said TEXT JOURNALCTL-ARGUMENT...: is it in the journal? What was written a moment ago may not be yet: call it by `eventually`.
said() {
	journalctl --no-pager -o cat "${@:2}" | tee "$STATE/said"
	grep -q -e "$1" "$STATE/said"
}

# A measurement is published when its hour is over: gives the uploader alone a clock that is two hours ahead.
ahead_of_its_hour() {
	mkdir -p /run/systemd/system/ooni-uploader.service.d
	printf '[Service]\nEnvironment=LD_PRELOAD=%s FAKETIME=+2h FAKETIME_DONT_RESET=1 NO_FAKE_STAT=1\n' \
		"$(find /usr/lib -name libfaketime.so.1 | head -n 1)" >/run/systemd/system/ooni-uploader.service.d/test.conf
	systemctl daemon-reload
}

with_its_own_clock() {
	# It notes how late it was, and would wait until then.
	rm -f /var/lib/ooni/uploader/clock
	rm -r /run/systemd/system/ooni-uploader.service.d
	systemctl daemon-reload
}

# broken_measurement SERIAL: puts what is no JSON into a closed hour of the spool, as ooni-api would; its
# uid is in $BROKEN.
broken_measurement() {
	BROKEN=20261101000000.$(printf %06d "$1")_IT_webconnectivity_0123456789abcdef
	local folder=/var/lib/ooni/spool/incoming/2026110100_IT_webconnectivity
	install -d -m 2770 -o ooni-api -g ooni "$folder"
	echo '{"format":"json","content":{"broken' >"$folder/$BROKEN.post"
	chown ooni-api:ooni "$folder/$BROKEN.post" && chmod 640 "$folder/$BROKEN.post"
	ln "$folder/$BROKEN.post" "/var/lib/ooni/spool/pending/$BROKEN.post"
}

main_pid() {
	systemctl show --property MainPID --value "$1"
}

# running_pid UNIT: of its process, once it has one: between two there is 0, which kill takes for all of the caller's own group.
running_pid() {
	local pid end=$((SECONDS + PATIENCE_S))
	until pid=$(main_pid "$1") && [ "${pid:-0}" != 0 ]; do
		[ "$SECONDS" -lt "$end" ] || { echo "no process of $1 runs" >&2; return 1; }
		sleep 0.2
	done
	echo "$pid"
}

# unit_is UNIT STATE
unit_is() {
	equals "$(systemctl is-active "$1")" "$2"
}

# is_running_anew UNIT FORMER-PID
is_running_anew() {
	local now
	now=$(main_pid "$1")
	[ "$now" != 0 ] && [ "$now" != "$2" ] && [ "$(systemctl is-active "$1")" = active ]
}

# At 1.5 or lower, as systemd counts.
exposure_is_low() {
	systemd-analyze security --no-pager "$1" | tail -n 1 | tee "$STATE/exposure"
	awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+$/) low = $i <= 1.5 } END { exit !low }' \
		"$STATE/exposure"
}

# start_load NAME: probes that submit all the time; their uids come to $STATE/NAME.uids.
start_load() {
	node "$HERE/load.mjs" "$URL" "$CA" "$STATE/$1.uids" >"$STATE/$1.load" 2>&1 &
	LOAD=$!
	eventually test -s "$STATE/$1.uids"
}

stop_load() {
	kill -TERM "$LOAD"
	wait "$LOAD"
}

# Each measurement that was answered with 200 has exactly one row.
every_uid_has_one_row() {
	local uids=$STATE/$1.uids count
	count=$(wc -l <"$uids")
	[ "$count" -gt 0 ] || { echo 'no measurement was accepted'; return 1; }
	local expected="$count	$count"
	eventually rows_are "$uids" "$expected" || {
		equals "$(rows_of "$uids")" "$expected"
	}
}

rows_of() {
	{
		echo 'SELECT count(), uniqExact(measurement_uid) FROM fastpath WHERE measurement_uid IN ('
		sed "s/.*/'&',/" "$1" | sed '$s/,$//'
		echo ')'
	} >"$STATE/query.sql"
	curl --silent --show-error --data-binary "@$STATE/query.sql" \
		'http://127.0.0.1:8123/?database=ooni&max_query_size=100000000&max_ast_elements=10000000'
}

rows_are() {
	[ "$(rows_of "$1")" = "$2" ]
}

none_was_refused() {
	cat "$STATE/$1.load"
	grep -q ' refused=0 ' "$STATE/$1.load"
}

# document FILE NAME: the shell commands of the block of a document that is marked with
# `<!-- test: NAME -->`. What operators are told to do is what the test does.
document() {
	awk -v mark="<!-- test: $2 -->" '
		{ text = $0; sub(/^ */, "", text) }
		text == mark { found = 1; next }
		found && text ~ /^```/ { if (inside) exit; inside = 1; indent = length($0) - length(text); next }
		inside { print substr($0, indent + 1) }
	' "$1"
}

# follow FILE NAME [WORD=VALUE...]: does it; an operator, too, puts a value where it says WORD.
follow() {
	document "$1" "$2" >"$STATE/commands"
	[ -s "$STATE/commands" ] || { echo "$1 has no commands marked $2"; return 1; }
	local replacement word value
	for replacement in "${@:3}"; do
		word=${replacement%%=*} value=${replacement#*=}
		grep -qF "$word" "$STATE/commands" || { echo "no $word in $2"; return 1; }
		sed -i "s|$word|$(printf %s "$value" | sed 's/[\\&|]/\\&/g')|g" "$STATE/commands"
	done
	bash -eux "$STATE/commands"
}

# field FILE NAME: a field of the JSON object in a file.
field() {
	node -p "JSON.parse(require('fs').readFileSync('$1', 'utf8'))['$2'] ?? ''"
}

# submit INPUT: a probe sends one measurement; its uid is in $SUBMITTED.
submit() {
	node --input-type=module >"$STATE/one.json" -e "
		import { measurementText, submissionOf } from '$HERE/measurement.mjs';
		process.stdout.write(submissionOf(measurementText('$1')));"
	probe /api/v1/submit_measurement --data-binary "@$STATE/one.json" -o "$STATE/one.answer" --fail || return 1
	SUBMITTED=$(field "$STATE/one.answer" measurement_uid) && [ -n "$SUBMITTED" ]
}

# What people wrote, which is in no other place than the database.
people() {
	local table
	for table in account_roles findings msmt_feedback oonirun_links url_priorities; do
		sql "SELECT * FROM $table ORDER BY ALL SETTINGS final = 1 FORMAT JSONEachRow" || return 1
	done
}
# With the scores of whatever set of fingerprints: a replay takes those of its day.
ALL_ROWS='SELECT * EXCEPT fingerprints_sha256 FROM fastpath FINAL ORDER BY measurement_uid FORMAT JSONEachRow'

# row_of UID: has it exactly one?
row_of() {
	equals "$(sql "SELECT count() FROM fastpath FINAL WHERE measurement_uid = '$1'")" 1
}

# runbook NAME [WORD=VALUE...]: follows docs/operate.md.
runbook() {
	follow "$OPERATE_DOC" "$@"
}

# publish: a run of the uploader, in its sandbox, when the hour is over.
publish() {
	ahead_of_its_hour
	systemctl start ooni-uploader.service
	local code=$?
	with_its_own_clock
	return $code
}

# cut_off_run: a run of the uploader ends between the objects of a can and their rows, which the database does not take.
cut_off_run() {
	ahead_of_its_hour
	sql 'ALTER TABLE jsonl ADD CONSTRAINT never CHECK 0'
	systemctl start --no-block ooni-uploader.service
	eventually bash -c 'grep uploaded /var/lib/ooni/spool/outgoing/*.json'
	local code=$?
	systemctl stop ooni-uploader.service
	with_its_own_clock
	systemctl reset-failed ooni-uploader.service
	sql 'ALTER TABLE jsonl DROP CONSTRAINT never'
	return $code
}

# published: all hours, the one that is under way too, with nothing left in the spool.
published() {
	publish || return 1
	find /var/lib/ooni/spool/incoming /var/lib/ooni/spool/outgoing -type f ! -name lock | tee "$STATE/unpublished"
	[ ! -s "$STATE/unpublished" ]
}

# verified [OPTION...]: the archive against its log, and with a checkpoint, that the log only went on.
verified() {
	ooni-uploader verify --bucket file:///var/lib/ooni/archive --collector 7 \
		--key "$(cat /var/lib/ooni/archive/log/n7/key)" "$@"
}

every_uid_has_its_body() { # NAME
	local uid
	shuf -n 20 "$STATE/$1.uids" >"$STATE/some.uids"
	while read -r uid; do
		curl -sf "http://127.0.0.1:8080/api/v1/measurement/$uid" >"$STATE/body" && grep -q probe_cc "$STATE/body" ||
			{ echo "no body of $uid"; return 1; }
	done <"$STATE/some.uids"
}

# fingerprint_files FOLDER ROWS: as they are published.
fingerprint_files() {
	local kind location
	mkdir -p "$1"
	for kind in dns http; do
		case $kind in dns) location=dns ;; *) location=body ;; esac
		{
			echo 'name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,expected_countries,source,exp_url,notes'
			seq "$2" | sed "s/.*/x.&_$kind,nat,,$location,contains,192.0.2.&,5,,x,,a note/"
		} >"$1/fingerprints_$kind.csv"
	done
}

# Days as a runbook names them.
SINCE="2026-11-01=$(date -u -d '2 days ago' +%F)"
DAYS="$SINCE 2026-12-01=$(date -u -d '2 days' +%F)"

# Each worker has the native module, and none of them fell back to JavaScript.
stores_natively() {
	local worker workers
	workers=$(cat "/proc/$(main_pid ooni-api.service)/task/"*/children)
	[ -n "$workers" ] || { echo 'no worker runs'; return 1; }
	for worker in $workers; do
		grep -F /usr/lib/ooni/native.node "/proc/$worker/maps" || return 1
	done
	! journalctl -b -u ooni-api.service --no-pager -o cat | grep 'the native module cannot be used'
}
