/**
 * measurement_meta, raw_measurement and measurement/{uid} against the real engine, with bodies in the
 * spool, on another host, and in the archive (protocol, data 4.2 to 4.4, 4.6, 8.3).
 *
 * Covers src/api/bodies/{archive, hosts, lookup, texts}.ts, src/api/routes/data/bodyRoutes.ts.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { removeOldCopies } from '../../src/api/bodies/cache.ts';
import { parseMeasurementUid } from '../../src/core/measurement/measurementUid.ts';
import { incomingPath } from '../../src/core/measurement/spoolPaths.ts';
import type { ObjectStore } from '../../src/edge/objects/store.ts';
import { ask, CONTENT, post, startDatabase, startService } from './support.ts';

const clickhouseUrl = await startDatabase(t);
/** What was asked of the archive. */
const asked: string[] = [];
const counting = (store: ObjectStore): ObjectStore => ({
  ...store,
  read: (key) => {
    asked.push(`read ${key}`);
    return store.read(key);
  },
  readRange: (key, start, length) => {
    asked.push(`range ${key} ${start}+${length}`);
    return store.readRange(key, start, length);
  },
});
const api = await startService(t, { clickhouseUrl, objects: counting });
const { client } = api;

const META = `${api.url}/api/v1/measurement_meta`;
const RAW = `${api.url}/api/v1/raw_measurement`;
const BY_UID = `${api.url}/api/v1/measurement`;
const get = (url: string, query: Record<string, string> = {}) =>
  ask(`${url}?${new URLSearchParams(query)}`);

let serial = 0;
interface Measurement {
  readonly uid: string;
  readonly reportId: string;
  readonly input: string;
  /** The body as it must come back. */
  readonly line: string;
  readonly row: Record<string, unknown>;
}

/** A measurement received so many milliseconds ago. */
function measurement(agoMs = 0, change: Record<string, unknown> = {}): Measurement {
  const id = String(serial++).padStart(6, '0');
  const time = new Date(Date.now() - agoMs).toISOString().slice(0, 19);
  const uid = `${time.replace(/[-T:]/g, '')}.${id}_IT_webconnectivity_0123456789abcdef`;
  const reportId = `20260821T101502Z_webconnectivity_IT_30722_n1_${id.padStart(16, 'r')}`;
  const input = (change.input as string | undefined) ?? `https://site${id}.example.org/`;
  // Literals that a re-serialisation would change.
  const line = `{"report_id":"${reportId}","input":${JSON.stringify(input)},"n":1.0,"big":12345678901234567890,"e":"\\u00e9é"}`;
  const row = {
    measurement_uid: uid,
    report_id: reportId,
    input,
    domain: 'example.org',
    probe_cc: 'IT',
    probe_asn: 30722,
    test_name: 'web_connectivity',
    test_start_time: '2026-08-21 10:14:58',
    measurement_start_time: '2026-08-21 10:15:03',
    scores: '{"blocking_general":1.0}',
    anomaly: 't',
    confirmed: 'f',
    msm_failure: 'f',
    ...change,
  };
  return { uid, reportId, input, line, row };
}
const envelope = ({ line }: Measurement) =>
  Buffer.from(
    `{ "format":"json", "content": ${line.replace('"n":1.0', '"n" : 1.0')} , "is_verified":"u"}`,
  );
const insertRow = (...measurements: Measurement[]) =>
  client.insert({
    table: 'fastpath',
    values: measurements.map(({ row }) => row),
    format: 'JSONEachRow',
  });
const putInSpool = (m: Measurement, dir = api.spoolDir) => {
  const file = join(dir, incomingPath(parseMeasurementUid(m.uid)!));
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, envelope(m));
  return file;
};
/** Puts measurements into the archive, as today's uploader does it or an older one did. */
async function putInArchive(
  key: string,
  members: readonly (readonly Measurement[])[],
  index: 'members' | 'lines' | 'lines without uid' = 'members',
): Promise<void> {
  const zipped = members.map((member) => gzipSync(member.map(({ line }) => `${line}\n`).join('')));
  await api.objects.putBytes(key, Buffer.concat(zipped), 'application/gzip');
  let offset = 0;
  let linenum = 0;
  const rows = members.flatMap((member, number) => {
    const length = zipped[number]!.length;
    const start = offset;
    offset += length;
    return member.map((m, line) => ({
      report_id: m.reportId,
      input: m.input,
      s3path: key,
      linenum: linenum++,
      measurement_uid: index === 'lines without uid' ? '' : m.uid,
      ...(index === 'members'
        ? { member_offset_bytes: start, member_length_bytes: length, member_line: line }
        : {}),
    }));
  });
  await client.insert({ table: 'jsonl', values: rows, format: 'JSONEachRow' });
}
const HOUR = 3_600_000;
const eventually = async (holds: () => Promise<boolean>) => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
};

