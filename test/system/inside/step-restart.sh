section 'Restarts under load'

# restart_under_load NAME TEXT COMMAND...
restart_under_load() {
	local name=$1 text=$2
	shift 2
	start_load "$name"
	sleep 1
	check "$text" "$@"
	sleep 1
	stop_load
	check '  no submission was refused' none_was_refused "$name"
	check '  every accepted measurement has one row' every_uid_has_one_row "$name"
}

three_times() {
	local round
	for round in 1 2 3; do
		systemctl restart "$1" || return 1
		sleep 1
	done
}
restart_under_load api 'systemctl restart ooni-api, three times' three_times ooni-api.service
restart_under_load fastpath 'systemctl restart ooni-fastpath, three times' three_times ooni-fastpath.service
restart_under_load nginx 'systemctl reload nginx' systemctl reload nginx.service

section 'kill -9 and hanging'

# Where the container has cgroups of the old kind, systemd may not be told that the last process is gone,
# and waits for as long as it would for one that can't be killed.
for unit in ooni-api ooni-fastpath; do
	mkdir -p "/run/systemd/system/$unit.service.d"
	printf '[Service]\nTimeoutStopSec=10s\n' >"/run/systemd/system/$unit.service.d/test.conf"
done
systemctl daemon-reload

killed_is_restarted() {
	local before
	before=$(running_pid "$1") || return 1
	kill -KILL "$before"
	eventually is_running_anew "$1" "$before"
}
for unit in ooni-api ooni-fastpath; do
	start_load "kill-$unit"
	check "kill -9 of $unit: it is started again" killed_is_restarted "$unit.service"
	sleep 1
	stop_load
	check '  every accepted measurement has one row' every_uid_has_one_row "kill-$unit"
done

# 30 s in production; the mechanism is the same.
for unit in ooni-api ooni-fastpath; do
	printf '[Service]\nWatchdogSec=4s\n' >>"/run/systemd/system/$unit.service.d/test.conf"
done
systemctl daemon-reload
systemctl restart ooni-api.service ooni-fastpath.service

hung_is_restarted() {
	local before
	before=$(running_pid "$1") || return 1
	kill -STOP "$before"
	eventually is_running_anew "$1" "$before" || { kill -CONT "$before"; return 1; }
	eventually said '[Ww]atchdog timeout' -b -u "$1"
}
for unit in ooni-api ooni-fastpath; do
	check "the watchdog ends a hanging $unit" hung_is_restarted "$unit.service"
done
rm -r /run/systemd/system/ooni-*.service.d
systemctl daemon-reload
systemctl restart ooni-api.service ooni-fastpath.service

UNITS='ooni-api.service ooni-api.socket ooni-fastpath.service ooni-fastpath.socket ooni-uploader.timer'
all_are() {
	local unit
	for unit in $UNITS; do unit_is "$unit" "$1" || return 1; done
}
# A run of the uploader that takes long: it is stopped with the rest. None of them stops at once.
for unit in ooni-api ooni-fastpath ooni-uploader; do
	mkdir -p "/run/systemd/system/$unit.service.d"
	printf '[Service]\nExecStopPost=+/bin/sleep 3\n' >"/run/systemd/system/$unit.service.d/test.conf"
done
printf 'ExecStartPre=+/bin/sleep 300\n' >>/run/systemd/system/ooni-uploader.service.d/test.conf
systemctl daemon-reload
systemctl start --no-block ooni-uploader.service
check 'a run of the uploader is under way' eventually unit_is ooni-uploader.service activating
# Who copies the spool next must not have to wait for anything else.
systemctl stop ooni.target
check 'when ooni.target has stopped, all of it has' all_are inactive
check 'and the run of the uploader' bash -c '
	case $(systemctl is-active ooni-uploader.service) in inactive | failed) ;; *) exit 1 ;; esac'
rm -r /run/systemd/system/ooni-*.service.d
systemctl daemon-reload
systemctl reset-failed ooni-uploader.service
systemctl start ooni.target
check 'and starts all of it' eventually all_are active

section 'A fault in the config'

# Said once; then the socket is closed, or each connection in it would have the service tried again.
fault_is_said() {
	echo 'no_such_key = 1' >/etc/ooni/api.toml.d/fault.toml
	local since
	since=$(date +%s)
	systemctl restart ooni-api.service
	eventually unit_is ooni-api.socket inactive || return 1
	for _ in 1 2 3 4 5 6; do
		curl -s --max-time 2 http://127.0.0.1:8080/version
		sleep 0.5
	done
	eventually said no_such_key -u ooni-api.service --since "@$since" && eventually said status=78/CONFIG -u ooni-api.service --since "@$since" || return 1
	unit_is ooni-api.service failed && [ "$(grep -c no_such_key "$STATE/said")" -le 3 ]
}
check 'it is said, and not in a loop' fault_is_said
rm /etc/ooni/api.toml.d/fault.toml
check 'and mended by a restart' bash -c 'systemctl restart ooni-api.service && curl -sf http://127.0.0.1:8080/version'
check 'with its socket' unit_is ooni-api.socket active
