section 'Upgrade under load'

upgrade() {
	cd "$PACKAGES/next" && apt-get install --yes ./*.deb
}
start_load upgrade
check 'apt installs the newer packages' upgrade
sleep 1
stop_load
check 'no submission was refused' none_was_refused upgrade
check 'every accepted measurement has one row' every_uid_has_one_row upgrade
check 'the new version runs' bash -c "
	systemctl is-active ooni-api.service ooni-fastpath.service &&
	curl -s http://127.0.0.1:8080/version | tee /dev/stderr | grep -qF \"\$(dpkg-query -W -f '\${Version}' ooni-api)\""
check 'the edited config is untouched' grep -x 'collector_id = "7"' /etc/ooni/api.toml