t.test('what was submitted is there at once: from the spool, byte for byte', async (t) => {
  const content = JSON.stringify({ ...CONTENT, serial: 'first' }).replace('"first"', '1.0e0');
  const { json } = await post(`${api.url}/api/v1/submit_measurement`, { format: 'json', content });
  const expected = `${content.slice(0, -1)},"report_id":"${json.report_id}"}`;
  // Not scored yet: by its uid alone.
  const early = await get(`${BY_UID}/${json.measurement_uid}`);
  t.equal(early.status, 200);
  t.equal(early.text, expected);
  t.equal((await get(RAW, { measurement_uid: json.measurement_uid })).text, '{}');

  const m = measurement();
  await insertRow({
    ...m,
    row: {
      ...m.row,
      measurement_uid: json.measurement_uid,
      report_id: json.report_id,
      input: CONTENT.input,
    },
  });
  const raw = await get(RAW, { measurement_uid: json.measurement_uid });
  t.equal(raw.text, `${expected}\n`);
  t.equal(raw.headers.get('cache-control'), 'max-age=86400');
  t.equal(raw.headers.get('content-type'), 'application/json');
  const meta = await get(META, { measurement_uid: json.measurement_uid, full: 'True' });
  t.equal(meta.json.raw_measurement, expected);
  t.strictSame(asked, [], 'the archive was not asked');
});

t.test('before, during and after the upload', async (t) => {
  const m = measurement(2 * HOUR);
  await insertRow(m);
  const file = putInSpool(m);
  const check = async (when: string) => {
    t.equal((await get(RAW, { measurement_uid: m.uid })).text, `${m.line}\n`, when);
    const byReport = { report_id: m.reportId, input: m.input };
    t.equal((await get(RAW, byReport)).text, `${m.line}\n`, when);
    t.equal((await get(`${BY_UID}/${m.uid}`)).text, m.line, when);
  };
  await check('in the spool');
  await putInArchive('raw/20260821/10/IT/webconnectivity/a.n1.0.jsonl.gz', [[m]]);
  await check('in both');
  rmSync(file);
  await check('in the archive');
});

t.test('of the archive one member is read', async (t) => {
  const all = Array.from({ length: 9 }, () => measurement(2 * HOUR));
  await insertRow(...all);
  const key = 'raw/20260821/10/IT/webconnectivity/b.n1.0.jsonl.gz';
  await putInArchive(key, [all.slice(0, 3), all.slice(3, 5), all.slice(5)]);
  asked.length = 0;
  for (const m of all) t.equal((await get(RAW, { measurement_uid: m.uid })).text, `${m.line}\n`);
  t.equal(asked.length, all.length);
  t.ok(
    asked.every((line) => line.startsWith('range ')),
    asked.join(', '),
  );
});

t.test('rows of older uploaders: read from the start, through a local copy', async (t) => {
  const all = Array.from({ length: 5 }, () => measurement(2 * HOUR));
  await insertRow(...all);
  const key = 'raw/20210709/00/MY/webconnectivity/c.n0.2.jsonl.gz';
  await putInArchive(key, [all.slice(0, 2), all.slice(2)], 'lines');
  asked.length = 0;
  const answers = await Promise.all(all.map(({ uid }) => get(RAW, { measurement_uid: uid })));
  t.strictSame(
    answers.map(({ text }) => text),
    all.map(({ line }) => `${line}\n`),
  );
  await get(RAW, { measurement_uid: all[0]!.uid });
  t.strictSame(asked, [`read ${key}`], 'downloaded once');
  t.strictSame(readdirSync(api.config.cache_dir), [createHash('sha256').update(key).digest('hex')]);
});

