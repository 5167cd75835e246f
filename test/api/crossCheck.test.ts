/**
 * The same question asked in different ways has one answer: statistics, aggregations and pages of a search count a measurement once, as it was
 * scored last, through random inserts, repetitions, new scores, deletions, merges and counting; at borders of days and months. On the real engine.
 *
 * Covers src/core/endpoints/explorer/{allTime, wholeDays}.ts, src/core/endpoints/aggregation/countsQuery.ts,
 * src/core/sql/lastVersions.ts.
 */
import t, { type Test } from 'tap';
import { countDays } from '../../src/edge/clickhouse/dayCounters.ts';
import { connectTo } from '../support/clickhouseClient.ts';
import { randomChoices } from '../support/random.ts';
import { ask, startDatabase, startService } from './support.ts';

const TODAY = '2026-07-15';
const clickhouseUrl = await startDatabase(t);
const NOW_MS = Date.parse(`${TODAY}T12:00:00Z`);
const { url } = await startService(t, { clickhouseUrl, nowMs: () => NOW_MS });
const admin = connectTo(t, clickhouseUrl, 'ooni', {
  username: 'default',
  requestTimeoutMs: 60_000,
});
const { below: random, pick } = randomChoices(Number(process.env.SEED ?? 20261127));

const FLAG = ['t', 'f', 'f'];
const TESTS = ['web_connectivity', 'signal', 'telegram', 'vanilla_tor', 'tor'];
const DAYS = [
  '2012-11-30',
  '2024-07-01',
  '2024-07-31',
  '2026-01-15',
  '2026-01-16',
  '2026-06-13',
  '2026-06-14',
  '2026-06-30',
  '2026-07-01',
  '2026-07-13',
  '2026-07-14',
  TODAY,
];
const INPUTS = ['https://a.org/', 'https://a.org', 'https://bücher.example/é?q=1', 'a,b'];
const scored = () => ({ anomaly: pick(FLAG), confirmed: pick(FLAG), msm_failure: pick(FLAG) });
interface Row {
  readonly measurement_uid: string;
  readonly measurement_start_time: string;
  readonly [column: string]: unknown;
}
const rows: Row[] = [];
function measurement(): Row {
  const serial = String(rows.length).padStart(6, '0');
  const test = pick(TESTS);
  const row = {
    measurement_uid: `20260711174409.${serial}_IT_ndt_0123456789abcdef`,
    report_id: `r${random(3)}`,
    input: test === 'web_connectivity' ? pick(INPUTS) : '',
    measurement_start_time: `${pick(DAYS)} ${pick(['00:00:00', '00:00:01', '11:59:59', '23:59:59'])}`,
    probe_cc: pick(['IT', 'DE', 'ZZ']),
    probe_asn: pick([0, 1, 2, 4_294_967_295]),
    test_name: test,
    domain: test === 'web_connectivity' ? pick(['a.org', 'bücher.example', 'a,b', '']) : '',
    scores: pick(['{}', '{"extra":{"test_runtime":4.5}}']),
    ...scored(),
  };
  rows.push(row);
  return row;
}
const insert = (values: readonly Row[]) =>
  admin.insert({ table: 'fastpath', values, format: 'JSONEachRow' });
const some = (): Row[] => Array.from({ length: 1 + random(8) }, () => pick(rows));

/** Hours ago: counts that do not hold any more are too old to be shown. Each time whatever has changed is due. */
let countedMs = NOW_MS - 11 * 3_600_000;
async function counted(): Promise<void> {
  do countedMs += 900_000;
  while ((await countDays(admin, () => countedMs, 60_000)) > 0);
}

const STEPS: Readonly<Record<string, () => Promise<unknown>>> = {
  inserted: () => insert(Array.from({ length: 1 + random(30) }, measurement)),
  'scored again': () => insert(some().map((row) => ({ ...row, ...scored() }))),
  counted,
  'scored again after it was counted': () => insert(some().map((row) => ({ ...row, ...scored() }))),
  deleted: () =>
    admin.command({
      query: `ALTER TABLE fastpath DELETE WHERE measurement_uid IN (${some()
        .map(({ measurement_uid }) => `'${measurement_uid}'`)
        .join(', ')}) SETTINGS mutations_sync = 1`,
    }),
  'counted after that': counted,
  'the same again': () => insert(some().map((row) => ({ ...row, ...scored() }))),
  merged: () => admin.command({ query: 'OPTIMIZE TABLE fastpath FINAL' }),
  'counted when merged': counted,
  'a part more': () => insert([...some(), measurement()]),
};

