/** Made-up rows for the benches: 676 countries, 13,520 networks, 3,000 domains. */

export interface MadeUpTime {
  /** Seconds since 1970. */
  readonly endS: number;
  readonly days: number;
  /** None at the beginning, twice the mean at the end; else as many each day. */
  readonly growing: boolean;
}

/** The three months to the end of July 2026. */
const QUARTER: MadeUpTime = { endS: 1_785_369_600, days: 90, growing: false };

/** Rows `from` to `from + count` of `total` of `fastpath`; the same at each run. */
export function madeUpRowsSql(
  from: number,
  count: number,
  total: number,
  { endS, days, growing }: MadeUpTime = QUARTER,
): string {
  const spanS = days * 86_400;
  const share = growing ? `sqrt(number / ${total})` : `number / ${total}`;
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
    toDateTime(${endS - spanS} + toUInt32(${share} * ${spanS}), 'UTC') AS time,
    toUInt32(intDiv((a % 1000) * (a % 1000), 20000)) AS country,
    concat(char(65 + country % 26), char(65 + intDiv(country, 26))) AS cc,
    toUInt32(1000 + country * 20 + b % 20) AS asn,
    concat('www.site', toString(toUInt32(pow((c % 100000) / 100000, 3) * 3000)), '.example.org') AS site,
    ['web_connectivity', 'web_connectivity', 'web_connectivity', 'web_connectivity', 'web_connectivity',
      'web_connectivity', 'telegram', 'whatsapp', 'signal', 'ndt'][1 + intDiv(b, 32) % 10] AS test
  FROM numbers(${from}, ${count})
)`;
}

/** One in so many rows again, as by rules that find something in one of seven where they found nothing, and the other way round. */
export function scoredAgainSql(oneIn: number): string {
  const columns = `measurement_uid, report_id, input, probe_cc, probe_asn, test_name, test_start_time,
  measurement_start_time, scores, platform, confirmed, msm_failure, domain, software_name, software_version,
  test_version, architecture, engine_name, engine_version, is_verified`;
  return `INSERT INTO ooni.fastpath (${columns}, anomaly)
SELECT ${columns}, if(sipHash64(measurement_uid, 6) % 7 = 0, if(anomaly = 't', 'f', 't'), anomaly)
FROM ooni.fastpath WHERE sipHash64(measurement_uid, 5) % ${oneIn} = 0`;
}

const SITE = `concat('www.site', toString(number), '.example.org')`;

/** A list that has these sites, each in one of 30 categories. */
export function madeUpListSql(): string {
  return `INSERT INTO ooni.citizenlab (domain, url, cc, category_code)
SELECT ${SITE}, concat('https://', ${SITE}, '/'), if(number % 5 = 0, 'aa', 'ZZ'),
  concat('CAT', char(65 + number % 26), char(65 + intDiv(number, 26) % 4))
FROM numbers(3000)`;
}

export function madeUpNetworksSql(): string {
  return `INSERT INTO ooni.asnmeta (asn, org_name, changed)
SELECT 1000 + number, concat('Network ', toString(number)), toDate('2026-01-01') FROM numbers(13520)`;
}