t.test('a local copy is served for an hour, however often it is used', async (t) => {
  const all = Array.from({ length: 2 }, () => measurement(2 * HOUR));
  const [kept, removed] = all as [Measurement, Measurement];
  await insertRow(...all);
  const key = 'raw/20210709/00/MY/webconnectivity/removed.n0.2.jsonl.gz';
  await putInArchive(key, [all], 'lines');
  const read = async (m: Measurement) => (await get(RAW, { measurement_uid: m.uid })).text;
  const copy = join(api.config.cache_dir, createHash('sha256').update(key).digest('hex'));
  const downloadedAgo = (ms: number) => utimesSync(copy, new Date(), new Date(Date.now() - ms));
  t.equal(await read(removed), `${removed.line}\n`);
  // As a removal does it: the line becomes an empty object.
  const emptied = gzipSync(`${kept.line}\n{}\n`);
  await api.objects.putBytes(key, emptied, 'application/gzip', { replace: true });
  downloadedAgo(HOUR - 60_000);
  t.equal(await read(removed), `${removed.line}\n`, 'from the copy');
  t.equal(await read(kept), `${kept.line}\n`);
  for (const [name, ago] of [
    ['an hour old', HOUR],
    ['from the future', -HOUR],
  ] as const) {
    downloadedAgo(ago);
    t.equal(await read(removed), '{}\n', name);
  }
  t.equal(await read(kept), `${kept.line}\n`);
  downloadedAgo(HOUR);
  t.equal(await removeOldCopies(api.config.cache_dir, Date.now()), 1);
  t.notOk(existsSync(copy), 'nor does it stay on the disk');
  t.equal(await removeOldCopies(join(api.config.cache_dir, 'none'), Date.now()), 0);
});

t.test('an object that was replaced, with rows that lead to its old members', async (t) => {
  const all = Array.from({ length: 9 }, () => measurement(2 * HOUR));
  await insertRow(...all);
  const key = 'raw/20260821/10/IT/webconnectivity/replaced.n1.0.jsonl.gz';
  await putInArchive(key, [all.slice(0, 3), all.slice(3, 5), all.slice(5)]);
  const lines = all.map(({ line }, at) => (at === 1 ? '{}' : line));
  const zipped = [lines.slice(0, 4), lines.slice(4)].map((some) =>
    gzipSync(`${some.join('\n')}\n`),
  );
  await api.objects.putBytes(key, Buffer.concat(zipped), 'application/gzip', { replace: true });
  for (const [at, m] of all.entries())
    if (at !== 1)
      t.equal((await get(RAW, { measurement_uid: m.uid })).text, `${m.line}\n`, `line ${at}`);
});

t.test('rows without uid are found by report and input', async (t) => {
  const [one, two] = [measurement(2 * HOUR), measurement(2 * HOUR)];
  await insertRow(one, two);
  await putInArchive(
    'raw/20210709/00/MY/webconnectivity/d.n0.0.jsonl.gz',
    [[one, two]],
    'lines without uid',
  );
  for (const m of [one, two])
    t.equal((await get(RAW, { measurement_uid: m.uid })).text, `${m.line}\n`);
});

t.test('two measurements with one report and input are told apart by uid', async (t) => {
  const one = measurement(2 * HOUR, { input: 'https://same.example.org/' });
  const other = measurement(2 * HOUR, { input: 'https://same.example.org/' });
  const two = {
    ...other,
    reportId: one.reportId,
    row: { ...other.row, report_id: one.reportId },
  };
  await insertRow(one, two);
  await putInArchive('raw/20260821/10/IT/webconnectivity/e.n1.0.jsonl.gz', [[one, two]]);
  t.equal((await get(RAW, { measurement_uid: one.uid })).text, `${one.line}\n`);
  t.equal((await get(RAW, { measurement_uid: two.uid })).text, `${two.line}\n`);
});

t.test('inputs and report ids of any form are found, before and after the upload', async (t) => {
  const long = measurement(2 * HOUR, { input: `https://example.org/${'x'.repeat(1_100_000)}` });
  const other = measurement(2 * HOUR);
  const odd = { ...other, reportId: '123', row: { ...other.row, report_id: '123' } };
  await insertRow(long, odd);
  for (const m of [long, odd]) {
    const file = putInSpool(m);
    t.equal((await get(RAW, { measurement_uid: m.uid })).text, `${m.line}\n`);
    t.equal((await get(META, { measurement_uid: m.uid })).json.category_code, '');
    rmSync(file);
  }
  await putInArchive('raw/20260821/10/IT/webconnectivity/odd.n1.0.jsonl.gz', [[long, odd]]);
  for (const m of [long, odd])
    t.equal((await get(RAW, { measurement_uid: m.uid })).text, `${m.line}\n`);
});

