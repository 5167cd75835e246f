/**
 * Places of senders against the real engine, by way of HTTP and behind a proxy. Covers
 * src/api/placeMismatches.ts, src/core/sql/migrations/0009_faulty_measurements.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeMetrics } from '../../src/api/apiMetrics.ts';
import { watchPlaces } from '../../src/api/placeMismatches.ts';
import type { ClickHouseClient } from '../../src/edge/clickhouse/clickhouseClient.ts';
import { makeLog } from '../../src/log/log.ts';
import { mmdb, place } from '../support/mmdb.ts';
import { CONTENT, post, startDatabase, startService } from './support.ts';

t.test('each difference is recorded once, and no address', async (t) => {
  const sources_dir = join(t.testdir(), 'sources');
  mkdirSync(sources_dir);
  writeFileSync(
    join(sources_dir, 'geoip.mmdb'),
    mmdb([
      { network: '198.51.100.1/32', record: place('IT', 30722, 'same') },
      { network: '198.51.100.2/32', record: place('US', 30722, 'another country') },
      { network: '198.51.100.3/32', record: place('IT', 65551, 'another network') },
      { network: '198.51.100.4/32', record: place('US', 65551, 'both') },
    ]),
  );
  const api = await startService(t, {
    clickhouseUrl: await startDatabase(t),
    config: { sources_dir },
  });
  const uids: string[] = [];
  let serial = 0;
  for (const last of [1, 2, 3, 4, 5]) {
    const content = JSON.stringify({ ...CONTENT, serial: serial++ });
    for (const _twice of [1, 2]) {
      const answer = await post(
        `${api.url}/api/v1/submit_measurement`,
        { format: 'json', content },
        { 'x-forwarded-for': `198.51.100.4, 198.51.100.${last}` },
      );
      uids.push(answer.json.measurement_uid);
    }
  }
  const report = (await post(`${api.url}/report`, CONTENT)).json.report_id;
  const legacy = await post(
    `${api.url}/report/${report}`,
    { format: 'json', content: { ...CONTENT, annotations: { platform: 'android' } } },
    { 'x-forwarded-for': '198.51.100.2' },
  );
  // The same from elsewhere: stored once, and a difference all the same.
  const first = { format: 'json', content: JSON.stringify({ ...CONTENT, serial: 0 }) };
  const repeated = await post(`${api.url}/api/v1/submit_measurement`, first, {
    'x-forwarded-for': '198.51.100.3',
  });
  t.equal(repeated.json.measurement_uid, uids[0]);
  const metrics = await api.service.metrics.registry.metrics();
  for (const [outcome, count] of [
    ['match', 1],
    ['cc', 3],
    ['asn', 3],
    ['unknown', 1],
  ])
    t.match(metrics, `ooni_api_probe_places_total{outcome="${outcome}"} ${count}`);

  await api.service.close();
  const result = await api.client.query({
    query:
      'SELECT type, uid, probe_cc, probe_asn, details FROM faulty_measurements ORDER BY ts, uid',
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ uid: string; probe_cc: string; details: string }>();
  t.strictSame(
    rows.map(({ uid }) => uid).sort(),
    [uids[0], uids[2], uids[4], uids[6], legacy.json.measurement_uid].sort(),
  );
  const last = rows.find(({ uid }) => uid === legacy.json.measurement_uid)!;
  t.match(last, { type: 'geoip', probe_cc: 'US', probe_asn: 30722 });
  t.match(JSON.parse(last.details), {
    submission_cc: 'IT',
    submission_asn: 30722,
    measurement_uid: last.uid,
    software_name: 'ooniprobe-cli',
    software_version: '3.29.1',
    platform: 'android',
  });
  t.notMatch(JSON.stringify(rows), /198\.51\.100/);
  t.notMatch(api.lines.join('\n'), /198\.51\.100/);
});

t.test('a database that is away costs rows, within a bound, and one line', async (t) => {
  const metrics = makeMetrics();
  const lines: string[] = [];
  const places = watchPlaces({
    locate: () => ({ cc: 'US', asn: 1, networkName: null }),
    client: {
      exec: () => Promise.reject(new Error('away')),
    } as unknown as ClickHouseClient,
    metrics,
    log: makeLog({ level: 'debug', journald: false, write: (line) => lines.push(line) }),
    nowMs: () => 0,
    writeEveryMs: 1_000_000,
  });
  const claimed = {
    probeCc: 'IT',
    asn: 1,
    softwareName: '',
    softwareVersion: '',
    platform: '',
  };
  for (let n = 0; n < 2_500; n++) places.record(`uid${n}`, claimed, '198.51.100.9');
  await places.close();
  t.match(await metrics.registry.metrics(), 'ooni_api_place_mismatches_dropped_total 2500');
  t.equal(lines.length, 1);
  t.match(lines[0], /not recorded; measurements are/);
});
