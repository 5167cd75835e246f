/**
 * Sets of fingerprints by their hash: kept by a fetch, published, and taken by who scores again.
 *
 * Covers src/uploader/publish/fingerprintSets.ts, src/core/fingerprints/fingerprintSet.ts.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import {
  fingerprintSetKey,
  fingerprintSetSha256,
  parseFingerprintSet,
} from '../../../src/core/fingerprints/fingerprintSet.ts';
import { readFingerprintFiles } from '../../../src/edge/clickhouse/fingerprintTables.ts';
import { insertLines } from '../../../src/edge/clickhouse/insert.ts';
import { migrate } from '../../../src/edge/clickhouse/migrate.ts';
import { openFolder } from '../../../src/edge/objects/folder.ts';
import { makeLog } from '../../../src/log/log.ts';
import { publishFingerprintSets } from '../../../src/uploader/publish/fingerprintSets.ts';
import { openRescoring } from '../../../src/uploader/verify/inputs.ts';
import { openReport } from '../../../src/uploader/verify/report.ts';
import { fingerprintFiles, fingerprintRows } from '../../core/sources/files.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { connectTo } from '../../support/clickhouseClient.ts';

const server = await startClickHouse();
t.teardown(() => server.stop());
const connect = (database: string) => connectTo(t, server.url, database);
const admin = connect('default');
const client = connect('ooni');
await migrate(admin, 'ooni');

const dir = mkdtempSync(join(tmpdir(), 'ooni-sets-'));
t.teardown(() => rmSync(dir, { recursive: true }));
mkdirSync(join(dir, 'bucket'));
const bucket = openFolder(join(dir, 'bucket'));

const set = (rows: number) => {
  const [dns, http] = fingerprintFiles(
    fingerprintRows('dns', rows),
    // What a text may hold: line breaks, other scripts, a mark at its start.
    [...fingerprintRows('http', rows), 'x,nat,,body,contains,"a\r\nпример",5,IT,,,'],
  ).map(({ bytes }) => Buffer.concat([Buffer.from('\ufeff'), bytes]));
  return { dns: dns!, http: http!, sha256: fingerprintSetSha256(dns!, http!) };
};
const keep = ({ dns, http, sha256 }: ReturnType<typeof set>) =>
  insertLines(
    client,
    'fingerprint_sets',
    [JSON.stringify({ sha256, dns: dns.toString(), http: http.toString() })],
    sha256,
  );
const lines: string[] = [];
const publish = () => {
  lines.length = 0;
  return publishFingerprintSets({
    clickhouse: client,
    objects: bucket,
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
  });
};
const published = (sha256: string, file: 'fingerprints_dns.csv' | 'fingerprints_http.csv') =>
  readFileSync(join(dir, 'bucket', fingerprintSetKey(sha256, file)));

t.test('each set is published once, byte by byte', async (t) => {
  await publish();
  t.strictSame(lines, []);
  const [one, two] = [set(2), set(3)];
  await keep(one);
  await publish();
  t.match(lines, [new RegExp(`^<6>published a set of fingerprints sha256=${one.sha256}`)]);
  await keep(two);
  await publish();
  t.equal(lines.length, 1);
  await publish();
  t.strictSame(lines, []);
  for (const { dns, http, sha256 } of [one, two]) {
    t.ok(published(sha256, 'fingerprints_dns.csv').equals(dns));
    t.ok(published(sha256, 'fingerprints_http.csv').equals(http));
    // As sha256sum says of both.
    t.equal(
      sha256,
      createHash('sha256')
        .update(Buffer.concat([dns, http]))
        .digest('hex'),
    );
    t.equal(parseFingerprintSet(sha256, dns, http)!.http.length, dns === one.dns ? 3 : 4);
  }
  const files = await readFingerprintFiles(client, one.sha256);
  t.ok(files![0].equals(one.dns) && files![1].equals(one.http));
  t.equal(await readFingerprintFiles(client, 'f'.repeat(64)), undefined);
});

t.test('what is not its hash is neither published nor taken', async (t) => {
  const { dns, http } = set(5);
  const sha256 = 'e'.repeat(64);
  await keep({ dns, http, sha256 });
  await publish();
  t.match(lines, [/^<3>a set of fingerprints in the table fingerprint_sets is not/]);
  t.equal(await readFingerprintFiles(client, sha256), undefined);
  t.equal(parseFingerprintSet(sha256, dns, http), undefined);
});

t.test('verify --rescore takes a set by its hash from the bucket', async (t) => {
  const rows = join(dir, 'rows.csv');
  writeFileSync(rows, 'measurement_uid\n');
  const open = (fingerprints: string) =>
    openRescoring(
      {
        config: '/none',
        region: 'x',
        pathStyle: false,
        onlyNew: false,
        rescore: true,
        rows,
        fingerprints,
      },
      undefined,
      bucket,
      openReport(() => {}),
    );
  const opened = await open(set(2).sha256);
  await opened.rows.close();
  await t.rejects(open('f'.repeat(64)), {
    message: /has no fingerprints\/f+\/fingerprints_dns.csv/,
  });
  const { sha256 } = set(3);
  writeFileSync(join(dir, 'bucket', fingerprintSetKey(sha256, 'fingerprints_dns.csv')), 'name\n');
  await t.rejects(open(sha256), { message: /has another set below/ });
});

t.test('a database that is away holds no run up', async (t) => {
  await server.kill();
  await publish();
  t.match(lines, [/^<4>sets of fingerprints were not published: the next run tries again/]);
});