t.test('old uids and report ids do not throw', async (t) => {
  const m = measurement();
  const old = {
    ...m,
    uid: '01201503307dd8c5a9e0f1d2',
    reportId: '20150330T010203Z_AS3269_abcdefghij',
    row: {
      ...m.row,
      measurement_uid: '01201503307dd8c5a9e0f1d2',
      report_id: '20150330T010203Z_AS3269_abcdefghij',
    },
  };
  await insertRow(old);
  await putInArchive('jsonl/webconnectivity/IT/20150330/00/f.jsonl.gz', [[old]], 'lines');
  t.equal((await get(`${BY_UID}/${old.uid}`)).text, m.line);
  t.equal((await get(RAW, { report_id: old.reportId, input: old.input })).text, `${m.line}\n`);
});

t.test('meta', async (t) => {
  const m = measurement(0, { input: 'https://www.backtrack-linux.org/' });
  await insertRow(m);
  const expected = {
    input: m.input,
    measurement_start_time: '2026-08-21T10:15:03Z',
    measurement_uid: m.uid,
    report_id: m.reportId,
    test_name: 'web_connectivity',
    test_start_time: '2026-08-21T10:14:58Z',
    probe_asn: 30722,
    probe_cc: 'IT',
    scores: '{"blocking_general":1.0}',
    anomaly: true,
    confirmed: false,
    failure: false,
    category_code: '',
    verification_status: 'unverified',
  };
  const byUid = await get(META, { measurement_uid: m.uid });
  t.strictSame(byUid.json, expected);
  t.equal(byUid.headers.get('cache-control'), 'max-age=60');
  const byReport = { report_id: m.reportId, input: m.input };
  t.strictSame((await get(META, byReport)).json, expected);
  t.strictSame((await get(META, { ...byReport, full: '1' })).json, {
    ...expected,
    raw_measurement: '',
  });
  t.strictSame((await get(META, { report_id: m.reportId })).json, {}, 'a report without input');

  const noInput = measurement(0, { input: '' });
  await insertRow(noInput);
  t.match((await get(META, { report_id: noInput.reportId })).json, {
    input: '',
    category_code: null,
  });
  t.match((await get(META, { measurement_uid: noInput.uid })).json, {
    input: '',
    category_code: '',
  });
});

t.test('the category is of the country, else of the world, else any (7.7)', async (t) => {
  const list = (url: string, cc: string, category_code: string) => ({
    domain: 'x',
    url,
    cc,
    category_code,
  });
  const cases: [string, [string, string][], string][] = [
    [
      'the country',
      [
        ['ZZ', 'NEWS'],
        ['it', 'HUMR'],
        ['de', 'ANON'],
      ],
      'HUMR',
    ],
    [
      'the world',
      [
        ['de', 'ANON'],
        ['ZZ', 'NEWS'],
      ],
      'NEWS',
    ],
    [
      'any',
      [
        ['fr', 'PORN'],
        ['de', 'ANON'],
      ],
      'ANON',
    ],
    ['none', [], ''],
  ];
  for (const [name, lists, expected] of cases) {
    const m = measurement();
    await insertRow(m);
    if (lists.length > 0)
      await client.insert({
        table: 'citizenlab',
        values: lists.map(([cc, category]) => list(m.input, cc, category)),
        format: 'JSONEachRow',
      });
    t.equal((await get(META, { measurement_uid: m.uid })).json.category_code, expected, name);
  }
});

