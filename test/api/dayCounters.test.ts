/**
 * Aggregations from counts by day are those of the rows, each measurement once as it was scored last: through
 * random inserts, repetitions, measurements that are scored again or move to another network, deletions,
 * merges, and days that were counted before, since or never. On the real engine.
 *
 * Covers src/edge/clickhouse/dayCounters.ts, src/core/sql/dayCounters.ts,
 * src/core/endpoints/aggregation/aggregationSql.ts and
 * src/core/sql/migrations/{0008_day_counters, 0010_counted_measurements}.ts.
 */
import t, { type Test } from 'tap';
import { type NotedDay, notedDaysQuery } from '../../src/core/sql/dayCounters.ts';
import { countDays } from '../../src/edge/clickhouse/dayCounters.ts';
import { connectTo } from '../support/clickhouseClient.ts';
import { randomChoices } from '../support/random.ts';
import { ask, startDatabase, startService } from './support.ts';

const clickhouseUrl = await startDatabase(t);
/** Counts that do not hold any more are too old to be shown. */
const LATER_MS = 7 * 86_400_000;
const strict = await startService(t, { clickhouseUrl, nowMs: () => Date.now() + LATER_MS });
const lenient = await startService(t, { clickhouseUrl });
const admin = connectTo(t, clickhouseUrl, 'ooni', {
  username: 'default',
  requestTimeoutMs: 60_000,
});

const { below: random, pick } = randomChoices(Number(process.env.SEED ?? 20260713));

const FLAG = ['t', 'f', 'f'];
const scored = () => ({ anomaly: pick(FLAG), confirmed: pick(FLAG), msm_failure: pick(FLAG) });
interface Row {
  readonly measurement_uid: string;
  readonly [column: string]: unknown;
}
const rows: Row[] = [];
function measurement(): Row {
  const serial = String(rows.length).padStart(6, '0');
  const row = {
    measurement_uid: `20231230101503.${serial}_IT_webconnectivity_0123456789abcdef`,
    report_id: `r${random(3)}`,
    input: pick(['', 'https://a.org/', 'https://b.org/']),
    // Days of two years.
    measurement_start_time: `${pick(['2023-12-30', '2023-12-31', '2024-01-01', '2024-01-02'])} ${pick(['00:00:00', '12:30:01', '23:59:59'])}`,
    probe_cc: pick(['IT', 'DE']),
    probe_asn: pick([1, 2]),
    test_name: pick(['web_connectivity', 'ndt']),
    domain: pick(['a.org', 'b.org', '']),
    ...scored(),
  };
  rows.push(row);
  return row;
}
const insert = (values: readonly Row[]) =>
  admin.insert({ table: 'fastpath', values, format: 'JSONEachRow' });
const some = (): Row[] => Array.from({ length: 1 + random(5) }, () => pick(rows));
const scrub = (row: Row): Row => ({ ...row, probe_asn: 0, domain: pick(['a.org', 'c.org']) });

/** What may happen to the table; each is tried many times, in random order. */
const STEPS: Readonly<Record<string, () => Promise<unknown>>> = {
  inserted: () => insert(Array.from({ length: 1 + random(20) }, measurement)),
  'the same again': () => insert(some()),
  'scored again': () => insert(some().map((row) => ({ ...row, ...scored() }))),
  moved: () => insert(some().map(scrub)),
  'rows deleted': () =>
    admin.command({
      query: `ALTER TABLE fastpath DELETE WHERE measurement_uid IN (${some()
        .map(({ measurement_uid }) => `'${measurement_uid}'`)
        .join(', ')}) SETTINGS mutations_sync = 1`,
    }),
  'a day deleted': () =>
    admin.command({
      query: `ALTER TABLE fastpath DELETE WHERE toDate(measurement_start_time) = '2024-01-02' SETTINGS mutations_sync = 1`,
    }),
  'values changed in place': () =>
    admin.command({
      query: `ALTER TABLE fastpath UPDATE probe_asn = 0 WHERE measurement_uid = '${pick(rows).measurement_uid}' SETTINGS mutations_sync = 1`,
    }),
  merged: () => admin.command({ query: 'OPTIMIZE TABLE fastpath FINAL' }),
  'counters merged': () => admin.command({ query: 'OPTIMIZE TABLE network_days FINAL' }),
  counted,
  'counted and counted': async () => {
    await counted();
    await counted();
  },
};
/** Each count is of a time of its own, and every changed day is due. */
let clockMs = Date.now() - LATER_MS;
async function counted(): Promise<number> {
  clockMs += 3_600_000;
  return countDays(admin, () => clockMs, 60_000);
}

const RANGE = 'since=2023-12-30&until=2024-01-03';
const QUERIES: readonly (readonly [query: string, by: string, where: string])[] = [
  [RANGE, '', 'true'],
  [
    `${RANGE}&axis_x=measurement_start_day&time_grain=day`,
    'toString(toDate(measurement_start_time))',
    'true',
  ],
  [
    `${RANGE}&axis_x=measurement_start_day&time_grain=day&probe_asn=AS1`,
    'toString(toDate(measurement_start_time))',
    'probe_asn = 1',
  ],
  [`${RANGE}&axis_x=probe_cc&axis_y=probe_asn`, 'probe_cc, probe_asn', 'true'],
  [`${RANGE}&axis_x=domain&probe_cc=IT`, 'domain', `probe_cc = 'IT'`],
  [`${RANGE}&axis_x=test_name&domain=a.org`, 'test_name', `domain = 'a.org'`],
  [
    'since=2023-12-30T12:30:01&until=2024-01-02T23:59:59&axis_x=probe_cc',
    'probe_cc',
    `measurement_start_time >= '2023-12-30 12:30:01' AND measurement_start_time < '2024-01-02 23:59:59'`,
  ],
  // No counter is by these: the rows are read.
  [`${RANGE}&axis_x=domain&probe_asn=AS1`, 'domain', 'probe_asn = 1'],
  [`${RANGE}&axis_x=test_name&input=https://a.org/`, 'test_name', `input = 'https://a.org/'`],
  [`${RANGE}&domain=b.org&probe_asn=AS2`, '', `probe_asn = 2 AND domain = 'b.org'`],
  [
    'since=2023-12-30T12:30:01&until=2024-01-02T12:30:01&axis_x=probe_asn&domain=a.org',
    'probe_asn',
    `domain = 'a.org' AND measurement_start_time >= '2023-12-30 12:30:01' AND measurement_start_time < '2024-01-02 12:30:01'`,
  ],
];