type Counts = Readonly<Record<string, unknown>>;
const get = async (path: string) => {
  const answer = await ask(`${url}${path}`);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.json;
};

/** What is counted by hand: groups with their counts, sorted. */
async function byHand(keys: string, count: string, where: string): Promise<string[]> {
  const answer = await admin.query({
    query: `SELECT ${keys}, ${count} FROM fastpath FINAL WHERE ${where} GROUP BY ${keys}`,
    format: 'JSONCompactEachRow',
  });
  return (await answer.json<unknown[]>()).map((values) => values.join(' ')).sort();
}
const lines = (results: readonly Counts[], ...names: string[]) =>
  results.map((row) => names.map((name) => String(row[name])).join(' ')).sort();

const DAY31 = `toDate(measurement_start_time) BETWEEN '2026-06-14' AND '2026-07-14'`;
const DAY = 'toString(toDate(measurement_start_time))';
const PLAIN = `countIf(anomaly = 't'), countIf(confirmed = 't'), countIf(msm_failure = 't'), count()`;
const PLAIN_NAMES = ['anomaly_count', 'confirmed_count', 'failure_count', 'total_count'];

/** Each statistic, and the same by hand. */
const STATISTICS: readonly (readonly [
  name: string,
  answered: () => Promise<string[]>,
  expected: () => Promise<string[]>,
])[] = [
  [
    'global_overview',
    async () =>
      lines(
        [await get('/api/_/global_overview')],
        'country_count',
        'measurement_count',
        'network_count',
      ),
    () =>
      byHand(`'' AS k`, 'uniqExact(probe_cc), count(), uniqExact(probe_asn)', 'true').then(trimmed),
  ],
  [
    'countries',
    async () => lines((await get('/api/_/countries')).countries as Counts[], 'alpha_2', 'count'),
    () => byHand('probe_cc', 'count()', `probe_cc != 'ZZ'`),
  ],
  [
    'networks',
    async () => lines((await get('/api/_/networks')).results as Counts[], 'probe_asn', 'cnt'),
    () => byHand('probe_asn', 'count()', 'probe_asn != 0'),
  ],
  [
    'domains',
    async () =>
      lines((await get('/api/_/domains')).results as Counts[], 'domain_name', 'measurement_count'),
    () => byHand('domain', 'count()', `test_name = 'web_connectivity' AND domain LIKE '%.%'`),
  ],
  [
    'country_overview',
    async () =>
      lines(
        [await get('/api/_/country_overview?probe_cc=IT')],
        'first_bucket_date',
        'measurement_count',
        'network_count',
      ),
    () =>
      byHand(
        'probe_cc',
        'toDate(min(measurement_start_time)), count(), uniqExact(probe_asn)',
        `probe_cc = 'IT' AND measurement_start_time >= '2012-12-01'`,
      ).then((found) => found.map((line) => line.slice('IT '.length))),
  ],
  [
    'global_overview_by_month',
    async () => {
      const all = await get('/api/_/global_overview_by_month');
      return ['countries', 'networks', 'measurements']
        .flatMap((name) =>
          (all[`${name}_by_month`] as { date: string; value: number }[]).map(
            ({ date, value }) => `${date.slice(0, 7)} ${name} ${value}`,
          ),
        )
        .sort();
    },
    async () => {
      const of = (name: string, count: string) =>
        byHand(
          `formatDateTime(measurement_start_time, '%Y-%m') AS month`,
          `'${name}', ${count}`,
          `measurement_start_time > '2024-07-01 00:00:00'`,
        );
      return [
        ...(await of('countries', 'uniqExact(probe_cc)')),
        ...(await of('networks', 'uniqExact(probe_asn)')),
        ...(await of('measurements', 'count()')),
      ].sort();
    },
  ],
  [
    'website_networks',
    async () =>
      lines(
        (await get('/api/_/website_networks?probe_cc=IT')).results as Counts[],
        'probe_asn',
        'count',
      ),
    () => byHand('probe_asn', 'count()', `probe_cc = 'IT' AND ${DAY31}`),
  ],
  [
    'website_urls',
    async () =>
      lines(
        (await get('/api/_/website_urls?probe_cc=IT&probe_asn=1')).results as Counts[],
        'input',
        ...PLAIN_NAMES,
      ),
    () =>
      byHand(
        'input',
        PLAIN,
        `test_name = 'web_connectivity' AND probe_cc = 'IT' AND probe_asn = 1 AND ${DAY31}`,
      ),
  ],
  [
    'website_stats',
    async () =>
      lines(
        (await get('/api/_/website_stats?probe_cc=IT&probe_asn=1&input=https://a.org/'))
          .results as Counts[],
        'test_day',
        ...PLAIN_NAMES,
      ),
    () =>
      byHand(
        `${DAY} AS day`,
        PLAIN,
        `input LIKE 'https://a.org%' AND probe_cc = 'IT' AND probe_asn = 1 AND ${DAY31}`,
      ),
  ],
  [
    'im_networks',
    async () =>
      Object.entries(await get('/api/_/im_networks?probe_cc=DE'))
        .flatMap(([test, value]) =>
          lines(
            (value as { ok_networks: Counts[] }).ok_networks,
            'asn',
            'total_count',
            'last_tested',
          ).map((line) => `${test} ${line}`),
        )
        .sort(),
    () =>
      byHand(
        'test_name, probe_asn',
        'count(), toDate(max(measurement_start_time))',
        `test_name IN ('signal', 'telegram') AND probe_cc = 'DE' AND ${DAY31}`,
      ),
  ],
  [
    'test_coverage',
    async () => {
      const { network_coverage, test_coverage } = (await get(
        '/api/_/test_coverage?probe_cc=IT',
      )) as Record<string, Counts[]>;
      const some = (all: Counts[]) => all.filter(({ count }) => count !== 0);
      return [
        ...lines(some(network_coverage!), 'test_day', 'count'),
        ...lines(
          some(test_coverage!).filter(({ test_group }) => test_group === 'im'),
          'test_day',
          'count',
        ),
      ].sort();
    },
    async () =>
      [
        ...(await byHand(
          `${DAY} AS day`,
          'uniqExact(probe_asn)',
          `probe_cc = 'IT' AND toDate(measurement_start_time) BETWEEN '2026-06-14' AND '2026-07-13'`,
        )),
        ...(await byHand(
          `${DAY} AS day`,
          'count()',
          `test_name IN ('signal', 'telegram') AND probe_cc = 'IT' AND toDate(measurement_start_time) BETWEEN '2026-06-13' AND '2026-07-12'`,
        )),
      ].sort(),
  ],
  [
    'vanilla_tor_stats',
    async () =>
      lines(
        (await get('/api/_/vanilla_tor_stats?probe_cc=DE')).networks as Counts[],
        'probe_asn',
        'failure_count',
        'success_count',
        'total_count',
        'last_tested',
      ),
    () =>
      byHand(
        'probe_asn',
        `countIf(msm_failure = 't'), countIf(anomaly != 't'), count(), toDate(max(measurement_start_time))`,
        `test_name = 'vanilla_tor' AND probe_cc = 'DE' AND measurement_start_time > '2026-01-15 00:00:00'`,
      ),
  ],
  [
    'circumvention_stats_by_country',
    async () =>
      lines(
        (await get('/api/_/circumvention_stats_by_country')).results as Counts[],
        'probe_cc',
        'cnt',
      ),
    () =>
      byHand(
        'probe_cc',
        'count()',
        `test_name = 'tor' AND measurement_start_time > '2026-01-15 00:00:00' AND measurement_start_time < '2026-07-14 00:00:00'`,
      ),
  ],
  [
    'circumvention_runtime_stats',
    async () =>
      (
        (await get('/api/_/circumvention_runtime_stats')).results as {
          probe_cc: string;
          date: string;
          v: number[];
        }[]
      )
        .filter(({ v }) => v.length > 0)
        .map(({ probe_cc, date, v }) => `${probe_cc} ${date} ${v[2]}`)
        .sort(),
    () =>
      byHand(
        `probe_cc, ${DAY} AS day`,
        'count()',
        `test_name = 'tor' AND scores != '{}' AND measurement_start_time > '2026-01-15 00:00:00' AND measurement_start_time < '2026-07-14 00:00:00'`,
      ),
  ],
];
const trimmed = (found: string[]) => found.map((line) => line.trim());