t.test('a network that was taken out is not shown, even where an older row has it', async (t) => {
  await client.command({ query: 'SYSTEM STOP MERGES fastpath' });
  const m = measurement(2 * HOUR);
  await putInArchive('raw/20260821/10/IT/webconnectivity/g.n1.0.jsonl.gz', [[m]]);
  await insertRow(m);
  t.equal((await get(RAW, { measurement_uid: m.uid })).text, `${m.line}\n`);
  await insertRow({ ...m, row: { ...m.row, probe_asn: 0 } });
  t.strictSame((await get(META, { measurement_uid: m.uid })).json, {});
  t.strictSame((await get(META, { measurement_uid: m.uid, full: 'true' })).json, {
    raw_measurement: '',
  });
  t.equal((await get(RAW, { measurement_uid: m.uid })).text, '{}');
  t.equal((await get(`${BY_UID}/${m.uid}`)).status, 404);
  await client.command({ query: 'SYSTEM START MERGES fastpath' });
});

t.test('what is not there', async (t) => {
  const row = measurement();
  await insertRow(row);
  const text = 'Measurement not found';
  const notFound = { detail: text, error: text, message: text };
  const unknown = '20250709075147.833477_US_webconnectivity_baddbaddbaddbadd';
  const cases: [string, string, Record<string, string>, number, unknown, string][] = [
    ['meta: unknown uid', META, { measurement_uid: unknown }, 200, {}, 'max-age=60'],
    [
      'meta: unknown, full',
      META,
      { measurement_uid: unknown, full: 'true' },
      200,
      { raw_measurement: '' },
      'max-age=60',
    ],
    ['meta: nothing', META, {}, 400, { detail: /^Missing measurement_uid/ }, 'no-cache'],
    [
      'meta: bogus',
      META,
      { report_id: 'BOGUS' },
      422,
      { detail: /Invalid report_id/, error: /Invalid/ },
      'no-cache',
    ],
    ['raw: unknown uid', RAW, { measurement_uid: unknown }, 200, {}, 'max-age=60'],
    [
      'raw: nothing',
      RAW,
      {},
      400,
      { detail: 'Either report_id or measurement_uid must be provided' },
      'no-cache',
    ],
    [
      'raw: short',
      RAW,
      { measurement_uid: 'ab' },
      422,
      { detail: [{ loc: ['query', 'measurement_uid'] }] },
      'no-cache',
    ],
    ['raw: row, no body', RAW, { measurement_uid: row.uid }, 404, notFound, 'no-cache'],
    [
      'uid: unknown',
      `${BY_UID}/temp-id-999999999999999999`,
      {},
      404,
      { detail: /./, error: /./ },
      'no-cache',
    ],
    ['uid: row, no body', `${BY_UID}/${row.uid}`, {}, 404, { detail: /./ }, 'no-cache'],
    [
      'uid: odd download',
      `${BY_UID}/${row.uid}`,
      { download: 'maybe' },
      422,
      { detail: [{ type: 'bool_parsing' }] },
      'no-cache',
    ],
    ['uid: a path', `${BY_UID}/..%2f..%2fetc%2fpasswd`, {}, 404, { error: /./ }, 'no-cache'],
  ];
  for (const [name, url, query, status, json, caching] of cases) {
    const answer = await get(url, query);
    t.equal(answer.status, status, name);
    t.match(answer.json, json as object, name);
    t.equal(answer.headers.get('cache-control'), caching, name);
  }
  await putInArchive('raw/20260821/10/IT/webconnectivity/h.n1.0.jsonl.gz', [[measurement()]]);
  const beyond = measurement(2 * HOUR);
  await insertRow(beyond);
  await client.insert({
    table: 'jsonl',
    values: [
      {
        report_id: beyond.reportId,
        input: beyond.input,
        s3path: 'raw/20260821/10/IT/webconnectivity/h.n1.0.jsonl.gz',
        linenum: 7,
        measurement_uid: beyond.uid,
      },
    ],
    format: 'JSONEachRow',
  });
  t.equal((await get(`${BY_UID}/${beyond.uid}`)).status, 404, 'an object shorter than its index');
});

