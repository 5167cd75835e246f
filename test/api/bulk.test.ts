/**
 * Data in bulk, and what a single query may take: on the real engine.
 *
 * Covers src/api/routes/data/exportRoute.ts, src/api/routes/data/fileListRoute.ts, src/edge/http/entityTag.ts,
 * src/core/endpoints/bulk/{bulkHint, fileCounts, fileList, rowExport}.ts and src/api/archiveFiles.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ask, startDatabase, startService } from './support.ts';

const clickhouseUrl = await startDatabase(t);
const api = await startService(t, { clickhouseUrl });
const { client } = api;

let serial = 0;
const row = (time: string, change: Record<string, unknown> = {}) => ({
  measurement_uid: `20260711174409.${String(serial++).padStart(6, '0')}_IT_ndt_0123456789abcdef`,
  report_id: 'r',
  input: '',
  probe_cc: 'IT',
  probe_asn: 30722,
  test_name: 'ndt',
  test_start_time: time,
  measurement_start_time: time,
  anomaly: 'f',
  confirmed: 'f',
  msm_failure: 'f',
  scores: '{}',
  ...change,
});
const rows = {
  before: row('2026-07-10 23:59:59'),
  first: row('2026-07-11 00:00:00', { input: 'a "b",\nc' }),
  german: row('2026-07-11 05:00:00', { probe_cc: 'DE', probe_asn: 3320 }),
  scrubbed: row('2026-07-11 06:00:00', { probe_asn: 0 }),
  twice: row('2026-07-11 07:30:00', { test_name: 'dash' }),
  last: row('2026-07-11 23:59:59'),
  after: row('2026-07-12 00:00:00'),
};
await client.insert({ table: 'fastpath', values: Object.values(rows), format: 'JSONEachRow' });
await sleep(3);
await client.insert({
  table: 'fastpath',
  values: [{ ...rows.twice, anomaly: 't' }],
  format: 'JSONEachRow',
});

const EXPORT = `${api.url}/api/v1/export`;
/** As many are downloading as may. */
const BUSY = { status: 503, json: { error: /downloading/ } };
const names = (lines: readonly { measurement_uid: string }[]) =>
  lines.map(
    ({ measurement_uid }) =>
      Object.entries(rows).find(([, each]) => each.measurement_uid === measurement_uid)?.[0],
  );
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { measurement_uid: string; anomaly: string });

t.test('rows of a day', async (t) => {
  const cases: [string, string[]][] = [
    ['day=2026-07-11', ['first', 'german', 'twice', 'last']],
    ['day=2026-07-11&probe_cc=DE,FR', ['german']],
    ['day=2026-07-11&probe_asn=AS3320', ['german']],
    ['day=2026-07-11&test_name=dash', ['twice']],
    ['day=2026-07-11&hour=7', ['twice']],
    ['day=2026-07-11&from=2026-07-11T05:00:00', ['german', 'twice', 'last']],
    ['day=2026-07-11&from=2026-07-10', ['first', 'german', 'twice', 'last']],
    ['day=2026-07-13', []],
  ];
  for (const [query, expected] of cases) {
    const answer = await ask(`${EXPORT}?${query}`);
    t.equal(answer.status, 200, answer.text);
    t.strictSame(names(linesOf(answer.text)), expected, query);
  }
  const { text, headers } = await ask(`${EXPORT}?day=2026-07-11`);
  t.equal(linesOf(text)[2]!.anomaly, 't', 'each once, as it was scored last');
  t.equal(headers.get('content-type'), 'application/x-ndjson');
  t.equal(
    headers.get('content-disposition'),
    'attachment; filename=ooni-measurements-2026-07-11.jsonl',
  );
});

t.test('formats', async (t) => {
  const csv = await ask(`${EXPORT}?day=2026-07-11&hour=0&format=csv`);
  const [head, line] = csv.text.split('\n');
  t.equal(head!.split(',')[0], '"measurement_uid"');
  t.match(line, '"a ""b"",');
  t.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8');
  const parquet = await fetch(`${EXPORT}?day=2026-07-11&format=parquet`);
  const bytes = Buffer.from(await parquet.arrayBuffer());
  t.equal(bytes.subarray(0, 4).toString(), 'PAR1');
  t.equal(bytes.subarray(-4).toString(), 'PAR1');
  const head2 = await ask(`${EXPORT}?day=2026-07-11`, { method: 'HEAD' });
  t.equal(head2.status, 200);
  t.match(head2.headers.get('content-disposition'), /jsonl/);
});

