/**
 * Scores that anyone can compute again from the archive, compared with the rows of the database.
 *
 * Covers src/uploader/verify/{rescore, storedRows}.ts.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { sampleMeasurement, webConnectivityKeys } from '../../scripts/run/measurements.ts';
import { encodePrivateKey, parsePrivateKey } from '../../src/core/archive/note.ts';
import {
  fingerprintSetKey,
  fingerprintSetSha256,
  parseFingerprintSet,
} from '../../src/core/fingerprints/fingerprintSet.ts';
import { compileFingerprints } from '../../src/core/fingerprints/match.ts';
import { scoreStored } from '../../src/core/scoring/archived.ts';
import { insertLines } from '../../src/edge/clickhouse/insert.ts';
import { verifyCommand } from '../../src/uploader/commands/verify.ts';
import { fingerprintFiles } from '../core/sources/files.ts';
import { startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { fillSpool, type Host, makeHost } from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});
const folder = stores.kinds.find(({ kind }) => kind === 'folder')!;
const key = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 7)))!.verifier.text;

function content(serial: number, more: Record<string, unknown> = {}): string {
  const input = `https://site${serial}.example.org/`;
  return JSON.stringify({
    ...sampleMeasurement({
      probeCc: 'IT',
      probeAsn: 'AS64500',
      testName: 'web_connectivity',
      input,
      testKeys: webConnectivityKeys(input, serial % 2 === 0 ? 'page' : 'dns injection'),
      startTime: '2026-08-21 09:59:00',
    }),
    report_id: `20260821T095900Z_webconnectivity_IT_64500_n1_${serial}`,
    test_runtime: 1.1 + serial,
    ...more,
  });
}

/** Archived measurements, each with the row that the daemon would have stored. */
async function archived(t: Test): Promise<{ it: Host; uids: string[] }> {
  const it = await makeHost(t.testdir(), folder, clickhouse.url);
  t.teardown(() => it.close());
  const contents = [
    ...Array.from({ length: 700 }, (_, at) => content(at)),
    // Without a row: nobody can attribute it, and one that was not understood.
    content(800, { report_id: null }),
    content(801, { probe_asn: 'nonsense' }),
    // Texts that need care on the way through CSV and JSON.
    content(802, {
      software_name: 'a "quoted", text\nwith lines',
      annotations: { ooni_run_link_id: '18446744073709551615', platform: 'x\\y' },
    }),
    // Its decimal and its double are nearest to different values of Float32.
    content(803, { test_runtime: 4.528588056564331 }),
    content(804, { test_runtime: 1e-7 }),
    // What parsing a number loses, and members that look like an envelope's.
    content(805, { software_version: 7, annotations: { ooni_run_link_id: 8 } })
      .replace('"software_version":7', '"software_version":1.0')
      .replace('"ooni_run_link_id":8', '"ooni_run_link_id":9007199254740993'),
    content(806, { format: 'json', content: { report_id: 'other' }, is_verified: 't' }),
    content(807, { format: 'xml', content: 1, software_version: 7 }).replace(
      '"software_version":7',
      '"software_version":2.10',
    ),
    content(808, { software_name: "nul \0 'quote' \\" }),
    // Its row would be larger than any.
    content(809, { software_name: 'x'.repeat(8_500_000) }),
  ];
  const sent = fillSpool(it, contents);
  const none = compileFingerprints([], []);
  const rows = sent.flatMap(({ uid, post }) => {
    const scored = scoreStored(post, uid, none);
    return scored.kind === 'row' ? [scored.texts.row] : [];
  });
  t.equal(rows.length, 707);
  await insertLines(it.clickhouse, 'fastpath', rows, it.database);
  await it.run();
  return { it, uids: sent.map(({ uid }) => uid) };
}

async function rescore(it: Host, rows?: string, fingerprints?: string) {
  const lines: string[] = [];
  const code = await verifyCommand(
    {
      config: it.configFile,
      region: '',
      pathStyle: false,
      onlyNew: false,
      rescore: true,
      fingerprints,
      // With rows of its own the check is an outsider's: no config, no database.
      ...(rows === undefined
        ? {}
        : { bucket: it.config.s3.bucket, key, rows, config: '/nonexistent' }),
    },
    (line) => lines.push(line),
  );
  return { code, text: lines.join('\n') };
}

async function exportCsv(it: Host): Promise<string> {
  const answer = await it.clickhouse.query({
    query: 'SELECT * FROM fastpath FINAL',
    format: 'CSVWithNames',
  });
  const file = join(it.dir, 'fastpath.csv');
  writeFileSync(file, await answer.text());
  return file;
}

t.test('rows that are what the rules give', async (t) => {
  const { it } = await archived(t);
  for (const rows of [undefined, await exportCsv(it)]) {
    const { code, text } = await rescore(it, rows);
    t.match(text, /^VERIFIED: 710 log entries, 1 cans, 710 lines, 0 declared removals, 710 rows/);
    t.equal(code, 0);
  }
});

