section 'Monitoring, as docs/metrics.md says'

mkdir -p /etc/clickhouse-server/config.d # of the vendor's package
check 'exporters' follow "$METRICS_DOC" exporters
check "ClickHouse's endpoint" follow "$METRICS_DOC" clickhouse-endpoint
check 'its file can be read' python3 -c '
import xml.etree.ElementTree as tree
assert tree.parse("/etc/clickhouse-server/config.d/prometheus.xml").findtext("prometheus/port") == "9363"'
check 'and an endpoint is where it says' systemctl start clickhouse-metrics.socket
check 'Prometheus' follow "$METRICS_DOC" prometheus
only_nginx_is_public() {
	ss -Htlnp | awk '$4 !~ /^(127\.0\.0\.1|\[::1\]|\[::ffff:127\.0\.0\.1\]):/' | tee "$STATE/public"
	! grep -v '"nginx"' "$STATE/public" && grep -q ':443 ' "$STATE/public"
}
check 'nothing but nginx listens to the world' eventually only_nginx_is_public

# An answer that is an error, for the rules that count such.
systemctl stop clickhouse-server.service
check 'a search fails without ClickHouse' bash -c '
	[ "$(curl -s -o /dev/null -w "%{http_code}" "http://127.0.0.1:8080/api/v1/measurements?probe_cc=IT&limit=3")" = 500 ]'
systemctl start clickhouse-server.service
# A body that nobody has, and a measurement that gets no row.
curl -s -o /dev/null http://127.0.0.1:8080/api/v1/measurement/20261101000000.000000_IT_webconnectivity_0123456789abcdef
node --input-type=module >"$STATE/without-id.json" -e "
	import { measurementText } from '$HERE/measurement.mjs';
	const text = measurementText('https://www.example.org/without-id').replace('\"report_id\":\"\",', '');
	process.stdout.write('{\"format\":\"json\",\"content\":' + text + '}');"
check 'one that gets no row' probe /report/20261124T000000Z_webconnectivity_IT_30722_n1_q5N5YSTWEqHYDo9v \
	--data-binary "@$STATE/without-id.json" --fail
check 'every series that an alert names is there' node "$HERE/alert-series.mjs"
no_page() {
	curl -sS 'http://127.0.0.1:9090/api/v1/query' --data-urlencode \
		'query=ALERTS{alertname=~"OoniProgramDown|OoniUploadsLate|OoniUploaderUnseen|OoniClickHouseDown|OoniUnitFailed"}' |
		tee "$STATE/pages"
	grep -q '"result":\[\]' "$STATE/pages"
}
check 'and nobody is paged' eventually no_page