async function byHand(by: string, where: string): Promise<string[]> {
  const columns = by === '' ? [] : by.split(', ');
  const answer = await admin.query({
    query: `SELECT ${[...columns.map((column, index) => `${column} AS k${index}`), ''].join(', ')}
      countIf(msm_failure = 't') AS f, countIf(msm_failure = 'f' AND confirmed = 't') AS c,
      countIf(msm_failure = 'f' AND confirmed = 'f' AND anomaly = 't') AS a, count() AS n
      FROM fastpath FINAL WHERE ${where} ${by === '' ? '' : `GROUP BY ${columns.map((_, index) => `k${index}`).join(', ')}`}`,
    format: 'JSONCompactEachRow',
  });
  return (await answer.json<unknown[]>()).map((values) => values.join(' ')).sort();
}

async function answered(url: string, query: string): Promise<string[]> {
  const { status, json, text } = await ask(`${url}/api/v1/aggregation?${query}`);
  if (status !== 200) throw new Error(`${status}: ${text}`);
  const results = (json.dimension_count === 0 ? [json.result] : json.result) as Record<
    string,
    unknown
  >[];
  return results
    .map(
      ({ failure_count, confirmed_count, anomaly_count, measurement_count, ok_count, ...axes }) => {
        const sum =
          Number(failure_count) +
          Number(confirmed_count) +
          Number(anomaly_count) +
          Number(ok_count);
        t.equal(sum, measurement_count);
        const names = ['measurement_start_day', 'probe_cc', 'domain', 'test_name', 'probe_asn'];
        const keys = names.filter((name) => name in axes).map((name) => axes[name]);
        return [...keys, failure_count, confirmed_count, anomaly_count, measurement_count].join(
          ' ',
        );
      },
    )
    .sort();
}

async function compare(t: Test, name: string): Promise<void> {
  for (const [query, by, where] of QUERIES)
    t.strictSame(await answered(strict.url, query), await byHand(by, where), `${name}: ${query}`);
}

t.test('through anything that happens', async (t) => {
  await admin.command({ query: 'SYSTEM STOP MERGES fastpath' });
  await insert(Array.from({ length: 60 }, measurement));
  await compare(t, 'nothing counted yet');
  await counted();
  await compare(t, 'counted');
  const names = Object.keys(STEPS);
  const past: string[] = [];
  for (let step = 0; step < 22; step++) {
    // Each at least once.
    const name = names[step] ?? pick(names);
    past.push(name);
    await admin.command({ query: 'SYSTEM START MERGES fastpath' });
    await STEPS[name]!();
    await compare(t, past.slice(-4).join(', '));
  }
});

t.test('counts are used', async (t) => {
  await counted();
  t.equal(await counted(), 0, 'what did not change is not counted again');
  // What is in no row can only come from the counters.
  await admin.command({
    query: `INSERT INTO network_days (probe_asn, day, probe_cc, test_name, ok_count, measurement_count, version)
      VALUES (7, '2024-01-01', 'XX', 'ndt', 5, 5, 1)`,
  });
  t.strictSame(await answered(strict.url, `${RANGE}&axis_x=probe_cc&probe_asn=7`), ['XX 0 0 0 5']);
});

t.test(
  'days are noted that have a measurement twice, or have changed, and no others',
  async (t) => {
    const noted = async () => {
      const { sql, values } = notedDaysQuery('2023-12-30', '2024-01-03');
      const answer = await admin.query({ query: sql, query_params: values, format: 'JSONEachRow' });
      return (await answer.json<NotedDay>()).map(({ day, changed }) => ({ day, changed }));
    };
    const row = { ...measurement(), measurement_start_time: '2024-01-01 12:30:01', anomaly: 't' };
    await admin.command({ query: 'OPTIMIZE TABLE fastpath FINAL' });
    await counted();
    await insert([row]);
    t.strictSame(await noted(), [{ day: '2024-01-01', changed: 1 }]);
    await counted();
    t.strictSame(await noted(), [], 'each measurement has one row');
    await admin.command({ query: 'SYSTEM STOP MERGES fastpath' });
    await insert([{ ...row, anomaly: 'f' }]);
    await counted();
    t.strictSame(await noted(), [{ day: '2024-01-01', changed: 0 }], 'one has two');
    await admin.command({ query: 'SYSTEM START MERGES fastpath' });
    await admin.command({ query: 'OPTIMIZE TABLE fastpath FINAL' });
    await counted();
    t.strictSame(await noted(), []);
  },
);

t.test('counts that are minutes old are shown, older ones are not', async (t) => {
  clockMs = Date.now() - 3_600_000;
  await counted();
  const before = await answered(lenient.url, RANGE);
  await insert([measurement()]);
  t.strictSame(await answered(lenient.url, RANGE), before);
  t.notSame(await answered(strict.url, RANGE), before);
});