t.test('rows that are not', async (t) => {
  const { it, uids } = await archived(t);
  const run = (query: string) =>
    it.clickhouse.command({ query, clickhouse_settings: { mutations_sync: '2' } });
  await run(`ALTER TABLE fastpath UPDATE anomaly = 't' WHERE measurement_uid = '${uids[0]}'`);
  await run(
    `ALTER TABLE fastpath UPDATE scores = replaceOne(scores, 'dns', 'tcp_ip') WHERE measurement_uid = '${uids[1]}'`,
  );
  await run(`ALTER TABLE fastpath UPDATE test_runtime = 7.5 WHERE measurement_uid = '${uids[2]}'`);
  await run(`ALTER TABLE fastpath DELETE WHERE measurement_uid = '${uids[3]}'`);
  // A row of a measurement that should have none.
  await run(`INSERT INTO fastpath (measurement_uid, report_id) VALUES ('${uids[700]}', '')`);
  for (const rows of [undefined, await exportCsv(it)]) {
    const { code, text } = await rescore(it, rows);
    t.match(text, `problem: ${uids[0]}: anomaly should be "f", but the row has "t"`);
    t.match(text, `problem: ${uids[1]}: scores should be`);
    t.match(text, `problem: ${uids[2]}: test_runtime should be 3.1`);
    t.match(text, `problem: ${uids[3]}: has no row`);
    t.match(text, `problem: ${uids[700]}: has a row, but is not scored by the rules`);
    t.match(text, /NOT VERIFIED: 5 problems/);
    t.equal(code, 65);
  }
});

/** A set that confirms what answers with this address, as a fetch keeps it. */
async function keptSet(it: Host, address: string) {
  const [dns, http] = fingerprintFiles([`t.set,nat,,dns,full,${address},5,IT,test,,`]).map(
    ({ bytes }) => Buffer.from(bytes),
  );
  const sha256 = fingerprintSetSha256(dns!, http!);
  const kept = { sha256, dns: dns!.toString(), http: http!.toString() };
  await insertLines(it.clickhouse, 'fingerprint_sets', [JSON.stringify(kept)], sha256);
  const tables = parseFingerprintSet(sha256, dns!, http!)!;
  return { sha256, known: compileFingerprints(tables.dns, tables.http, sha256) };
}

t.test('a day with two sets: each row with the one that it was scored with', async (t) => {
  for (const kind of stores.kinds) {
    const it = await makeHost(t.testdir(), kind, clickhouse.url);
    t.teardown(() => it.close());
    // The second is of a fetch that was taken back: the third measurement is scored with the first again.
    const [one, two] = [await keptSet(it, '192.0.2.1'), await keptSet(it, '192.0.2.9')];
    const sent = fillSpool(
      it,
      [1, 3, 5, 7].map((serial) => content(serial)),
    );
    const sets = [one, two, one, { known: compileFingerprints([], []) }];
    const rows = sent.map(({ uid, post }, at) => {
      const scored = scoreStored(post, uid, sets[at]!.known);
      return scored.kind === 'row' ? scored.texts.row : '';
    });
    t.strictSame(
      rows.map((row) => [JSON.parse(row).confirmed, JSON.parse(row).fingerprints_sha256]),
      [
        ['t', one.sha256],
        ['f', two.sha256],
        ['t', one.sha256],
        ['f', undefined],
      ],
    );
    await insertLines(it.clickhouse, 'fastpath', rows, it.database);
    await it.run();
    const csv = kind.kind === 'folder' ? await exportCsv(it) : undefined;
    const { code, text } = await rescore(it, csv);
    t.match(text, /^VERIFIED: .* 4 rows/, kind.kind);
    t.equal(code, 0);
    const pinned = await rescore(it, csv, one.sha256);
    t.match(pinned.text, `problem: ${sent[1]!.uid}: scores should be`, 'who checks may say which');
    if (csv === undefined) continue;
    const file = join(
      fileURLToPath(it.config.s3.bucket),
      fingerprintSetKey(one.sha256, 'fingerprints_dns.csv'),
    );
    for (const [change, said] of [
      [() => writeFileSync(file, 'name\n'), /another set below fingerprints/],
      [() => rmSync(file), /has no fingerprints/],
    ] as const) {
      change();
      const damaged = await rescore(it, csv);
      t.match(damaged.text, said);
      t.match(
        damaged.text,
        /NOT VERIFIED: 1 problem/,
        'said once, and the other rows are compared',
      );
    }
  }
});

t.test('a database in trouble is not called tampering', async (t) => {
  const { it } = await archived(t);
  const whole = readFileSync(it.configFile, 'utf8');
  // The server knows no such table, in the middle of the check.
  await it.clickhouse.command({ query: 'RENAME TABLE fastpath TO fastpath_away' });
  await t.rejects(rescore(it), { message: /says nothing about the archive/, exitCode: 69 });
  await it.clickhouse.command({ query: 'RENAME TABLE fastpath_away TO fastpath' });
  t.equal((await rescore(it)).code, 0);
  writeFileSync(it.configFile, whole.replace(clickhouse.url, 'http://127.0.0.1:9'));
  await t.rejects(rescore(it), { message: /says nothing about the archive/, exitCode: 69 });
});

t.test('a CSV file that is none of rows', async (t) => {
  const { it } = await archived(t);
  const file = join(it.dir, 'other.csv');
  // Also none with no row at all: what a query that failed leaves, and a full disk.
  for (const text of ['a,b\n1,2\n', 'Code: 60. There is no such table\n', '']) {
    writeFileSync(file, text);
    await t.rejects(rescore(it, file), { message: /--rows: .*other.csv/, exitCode: 64 }, text);
  }
  await t.rejects(rescore(it, join(it.dir, 'none')), { message: /--rows: .*none/, exitCode: 64 });
});