t.test(
  'what is not there is told for a minute at most, by caches that may answer late too',
  async (t) => {
    const [there, bodiless] = [measurement(), measurement()];
    await insertRow(there, bodiless);
    putInSpool(there);
    const unknown = '20250709075147.833477_US_webconnectivity_baddbaddbaddbadd';
    const LATE = 'max-age=60, stale-while-revalidate=30, stale-if-error=3600';
    const V1 = `${api.url}/api/v1`;
    const cases: [string, string][] = [
      [`${META}?measurement_uid=${there.uid}`, LATE],
      [`${META}?measurement_uid=${there.uid}&full=true`, LATE],
      [`${META}?measurement_uid=${unknown}`, 'max-age=60'],
      [`${META}?measurement_uid=${unknown}&full=true`, 'max-age=60'],
      [`${META}?measurement_uid=${bodiless.uid}&full=true`, 'max-age=60'],
      [`${RAW}?measurement_uid=${unknown}`, 'max-age=60'],
      [`${V1}/measurements?report_id=${there.reportId}`, LATE],
      [`${V1}/measurements?report_id=${there.reportId}x`, 'max-age=60'],
    ];
    for (const [url, expected] of cases) {
      const { status, headers } = await ask(url, {
        headers: { 'Surrogate-Capability': 'ooni="stale-while-revalidate"' },
      });
      t.strictSame([status, headers.get('cache-control')], [200, expected], url);
    }
  },
);

t.test('measurement/{uid}: headers and download', async (t) => {
  const m = measurement();
  putInSpool(m);
  const plain = await get(`${BY_UID}/${m.uid}`);
  t.equal(plain.headers.get('content-type'), 'application/json');
  t.equal(plain.headers.get('cache-control'), 'max-age=3600');
  t.equal(plain.headers.get('content-disposition'), null);
  const download = await get(`${BY_UID}/${m.uid}`, { download: 'true' });
  t.equal(
    download.headers.get('content-disposition'),
    `attachment; filename=ooni_measurement-${m.uid}.json`,
  );
  t.equal(download.text, m.line);
  const head = await ask(`${BY_UID}/${m.uid}`, { method: 'HEAD' });
  t.equal(head.headers.get('content-length'), String(Buffer.byteLength(m.line)));
});

t.test('a body that the client has already is not sent again', async (t) => {
  const m = measurement();
  await insertRow(m);
  putInSpool(m);
  for (const [url, maxAge] of [
    [`${RAW}?measurement_uid=${m.uid}`, 'max-age=86400'],
    [`${BY_UID}/${m.uid}`, 'max-age=3600'],
  ] as const) {
    const first = await ask(url);
    t.equal(first.status, 200);
    const tag = first.headers.get('etag')!;
    t.match(tag, /^"[\w-]{22}"$/);
    const again = await ask(url, { headers: { 'If-None-Match': tag } });
    t.match(again, { status: 304, text: '' }, url);
    t.equal(again.headers.get('etag'), tag);
    t.equal(again.headers.get('cache-control'), maxAge);
    const other = await ask(url, { headers: { 'If-None-Match': '"another"' } });
    t.match(other, { status: 200, text: first.text });
  }
  const gone = await ask(`${RAW}?measurement_uid=${measurement().uid}`, {
    headers: { 'If-None-Match': '*' },
  });
  t.match(gone, { status: 200, json: {} }, 'nothing stands for what is not there');
  t.equal(gone.headers.get('etag'), null);
});

t.test('published without a row: what could not be scored is served by its uid', async (t) => {
  const m = measurement(2 * HOUR);
  t.equal((await get(`${BY_UID}/${m.uid}`)).status, 404, 'not published yet');
  const key = 'raw/20260821/09/IT/webconnectivity/2026082109_IT_webconnectivity.n1.7.jsonl.gz';
  await putInArchive(key, [[measurement(2 * HOUR), m]]);
  const answer = await get(`${BY_UID}/${m.uid}`);
  t.equal(answer.status, 200);
  t.equal(answer.text, m.line);
  t.equal((await get(META, { measurement_uid: m.uid })).text, '{}', 'there is no row to show');

  const hidden = measurement(2 * HOUR, { probe_asn: 0 });
  await putInArchive(key.replace('.7.', '.8.'), [[hidden]]);
  await insertRow(hidden);
  t.equal((await get(`${BY_UID}/${hidden.uid}`)).status, 404, 'a row that is not to be shown');
});

t.test('a body in the spool of another host', async (t) => {
  const other = await startService(t);
  const dead = 'http://127.0.0.1:1';
  const here = await startService(t, {
    clickhouseUrl,
    config: { other_hosts: [dead, other.url], other_hosts_timeout_ms: 60_000 },
  });
  for (const agoMs of [0, 2 * HOUR]) {
    const m = measurement(agoMs);
    await insertRow(m);
    putInSpool(m, other.spoolDir);
    const answer = await get(`${here.url}/api/v1/raw_measurement`, { measurement_uid: m.uid });
    t.equal(answer.text, `${m.line}\n`);
  }
  const nowhere = measurement();
  await insertRow(nowhere);
  const missing = await get(`${here.url}/api/v1/raw_measurement`, { measurement_uid: nowhere.uid });
  t.equal(missing.status, 404);
});

