/**
 * Rows of the table whose measurement nobody has published.
 *
 * Covers src/uploader/verify/inventedRows.ts.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { encodePrivateKey, parsePrivateKey } from '../../src/core/archive/note.ts';
import { makeMeasurementUid } from '../../src/core/measurement/measurementUid.ts';
import { verifyCommand } from '../../src/uploader/commands/verify.ts';
import type { VerifyArguments } from '../../src/uploader/verify/inputs.ts';
import { startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { fillSpool, makeHost, sampleContent } from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});
const folder = stores.kinds.find(({ kind }) => kind === 'folder')!;
const key = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 7)))!.verifier.text;

async function check(args: Partial<VerifyArguments>) {
  const lines: string[] = [];
  await verifyCommand(
    { config: '', region: '', pathStyle: false, onlyNew: false, rescore: true, ...args },
    (line) => lines.push(line),
    { tries: { attempts: 1, firstPauseMs: 1 }, logTries: 1, logPauseMs: 1 },
  );
  return lines.join('\n');
}

t.test('rows that nobody has published, of two hosts', async (t) => {
  const dir = t.testdir({ one: {}, two: {} });
  const one = await makeHost(join(dir, 'one'), folder, clickhouse.url);
  const two = await makeHost(join(dir, 'two'), folder, clickhouse.url, {
    bucket: { store: one.store, bucket: one.config.s3.bucket },
    database: one.database,
    collectorId: '2',
  });
  t.teardown(() => Promise.all([one.close(), two.close()]));
  const [own, own2] = fillSpool(one, [sampleContent(1), sampleContent(2)]).map(({ uid }) => uid);
  await one.run();
  const [other] = fillSpool(two, [sampleContent(3)], { fromUs: 50 }).map(({ uid }) => uid);
  await two.run();
  const uidAt = (ms: number) => makeMeasurementUid(ms * 1_000, 'IT', 'tor', Buffer.from('x'));
  const invented = uidAt(Date.UTC(2026, 7, 21, 10));
  const elsewhere = uidAt(Date.UTC(2026, 7, 23, 10));
  const before = uidAt(Date.UTC(2026, 6, 1));
  const onItsWay = uidAt(Date.now());
  const rows = [own, own2, other, invented, elsewhere, before, onItsWay, 'zzz'];
  await one.clickhouse.command({
    query: `INSERT INTO fastpath (measurement_uid) VALUES ${rows.map((uid) => `('${uid}')`).join()}`,
  });
  const csv = join(dir, 'rows.csv');
  writeFileSync(csv, `measurement_uid\n${rows.join('\n')}\n`);

  const host = { config: one.configFile };
  const outsider = { bucket: one.config.s3.bucket, key, rows: csv };
  const said = (text: string) => [...text.matchAll(/problem: (\S+): has a row, but was not pub/g)];
  for (const args of [host, outsider]) {
    const all = (await check(args)).toString();
    t.same(
      said(all).map(([, uid]) => uid),
      [invented, elsewhere, 'zzz'],
    );
    const day = await check({ ...args, from: '20260821', to: '20260821' });
    t.same(
      said(day).map(([, uid]) => uid),
      [invented],
      'of the days that were asked for',
    );
  }
});
