section 'Without ClickHouse'

systemctl stop clickhouse-server.service
start_load outage
check 'measurements are still taken' eventually bash -c "[ \"\$(wc -l <$STATE/outage.uids)\" -gt 20 ]"
check 'a restart of everything meanwhile' systemctl restart ooni-api.service ooni-fastpath.service
sleep 1
stop_load
check 'no submission was refused' none_was_refused outage
check 'ClickHouse comes back' systemctl start clickhouse-server.service
check 'as the runbook says' follow "$OPERATE_DOC" clickhouse-is-back
check 'every measurement of the outage has one row' every_uid_has_one_row outage
