section 'The last released version, as its own documents say'

# Of the version that it has.
RELEASE_DOC=$STATE/release-doc
mkdir -p "$RELEASE_DOC"
dpkg-deb --fsys-tarfile "$PACKAGES"/released/ooni-common_*.deb |
	tar -x -C "$RELEASE_DOC" --strip-components=5 ./usr/share/doc/ooni-common
# What the test itself wants.
apt-get -qq install --yes curl openssl >"$STATE/output" 2>&1
cd "$PACKAGES/released" || exit 1
must 'apt installs it' follow "$RELEASE_DOC/install.md" install
check 'its config' follow "$RELEASE_DOC/install.md" configure
check 'ClickHouse starts' systemctl start clickhouse-server.service
check 'its tables' follow "$RELEASE_DOC/install.md" tables
check 'its certificate' follow "$RELEASE_DOC/install.md" certificate
check 'its site' follow "$RELEASE_DOC/install.md" nginx
must 'it gets ready' eventually probe /health --fail
check 'a measurement is taken' submit https://www.example.org/released
check 'and scored' eventually row_of "$SUBMITTED"
check 'and published' published
echo "$SUBMITTED" >"$STATE/released.uids"
LOG_KEY=$(cat /var/lib/ooni/uploader/log-key)
