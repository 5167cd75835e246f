section 'An upgrade from it under load, with measurements in each stage'

# Some are in the bucket without their rows, which the database did not take, and some are neither scored nor published.
start_load on-its-way
sleep 1
stop_load
check 'measurements are taken' every_uid_has_one_row on-its-way
check 'a can is on its way' cut_off_run
systemctl stop clickhouse-server.service
start_load waiting
sleep 1
stop_load
check 'measurements wait for their scores' bash -c 'ls /var/lib/ooni/spool/pending/*.post | head -n 1 | grep .'
# It is the newer version that is to find them.
systemctl stop ooni-fastpath.socket ooni-fastpath.service
systemctl start clickhouse-server.service

# Its files were edited, as its documents said: dpkg asks, and the operator keeps them, as CHANGELOG.md says.
keeping_files() { # FOLDER COMMAND...
	cd "$PACKAGES/$1" && "${@:2}" < <(yes N)
}
runs() { # FOLDER OF PACKAGES
	local version
	version=$(dpkg-deb -f "$PACKAGES/$1"/ooni-api_*.deb Version)
	systemctl is-active ooni-api.service ooni-fastpath.service &&
		curl -s http://127.0.0.1:8080/version | tee /dev/stderr | grep -qF "\"$version\""
}
changed_under_load() { # NAME TEXT FOLDER COMMAND...
	start_load "$1"
	check "$2" keeping_files "${@:3}"
	sleep 1
	stop_load
	check '  no submission was refused' none_was_refused "$1"
	check '  that version runs' eventually runs "$3"
	check '  every accepted measurement has one row' every_uid_has_one_row "$1"
}
changed_under_load upgraded 'apt upgrades it' . runbook upgrade
check 'what waited has one row' every_uid_has_one_row waiting
check 'the new migrations are there' bash -c "
	ooni-exec ooni-api migrate | tee /dev/stderr | grep 'nothing to do'"
check 'what was published before is found' row_of "$(cat "$STATE/released.uids")"
check 'the config of before is in force' bash -c '
	ooni-api --check-config --show | grep -x "base_url = \"https://api.example.org\" *# /etc/ooni/api.toml" &&
	ooni-uploader --check-config --show | grep -x "collector_id = \"7\" *# /etc/ooni/uploader.toml"'
check 'all is published, that can too' published
check 'the log goes on' verified --save-checkpoint "$STATE/upgraded.checkpoint"

section 'Back to it, and up again, under load'
changed_under_load downgraded 'apt installs the released packages' released runbook downgrade
check 'and publishes' published
changed_under_load again 'apt upgrades them again' . runbook upgrade
check 'and publishes' published
check 'the log goes on' verified --checkpoint "$STATE/upgraded.checkpoint"
check 'under its key' equals "$(cat /var/lib/ooni/uploader/log-key)" "$LOG_KEY"
for name in released on-its-way waiting upgraded downgraded again; do
	check "every measurement has one row: $name" every_uid_has_one_row $name
	check '  and its body' every_uid_has_its_body $name
done

section 'As a host of this version is set up'
check 'settings in files of their own' follow "$INSTALL_DOC" configure
check "and the package's own files" runbook own-files
check 'as they are shipped' bash -c '
	[ -z "$(dpkg --verify ooni-api ooni-uploader ooni-fastpath ooni-common | tee /dev/stderr)" ]'
check 'a user of ClickHouse' follow "$INSTALL_DOC" user 'PASSWORD=correct horse <&'
check 'for the programs' follow "$INSTALL_DOC" clickhouse
check 'with its password' follow "$INSTALL_DOC" password <<<'correct horse <&'
check 'is in use' bash -c "systemctl restart ooni-api ooni-fastpath && ooni-exec ooni-api migrate"
