section 'Upgrade to a next release, under load'

# It has other defaults. dpkg asks on its standard input what to do with an edited file, and ends when there is none.
upgrade() {
	cd "$PACKAGES/next" && follow "$OPERATE_DOC" upgrade </dev/null
}
start_load next
check 'apt installs the newer packages' upgrade
sleep 1
stop_load
check 'no submission was refused' none_was_refused next
check 'every accepted measurement has one row' every_uid_has_one_row next
check 'the new version runs' bash -c "
	systemctl is-active ooni-api.service ooni-fastpath.service &&
	curl -s http://127.0.0.1:8080/version | tee /dev/stderr | grep -qF \"\$(dpkg-query -W -f '\${Version}' ooni-api)\""
check 'the new defaults are there' grep -x '# Another default than before.' /etc/ooni/api.toml \
	/etc/ooni/fastpath.toml /etc/ooni/uploader.toml