const RANGE = 'since=2026-06-13T23:59:59&until=2026-07-14T23:59:59';
const FILTERS = [
  '',
  '&probe_cc=IT,DE',
  '&probe_asn=AS1',
  '&probe_asn=4294967295',
  '&test_name=signal,tor',
  `&input=${encodeURIComponent('https://bücher.example/é?q=1')}`,
  `&domain=${encodeURIComponent('bücher.example')}`,
  '&domain=a.org&probe_cc=DE',
  '&probe_cc=ZZ&probe_asn=AS0',
];

/** All results of a search, page by page as a client follows `next_url`. */
async function searched(filter: string): Promise<Counts[]> {
  const found: Counts[] = [];
  let next: string | null = `/api/v1/measurements?${RANGE}${filter}&limit=19`;
  while (next !== null) {
    const page = await get(next);
    found.push(...(page.results as Counts[]));
    const { next_url } = page.metadata as { readonly next_url: string | null };
    next = next_url?.slice(new URL(next_url).origin.length) ?? null;
  }
  return found;
}

/** The search leaves out what has no country or network, and has its bounds the other way round. */
async function pagesAndCounts(t: Test, name: string): Promise<void> {
  for (const filter of FILTERS) {
    const found = await searched(filter);
    t.equal(
      new Set(found.map((row) => row.measurement_uid)).size,
      found.length,
      `${name}: ${filter}`,
    );
    const countries = filter.includes('probe_cc') ? '' : '&probe_cc=IT,DE';
    const networks = filter.includes('probe_asn') ? '' : '&probe_asn=1,2,4294967295';
    const { result } = await get(
      `/api/v1/aggregation?since=2026-06-14&until=2026-07-15${filter}${countries}${networks}`,
    );
    const is = (row: Counts, flag: string) => row[flag] === true;
    t.strictSame(
      {
        measurement_count: found.length,
        failure_count: found.filter((row) => is(row, 'failure')).length,
        confirmed_count: found.filter((row) => is(row, 'confirmed') && !is(row, 'failure')).length,
      },
      {
        measurement_count: (result as Counts).measurement_count,
        failure_count: (result as Counts).failure_count,
        confirmed_count: (result as Counts).confirmed_count,
      },
      `${name}: ${filter}`,
    );
    for (const flag of ['anomaly', 'confirmed', 'failure'])
      for (const value of [true, false])
        t.strictSame(
          (await searched(`${filter}&${flag}=${value}`)).map((row) => row.measurement_uid),
          found.filter((row) => row[flag] === value).map((row) => row.measurement_uid),
          `${name}: ${filter} ${flag}=${value}`,
        );
  }
}

async function compare(t: Test, name: string): Promise<void> {
  for (const [statistic, answered, expected] of STATISTICS)
    t.strictSame(await answered(), await expected(), `${name}: ${statistic}`);
}

t.test('through anything that happens', async (t) => {
  await admin.insert({
    table: 'citizenlab',
    format: 'JSONEachRow',
    values: ['a.org', 'bücher.example'].map((domain) => ({
      domain,
      url: `https://${domain}/`,
      cc: 'ZZ',
      category_code: 'NEWS',
    })),
  });
  await admin.command({ query: 'SYSTEM STOP MERGES fastpath' });
  await insert(Array.from({ length: 250 }, measurement));
  await compare(t, 'nothing counted yet');
  const past: string[] = [];
  for (const [name, step] of Object.entries(STEPS)) {
    past.push(name);
    await admin.command({
      query: `SYSTEM ${['deleted', 'merged'].includes(name) ? 'START' : 'STOP'} MERGES fastpath`,
    });
    await step();
    await compare(t, past.slice(-4).join(', '));
    if (['scored again after it was counted', 'a part more'].includes(name))
      await pagesAndCounts(t, name);
  }
});
