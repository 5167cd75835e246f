section 'Upgrade under load'

# The newer packages have other defaults.
for name in api fastpath uploader; do
	for package in "$PACKAGES"/next/ooni-"$name"_*.deb; do
		dpkg-deb -R "$package" /tmp/repacked
		echo '# Another default than before.' >>"/tmp/repacked/etc/ooni/$name.toml"
		dpkg-deb --root-owner-group -b /tmp/repacked "$package"
		rm -r /tmp/repacked
	done
done
# dpkg asks on its standard input what to do with an edited file, and ends when there is none.
upgrade() {
	cd "$PACKAGES/next" && follow "$OPERATE_DOC" upgrade </dev/null
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
check 'the new defaults are there' grep -x '# Another default than before.' /etc/ooni/api.toml \
	/etc/ooni/fastpath.toml /etc/ooni/uploader.toml
check 'what the host has set is in force' bash -c '
	ooni-api --check-config --show | grep -x "collector_id = \"7\" *# /etc/ooni/api.toml.d/local.toml"'

downgrade_and_upgrade() {
	cd "$PACKAGES" && follow "$OPERATE_DOC" downgrade </dev/null && eventually 30 probe /version --fail && upgrade
}
check 'the older packages, and the newer ones again' downgrade_and_upgrade
check 'a measurement is taken' eventually 30 submit https://www.example.org/upgraded
check 'and scored' eventually 30 row_of "$SUBMITTED"