t.test('other hosts that do not answer are not "not found"', async (t) => {
  const broken = createServer((_, response) => response.writeHead(502).end());
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => broken.close());
  const bad = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  const dead = 'http://127.0.0.1:1';
  const other = await startService(t);
  const cases: [string, string[], number, RegExp | undefined][] = [
    ['one is away', [dead], 503, /cannot look for a body.*no other host answers: .*127\.0\.0\.1:1/],
    ['away and broken', [dead, bad], 503, /no other host answers: .*status 502/],
    ['one of two says no', [dead, other.url], 404, /another host does not answer.*127\.0\.0\.1:1/],
    ['all say no', [other.url], 404, undefined],
  ];
  for (const [name, other_hosts, status, logged] of cases) {
    const here = await startService(t, {
      clickhouseUrl,
      objects: () => api.objects,
      config: { other_hosts, other_hosts_timeout_ms: 60_000 },
    });
    const [missing, archived] = [measurement(), measurement()];
    await insertRow(missing, archived);
    const path = `raw/20260821/10/IT/webconnectivity/hosts${serial++}.n1.0.jsonl.gz`;
    await putInArchive(path, [[archived]]);
    const read = ({ uid }: Measurement) =>
      get(`${here.url}/api/v1/raw_measurement`, { measurement_uid: uid });
    for (let times = 0; times < 2; times++) {
      const answer = await read(missing);
      t.equal(answer.status, status, name);
      t.equal(answer.headers.get('retry-after'), status === 503 ? '30' : null, name);
    }
    t.equal(
      (await read(archived)).text,
      `${archived.line}\n`,
      `${name}: what is archived is served`,
    );
    const warnings = here.lines.filter((line) => /host/.test(line));
    if (logged === undefined) t.strictSame(warnings, [], name);
    else t.match(warnings, [logged], `${name}: said once, not for each request`);
    t.equal(warnings.length, logged === undefined ? 0 : 1, name);
    await here.close();
  }
});

t.test('clients that leave: counted as such, and nothing is held for them', async (t) => {
  let looked = () => {};
  let found = () => {};
  const looking = new Promise<void>((resolve) => {
    looked = resolve;
  });
  const finding = new Promise<void>((resolve) => {
    found = resolve;
  });
  const slow = await startService(t, {
    clickhouseUrl,
    objects: (store) => ({
      ...store,
      readRange: async (...place) => {
        looked();
        await finding;
        return api.objects.readRange(...place);
      },
    }),
  });
  const m = measurement(2 * HOUR);
  await insertRow(m);
  await putInArchive('raw/20260821/10/IT/webconnectivity/left.n1.0.jsonl.gz', [[m]]);
  const metric = async (line: string) =>
    (await slow.service.metrics.registry.metrics()).split('\n').find((one) => one.startsWith(line));
  const leaving = new AbortController();
  const asking = fetch(`${slow.url}/api/v1/raw_measurement?measurement_uid=${m.uid}`, {
    signal: leaving.signal,
  });
  await looking;
  t.equal(await metric('ooni_api_body_lookups '), 'ooni_api_body_lookups 1');
  leaving.abort();
  await t.rejects(asking);
  const counted =
    'ooni_api_http_requests_total{route="/api/v1/raw_measurement",method="GET",status="';
  await eventually(async () => (await metric(`${counted}499"`)) !== undefined);
  found();
  await eventually(
    async () => (await metric('ooni_api_body_lookups ')) === 'ooni_api_body_lookups 0',
  );
  await eventually(
    async () => (await metric('ooni_api_readers_bytes ')) === 'ooni_api_readers_bytes 0',
  );
  const answers = slow.lines.filter((line) => /cannot|bug/.test(line));
  t.strictSame(answers, [], 'nothing that an operator need look at');
  t.equal(await metric(`${counted}404"`), undefined);
});