/** Rows of a day with many at the same second, in several parts. */
const RESUMED = '2026-03-05';
const SECONDS = 40;
const PER_SECOND = 7;
const resumed = Array.from({ length: SECONDS * PER_SECOND }, (_, each) =>
  row(`${RESUMED} 00:00:${String(Math.floor(each / PER_SECOND)).padStart(2, '0')}`, {
    report_id: `r${each % 3}`,
    input: `https://x.org/${each}`,
    scores: JSON.stringify({ pad: 'x'.repeat(50), "it's": '"quoted"\n' }),
  }),
);
const wholeLines = (text: string) => linesOf(text.slice(0, text.lastIndexOf('\n') + 1));
const again = (some: readonly object[]) =>
  client.insert({
    table: 'fastpath',
    values: some.map((each) => ({ ...each, anomaly: 't' })),
    format: 'JSONEachRow',
  });

t.test(
  'a download that broke off is gone on with, two at once, while rows are scored again',
  async (t) => {
    await client.command({ query: 'SYSTEM STOP MERGES fastpath' });
    for (let part = 0; part < 3; part++)
      await client.insert({
        table: 'fastpath',
        values: resumed.filter((_, each) => each % 3 === part),
        format: 'JSONEachRow',
      });
    const whole = (await ask(`${EXPORT}?day=${RESUMED}`)).text;
    t.equal(linesOf(whole).length, resumed.length);

    /** As docs/protocol tells clients; the connection is cut after so many characters. */
    const download = async (cutAfter: readonly number[]) => {
      const got = new Map<string, string>();
      let from = '';
      let repeated = 0;
      for (const cut of [...cutAfter, Number.POSITIVE_INFINITY]) {
        const { status, text } = await ask(`${EXPORT}?day=${RESUMED}${from}`);
        t.equal(status, 200, text.slice(0, 200));
        const lines = wholeLines(text.slice(0, cut)) as (ReturnType<typeof linesOf>[number] & {
          measurement_start_time: string;
        })[];
        for (const line of lines) {
          if (got.has(line.measurement_uid)) repeated++;
          else got.set(line.measurement_uid, line.anomaly);
        }
        if (lines.length > 0)
          from = `&from=${encodeURIComponent(lines.at(-1)!.measurement_start_time)}`;
        // Rows before the cut, at it and after it.
        await again(resumed.filter((_, each) => each % 5 === 0));
      }
      return { got, repeated };
    };
    const third = Math.floor(whole.length / 3);
    const both = await Promise.all([
      // In the middle of a line, and of a second.
      download([third, third + 11]),
      download([whole.indexOf('\n') + 1, 3, 2 * third]),
    ]);
    for (const { got, repeated } of both) {
      t.strictSame([...got.keys()].sort(), resumed.map((each) => each.measurement_uid).sort());
      t.ok(repeated < 4 * PER_SECOND, `what comes again is of one second: ${repeated}`);
    }
    const last = linesOf((await ask(`${EXPORT}?day=${RESUMED}`)).text);
    t.equal(last.length, resumed.length, 'each once, scored again or not');
    t.equal(last.filter(({ anomaly }) => anomaly === 't').length, resumed.length / 5);
    await client.command({ query: 'SYSTEM START MERGES fastpath' });
  },
);

