section 'After a reboot'

# What was sent before, with ClickHouse down, is in the spool; nothing was started by hand since.
for unit in ooni.target ooni-api.socket ooni-api.service ooni-fastpath.socket ooni-fastpath.service \
	ooni-uploader.timer nginx.service; do
	check "$unit is up" eventually unit_is "$unit" active
done
check 'no unit failed' bash -c 'systemctl list-units --failed --no-legend | tee /dev/stderr | grep -c . | grep -x 0'
check 'a probe is served' eventually probe /version --fail
check 'ClickHouse comes up' systemctl start clickhouse-server.service
check 'what was received before the reboot is scored' every_uid_has_one_row before-reboot
