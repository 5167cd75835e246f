section 'Before a reboot'

systemctl stop clickhouse-server.service
start_load before-reboot
sleep 1
stop_load
check 'measurements wait to be scored' bash -c 'ls /var/lib/ooni/spool/pending/*.post | head -n 1 | grep .'
