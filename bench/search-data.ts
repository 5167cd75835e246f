/** Made-up rows of `fastpath` for the benches: three months, 676 countries, 13,520 networks, 3,000 domains. */

/** Rows `from` to `from + count` of `total`; the same at each run. */
export function madeUpRowsSql(from: number, count: number, total: number): string {
  return `INSERT INTO ooni.fastpath (measurement_uid, report_id, input, probe_cc, probe_asn, test_name,
  test_start_time, measurement_start_time, scores, platform, anomaly, confirmed, msm_failure, domain,
  software_name, software_version, test_version, architecture, engine_name, engine_version, is_verified)
WITH replaceAll(test, '_', '') AS short, toStartOfInterval(time, INTERVAL 5 MINUTE) AS five
SELECT
  concat(formatDateTime(time, '%Y%m%d%H%i%S'), '.', leftPad(toString(a % 1000000), 6, '0'), '_', cc, '_',
    short, '_', lower(hex(sipHash64(number, 1)))),
  concat(formatDateTime(five, '%Y%m%dT%H%i%SZ'), '_', short, '_', cc, '_', toString(asn), '_n1_',
    hex(sipHash64(cc, asn, five))),
  if(test = 'web_connectivity', concat('https://', site, '/'), ''), cc, asn, test, time, time,
  concat('{"blocking_general":', if(c % 10 = 0, '1.0', '0.0'), ',"blocking_global":0.0,"blocking_country":0.0,',
    '"blocking_isp":0.0,"blocking_local":0.0,"analysis":{"blocking_type":"', if(c % 10 = 0, 'dns', ''), '"}}'),
  'linux', if(c % 10 = 0, 't', 'f'), if(c % 50 = 0, 't', 'f'), if(c % 23 = 0, 't', 'f'),
  if(test = 'web_connectivity', site, ''), 'ooniprobe-android', '3.8.2', '0.4.3', 'arm64',
  'ooniprobe-engine', '3.18.0', 'u'
FROM (
  SELECT number, sipHash64(number, 2) AS a, sipHash64(number, 3) AS b, sipHash64(number, 4) AS c,
    toDateTime('2026-05-01 00:00:00', 'UTC') + intDiv(number * 7776000, ${total}) AS time,
    toUInt32(intDiv((a % 1000) * (a % 1000), 20000)) AS country,
    concat(char(65 + country % 26), char(65 + intDiv(country, 26))) AS cc,
    toUInt32(1000 + country * 20 + b % 20) AS asn,
    concat('www.site', toString(toUInt32(pow((c % 100000) / 100000, 3) * 3000)), '.example.org') AS site,
    ['web_connectivity', 'web_connectivity', 'web_connectivity', 'web_connectivity', 'web_connectivity',
      'web_connectivity', 'telegram', 'whatsapp', 'signal', 'ndt'][1 + intDiv(b, 32) % 10] AS test
  FROM numbers(${from}, ${count})
)`;
}