t.test('hours are the day, and Parquet has what JSON has', async (t) => {
  const byHour: string[] = [];
  for (const hour of [0, 5, 7, 23])
    byHour.push((await ask(`${EXPORT}?day=2026-07-11&hour=${hour}`)).text);
  t.equal(byHour.join(''), (await ask(`${EXPORT}?day=2026-07-11`)).text);

  const parquet = await fetch(`${EXPORT}?day=${RESUMED}&format=parquet`);
  const bytes = new Uint8Array(await parquet.arrayBuffer());
  const admin = new URL(clickhouseUrl);
  admin.searchParams.set('user', 'default');
  admin.searchParams.set('database', 'ooni');
  const run = async (query: string, body?: Uint8Array<ArrayBuffer>) => {
    admin.searchParams.set('query', query);
    const answer = await fetch(admin, { method: 'POST', ...(body && { body }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  };
  // The engine reads the file into a table like the one that it was made of.
  await run('CREATE TABLE again AS fastpath ENGINE = Memory');
  await run('INSERT INTO again FORMAT Parquet', bytes);
  const columns = 'measurement_uid, measurement_start_time, input, scores, anomaly, probe_asn';
  const of = (table: string) =>
    run(`SELECT ${columns} FROM ${table} WHERE toDate(measurement_start_time) = '${RESUMED}'
      ORDER BY ALL FORMAT JSONEachRow`);
  t.equal(await of('again'), await of('fastpath FINAL'));
  await run('DROP TABLE again');
});

t.test('what is refused names what there is', async (t) => {
  const cases: [string, number, RegExp][] = [
    ['', 400, /one day at a time.*\/api\/v1\/files/],
    ['day=2026-07-11T05:00:00', 400, /one day/],
    ['day=yesterday', 422, /day/],
    ['day=2026-07-11&hour=24', 422, /hour/],
    ['day=2026-07-11&format=xml', 422, /format/],
  ];
  for (const [query, status, text] of cases) {
    const answer = await ask(`${EXPORT}?${query}`);
    t.match(answer, { status, json: { error: text } }, query);
  }
});

t.test('a download that fails in the middle is broken off', async (t) => {
  await client.command({ query: 'RENAME TABLE ooni.fastpath TO ooni.fastpath_real' });
  t.teardown(async () => {
    await client.command({ query: 'DROP TABLE IF EXISTS ooni.fastpath' });
    await client.command({ query: 'RENAME TABLE ooni.fastpath_real TO ooni.fastpath' });
  });
  await client.command({ query: 'CREATE TABLE ooni.fastpath AS ooni.fastpath_real' });
  const many = (count: number) => `INSERT INTO ooni.fastpath (measurement_uid, report_id, probe_asn,
      measurement_start_time, scores)
    SELECT toString(number), 'r', 1, toDateTime('2026-07-11 00:00:00', 'UTC') + intDiv(number, 10), repeat('x', 500)
    FROM numbers(${count})`;
  await client.command({ query: many(200_000) });
  // Reads only what fits a limit that the rows of the whole day break.
  const small = await startService(t, { clickhouseUrl, config: { query_max_rows: 1_000 } });
  const refused = await ask(`${small.url}/api/v1/export?day=2026-07-11`, {
    headers: { Origin: 'https://explorer.ooni.org' },
  });
  t.equal(refused.status, 422, refused.text.slice(0, 300));
  t.match(refused.json, { error: /api\/v1\/export.*api\/v1\/files/ });
  t.equal(refused.headers.get('access-control-allow-origin'), 'https://explorer.ooni.org');
  const search = await ask(`${small.url}/api/v1/aggregation?since=2026-07-01&until=2026-08-01`);
  t.match(search, { status: 422, json: { detail: /narrow the time range/, message: /narrow/ } });

  // Clients that leave: their queries end, and there is room for others, when the server has heard of it.
  const begun = async () => {
    const controller = new AbortController();
    const { signal } = controller;
    for (;;) {
      const answer = await fetch(`${EXPORT}?day=2026-07-11`, { signal });
      if (answer.status === 200) return { controller, answer };
      t.match({ status: answer.status, json: await answer.json() }, BUSY);
      await sleep(50);
    }
  };
  for (let each = 0; each < 5; each++) {
    const open = await Promise.all([begun(), begun()]);
    const third = await ask(`${EXPORT}?day=2026-07-11`);
    t.match(third, BUSY);
    t.equal(third.headers.get('retry-after'), '60');
    for (const { controller } of open) controller.abort();
    for (const { answer } of open) await t.rejects(answer.text());
  }
});

t.test('files of the archive', async (t) => {
  const keys = [
    'raw/20260711/00/DE/ndt/2026071100_DE_ndt.n1.0.jsonl.gz',
    'raw/20260711/00/DE/ndt/2026071100_DE_ndt.n1.0.tar.gz',
    'raw/20260711/00/IT/webconnectivity/2026071100_IT_webconnectivity.n1.0.jsonl.gz',
    'raw/20260711/23/IT/ndt/2026071123_IT_ndt.n2.7.jsonl.gz',
  ];
  const root = api.objects.name.replace('file://', '');
  for (const key of [
    ...keys,
    'raw/20260711/00/IT/ndt/notes.txt',
    keys[0]!.replace('0711', '0712'),
  ]) {
    mkdirSync(dirname(`${root}/${key}`), { recursive: true });
    writeFileSync(`${root}/${key}`, 'x'.repeat(7));
  }
  await client.insert({
    table: 'archive_log',
    values: [{ s3path: keys[0], collector_id: '1', first_leaf: 40, leaves: 3 }],
    format: 'JSONEachRow',
  });
  const files = async (query: string) => {
    const { status, json, text } = await ask(`${api.url}/api/v1/files?${query}`);
    t.equal(status, 200, text);
    return json as { metadata: { next_url: string | null }; files: Record<string, unknown>[] };
  };
  const cases: [string, number[]][] = [
    ['day=2026-07-11', [0, 1, 2, 3]],
    ['day=2026-07-11&hour=23', [3]],
    ['day=2026-07-11&probe_cc=IT', [2, 3]],
    ['day=2026-07-11&probe_cc=IT,DE&test_name=web_connectivity', [2]],
    ['day=2026-07-13', []],
    [`day=2026-07-11&after=${keys[1]}`, [2, 3]],
    [`day=2026-07-11&after=${keys[3]}`, []],
    [`day=2026-07-11&probe_cc=IT&after=${keys[2]}`, [3]],
    // No countries; nor may they lead anywhere.
    ...['..', '../../..', '%00', '/', 'it', 'ITA', '*'].map((cc): [string, number[]] => [
      `day=2026-07-11&probe_cc=${cc}`,
      [],
    ]),
    ['day=2026-07-11&probe_cc=DE,..', [0, 1]],
    ['day=2026-07-11&test_name=%00', []],
    ['day=2026-07-11&after=%00', [0, 1, 2, 3]],
    ['day=2026-07-11&after=raw/../../x', [0, 1, 2, 3]],
    ['day=2026-07-11&after=rawx/..', []],
  ];
  for (const [query, expected] of cases)
    t.strictSame(
      (await files(query)).files.map(({ key }) => keys.indexOf(key as string)),
      expected,
      query,
    );
  t.notMatch(api.lines.join(''), /cannot list/, 'no client can make the archive look broken');
  const all = await files('day=2026-07-11');
  t.match(all.files[0], {
    key: keys[0],
    size: 7,
    measurement_count: 3,
    log: { collector_id: '1', first_leaf: 40 },
  });
  t.match(
    all.files[1],
    { key: keys[1], measurement_count: 3, log: { collector_id: '1', first_leaf: 40 } },
    'the tar beside it, of the same measurements',
  );
  t.match(
    (await files(`day=2026-07-11&after=${keys[0]}`)).files[0],
    { key: keys[1], log: { first_leaf: 40 } },
    'alone on its page too',
  );
  t.equal(all.files[2]!.measurement_count, null, 'of what is in no log');
  t.notOk('log' in all.files[2]!);
  t.equal(all.metadata.next_url, null);
  t.match(await ask(`${api.url}/api/v1/files`), { status: 400, json: { error: /one day/ } });
});

t.test('how much was published, by day, hour, country and test', async (t) => {
  const values = (
    [
      ['20260801/00/DE/ndt/2026080100_DE_ndt.n1.0', 3],
      ['20260801/00/IT/webconnectivity/2026080100_IT_webconnectivity.n1.0', 5],
      ['20260801/00/IT/webconnectivity/2026080100_IT_webconnectivity.n2.0', 7],
      ['20260802/23/IT/ndt/2026080223_IT_ndt.n2.7', 11],
      ['20260803/23/IT/ndt/2026080323_IT_ndt.n2.7', 13],
    ] as const
  ).map(([path, leaves]) => ({
    s3path: `raw/${path}.jsonl.gz`,
    collector_id: '1',
    first_leaf: 0,
    leaves,
  }));
  // What was written again counts once.
  for (const rows of [values, values.slice(0, 2)])
    await client.insert({ table: 'archive_log', values: rows, format: 'JSONEachRow' });
  const range = 'since=2026-08-01&until=2026-08-03';
  const cases: [string, object[]][] = [
    [
      range,
      [
        { day: '2026-08-01', can_count: 3, measurement_count: 15 },
        { day: '2026-08-02', can_count: 1, measurement_count: 11 },
      ],
    ],
    [
      `${range}&by=hour&probe_cc=IT`,
      [
        { hour: '2026-08-01T00', can_count: 2, measurement_count: 12 },
        { hour: '2026-08-02T23', can_count: 1, measurement_count: 11 },
      ],
    ],
    [
      `${range}&by=probe_cc`,
      [
        { probe_cc: 'DE', can_count: 1, measurement_count: 3 },
        { probe_cc: 'IT', can_count: 3, measurement_count: 23 },
      ],
    ],
    [
      `${range}&by=test_name&test_name=web_connectivity`,
      [{ test_name: 'webconnectivity', can_count: 2, measurement_count: 12 }],
    ],
    ['since=2026-08-04&until=2026-08-05', []],
  ];
  for (const [query, result] of cases)
    t.strictSame((await ask(`${api.url}/api/v1/files/counts?${query}`)).json, { result }, query);
  t.equal((await ask(`${api.url}/api/v1/files/counts?by=size`)).status, 422);
});

t.test('statistics that did not change are not sent again', async (t) => {
  const url = `${api.url}/api/_/countries`;
  const first = await ask(url);
  const tag = first.headers.get('etag')!;
  t.match(tag, /^"[\w-]{22}"$/);
  for (const [header, status] of [
    [tag, 304],
    [`W/${tag}`, 304],
    [`"other", ${tag}`, 304],
    ['*', 304],
    ['"other"', 200],
  ] as const) {
    const again = await ask(url, { headers: { 'If-None-Match': header } });
    t.equal(again.status, status, header);
    t.equal(again.headers.get('cache-control'), first.headers.get('cache-control'), header);
    t.equal(again.headers.get('etag'), tag, header);
    t.equal(again.text === '', status === 304, header);
  }
  t.equal(
    (await ask(`${api.url}/api/v1/aggregation`)).headers.get('etag'),
    null,
    'has a time in it',
  );
});
