section 'Encrypted credentials, as docs/install.md says'

# Each program is handed each of its credentials, in its sandbox, in place of what it does. Where there is AppArmor, the shell
# is under its profile, which lets it start nothing.
mv /etc/credstore "$STATE/credstore"
install -d -m 700 /etc/credstore
for credential in clickhouse-password s3-credentials log-key; do
	(umask 077 && echo "secret of $credential" >"/etc/credstore/ooni.$credential")
done
(umask 077 && echo 'secret that only writes' >/etc/credstore/ooni-uploader.s3-credentials)
check 'they are encrypted' follow "$INSTALL_DOC" encrypt
check 'and nothing else holds them' bash -c '[ -z "$(ls /etc/credstore)" ] && ! grep -r secret /etc/credstore.encrypted'

is_handed() { # unit, text of all its credentials
	mkdir -p "/run/systemd/system/$1.service.d"
	cat >"/run/systemd/system/$1.service.d/test.conf" <<'DROPIN'
[Service]
Type=oneshot
Restart=no
ExecCondition=
ExecStart=
ExecStart=/bin/sh -c 'for file in "$CREDENTIALS_DIRECTORY"/*; do read -r text <"$file"; echo "$text"; done'
DROPIN
	systemctl daemon-reload
	systemctl stop "$1.service"
	local since
	since=$(date +%s)
	systemctl start "$1.service"
	rm -r "/run/systemd/system/$1.service.d"
	systemctl daemon-reload
	eventually were_handed "$1" "$since" "$2"
}
were_handed() { # unit, since when, text of all its credentials
	equals "$(journalctl -u "$1.service" --since "@$2" _TRANSPORT=stdout -o cat --no-pager | grep secret | tr '\n' ' ')" "$3 "
}
check 'ooni-api reads them' is_handed ooni-api 'secret of clickhouse-password secret of s3-credentials'
check 'ooni-fastpath reads them' is_handed ooni-fastpath 'secret of clickhouse-password'
check 'ooni-api-migrate reads them' is_handed ooni-api-migrate 'secret of clickhouse-password'
check 'ooni-uploader reads them, its own first' is_handed ooni-uploader \
	'secret of clickhouse-password secret of log-key secret that only writes'
runs_with_them() { # The password is a wrong one: it came as far as ClickHouse.
	ooni-exec ooni-api migrate 2>&1 | tee "$STATE/migrate"
	grep -i -e password -e authentication "$STATE/migrate"
}
check 'ooni-exec hands them on' runs_with_them

rm -r /etc/credstore.encrypted /etc/credstore
mv "$STATE/credstore" /etc/credstore
systemctl restart ooni-api.service ooni-fastpath.service
check 'without them all is as before' eventually bash -c '
	systemctl is-active ooni-api.service ooni-fastpath.service && curl -sf http://127.0.0.1:8080/health'