t.test('what hosts give each other: envelopes of the spool and nothing else', async (t) => {
  const m = measurement();
  putInSpool(m);
  const path = incomingPath(parseMeasurementUid(m.uid)!).slice('incoming/'.length);
  const answer = await get(`${api.url}/measurement_spool/${path}`);
  t.equal(answer.status, 200);
  t.equal(answer.text, envelope(m).toString());
  t.equal(answer.headers.get('cache-control'), 'no-cache');
  writeFileSync(join(api.spoolDir, 'secret.post'), 'x');
  for (const bad of [
    path.replace('_IT_', '_DE_'),
    path.replace('.post', ''),
    `x/${path.split('/')[1]}`,
    '../secret.post',
    '..%2f..%2fsecret.post',
    '%2e%2e/secret.post',
    path.replace('.post', '.post.tmp'),
  ])
    t.equal((await get(`${api.url}/measurement_spool/${bad}`)).status, 404, bad);
});

t.test('an envelope that cannot be read is looked for elsewhere', async (t) => {
  const m = measurement(2 * HOUR);
  await insertRow(m);
  writeFileSync(putInSpool(m), '{"format":"yaml","content":{}}');
  t.equal((await get(RAW, { measurement_uid: m.uid })).status, 404);
  await putInArchive('raw/20260821/10/IT/webconnectivity/i.n1.0.jsonl.gz', [[m]]);
  t.equal((await get(RAW, { measurement_uid: m.uid })).text, `${m.line}\n`);
});

t.test('the cache keeps within its bound, and a cache that fails is done without', async (t) => {
  const small = await startService(t, {
    clickhouseUrl,
    objects: () => api.objects,
    config: { cache_max_bytes: 6_000 },
  });
  const random = () => createHash('sha256').update(String(serial++)).digest('hex');
  const keys = Array.from(
    { length: 6 },
    (_, index) => `raw/20210709/00/MY/webconnectivity/cache${index}.jsonl.gz`,
  );
  const stored: Measurement[] = [];
  for (const key of keys) {
    const m = measurement(2 * HOUR);
    // Text that does not compress, 2 kB of it.
    const line = m.line.replace(
      '"n":1.0',
      `"n":1.0,"pad":"${Array.from({ length: 60 }, random).join('')}"`,
    );
    stored.push({ ...m, line });
    await insertRow(m);
    await putInArchive(key, [[{ ...m, line }]], 'lines');
  }
  const read = (m: Measurement) =>
    get(`${small.url}/api/v1/raw_measurement`, { measurement_uid: m.uid });
  const cached = () =>
    readdirSync(small.config.cache_dir).map(
      (name) => statSync(join(small.config.cache_dir, name)).size,
    );
  for (const m of stored) {
    t.equal((await read(m)).text, `${m.line}\n`);
    t.ok(cached().reduce((sum, size) => sum + size) <= 6_000, String(cached()));
  }
  t.ok(cached().length >= 1);

  rmSync(small.config.cache_dir, { recursive: true });
  writeFileSync(small.config.cache_dir, 'in the way');
  t.equal((await read(stored[0]!)).text, `${stored[0]!.line}\n`);
  t.match(small.lines.join(''), 'cache of archive objects cannot be used');
  t.ok(existsSync(small.config.cache_dir));
});

t.test('an archive that fails is not "not found"', async (t) => {
  const m = measurement(2 * HOUR);
  await insertRow(m);
  await putInArchive('raw/20260821/10/IT/webconnectivity/j.n1.0.jsonl.gz', [[m]]);
  const broken = await startService(t, {
    clickhouseUrl,
    objects: (store) => ({ ...store, readRange: () => Promise.reject(new Error('S3 says no')) }),
  });
  const answer = await get(`${broken.url}/api/v1/raw_measurement`, { measurement_uid: m.uid });
  t.equal(answer.status, 503);
  t.notMatch(answer.text, 'S3 says no');
  t.match(broken.lines.join(''), 'S3 says no');
  t.match(broken.lines.join(''), ` asked_for=${m.uid} `);
  t.notMatch(broken.lines.join(''), `measurement_uid=${m.uid}`, 'no trace of it for ooni-find');
  const meta = await get(`${broken.url}/api/v1/measurement_meta`, {
    measurement_uid: m.uid,
    full: 'true',
  });
  t.match(meta, { status: 200, json: { measurement_uid: m.uid, raw_measurement: '' } });
});
