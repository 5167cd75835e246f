/**
 * Removals against real stores and the real engine: what goes, what stays, and what is declared.
 *
 * Covers src/uploader/commands/remove.ts, src/uploader/removal/{apply, find, rebuild, removalPlan}.ts.
 */
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import type { RemovedLeaf } from '../../src/core/archive/leaf.ts';
import { parsePublicKey } from '../../src/core/archive/note.ts';
import { parseRemoval } from '../../src/core/archive/removal.ts';
import { readTar } from '../../src/core/archive/tar.ts';
import { readObject } from '../../src/edge/objects/readObject.ts';
import { makeLog } from '../../src/log/log.ts';
import type { FatalError } from '../../src/program/cli.ts';
import { removeCommand } from '../../src/uploader/commands/remove.ts';
import { openReport } from '../../src/uploader/verify/report.ts';
import { verify } from '../../src/uploader/verify/verifyArchive.ts';
import { ask, startService } from '../api/support.ts';
import { startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import {
  filesBelow,
  fillSpool,
  HOUR,
  type Host,
  type jsonlRows,
  makeHost,
  objectsOf,
  publishedLines,
  readLog,
  type Sample,
  sampleContent,
  sampleLine,
} from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});

const REASON = 'asked for by the sender';
const KEY = `raw/20260821/10/IT/webconnectivity/${HOUR}_IT_webconnectivity.n1.0.jsonl.gz`;
const TAR = KEY.replace('.jsonl.gz', '.tar.gz');
const NOW = Date.UTC(2026, 10, 24, 5);
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

async function remove(
  host: Host,
  uids: readonly string[],
  change: {
    readonly reason?: string | undefined;
    readonly dryRun?: boolean;
    readonly afterStep?: (step: string) => void;
  } = {},
): Promise<string[]> {
  const said: string[] = [];
  await removeCommand({
    config: host.config,
    configFile: host.configFile,
    log: makeLog({ level: 'info', journald: false, write: () => {} }),
    now: () => NOW,
    uids,
    reason: REASON,
    dryRun: false,
    print: (line) => said.push(line),
    ...change,
  });
  return said;
}

/** Rows as the scorer writes them. */
async function insertScores(host: Host, samples: readonly Sample[]): Promise<void> {
  for (const table of ['fastpath', 'obs_openvpn'])
    await host.clickhouse.insert({
      table,
      values: samples.map(({ uid }) => ({ measurement_uid: uid, report_id: 'r', input: 'i' })),
      format: 'JSONEachRow',
    });
}
async function scored(host: Host, table = 'fastpath'): Promise<string[]> {
  const answer = await host.clickhouse.query({
    query: `SELECT measurement_uid FROM ${table} ORDER BY measurement_uid`,
    format: 'JSONEachRow',
  });
  return (await answer.json<{ measurement_uid: string }>()).map((row) => row.measurement_uid);
}
/** The newest row of each measurement. */
async function places(host: Host) {
  const answer = await host.clickhouse.query({
    query: 'SELECT * FROM jsonl FINAL ORDER BY s3path, linenum',
    format: 'JSONEachRow',
  });
  return answer.json<Awaited<ReturnType<typeof jsonlRows>>[number]>();
}
async function tarMembers(host: Host): Promise<Map<string, Buffer>> {
  const members = new Map<string, Buffer>();
  const tar = gunzipSync((await readObject(host.store, TAR))!);
  for await (const { name, bytes } of readTar([tar])) members.set(name.split('/')[1]!, bytes);
  return members;
}

/** What an outsider finds. */
async function check(host: Host) {
  const problems: string[] = [];
  const verifier = parsePublicKey(String(await readObject(host.store, 'log/n1/key')))!;
  const { removed } = await verify({
    objects: host.store,
    collectorId: '1',
    verifier,
    onlyNew: false,
    nowMs: NOW,
    report: openReport((line) => problems.push(line)),
    onLine: async () => {},
    onProgress: () => {},
  });
  return { problems, removed };
}

for (const kind of stores.kinds)
  t.test(`in ${kind.kind}`, async (t) => {
    const newHost = async (t: Test) => {
      const host = await makeHost(t.testdir(), kind, clickhouse.url, { memberBytes: 65_536 });
      t.teardown(() => host.close());
      return host;
    };

    t.test('the bodies go, all else stays and is found', async (t) => {
      const host = await newHost(t);
      const sent = fillSpool(
        host,
        Array.from({ length: 60 }, (_, at) => sampleContent(at, 16_000)),
      );
      await insertScores(host, sent);
      await host.run();
      const before = await objectsOf(host.store, 'raw/');
      const [a, b] = [sent[7]!, sent[40]!];
      const said = await remove(host, [b.uid, a.uid]);
      t.match(
        said.join('\n'),
        new RegExp(`${a.uid}: removed from ${HOUR}_IT_webconnectivity.n1.0`),
      );

      const lines = (await publishedLines(host.store)).map(({ text }) => text);
      t.same(
        lines,
        sent.map((_, at) => (at === 7 || at === 40 ? '{}' : sampleLine(at, 16_000))),
        'every line keeps its number and bytes',
      );
      const stay = sent.filter((one) => one !== a && one !== b);
      const members = await tarMembers(host);
      t.same(
        [...members.keys()],
        stay.map(({ uid }) => `${uid}.post`),
      );
      t.ok(stay.every(({ uid, post }) => members.get(`${uid}.post`)!.equals(post)));
      const stayUids = stay.map(({ uid }) => uid);
      for (const table of ['fastpath', 'obs_openvpn'])
        t.same(await scored(host, table), stayUids, `rows of ${table}`);

      const object = (await readObject(host.store, KEY))!;
      const rows = await places(host);
      t.same(
        rows.map((row) => row.measurement_uid),
        stayUids,
      );
      t.ok(new Set(rows.map((row) => row.member_offset_bytes)).size > 3, 'several members');
      for (const row of rows) {
        const start = Number(row.member_offset_bytes);
        const member = object.subarray(start, start + row.member_length_bytes);
        const line = gunzipSync(member).toString().split('\n')[row.member_line];
        if (line !== lines[row.linenum]) t.fail(`row of line ${row.linenum} leads elsewhere`);
      }

      const key = parsePublicKey(String(await readObject(host.store, 'log/n1/key')))!;
      const note = String(await readObject(host.store, `log/n1/removal/${a.uid}`));
      const objects = {
        jsonl: { old_sha256: sha256(before.get(KEY)!), new_sha256: sha256(object) },
        tar: {
          old_sha256: sha256(before.get(TAR)!),
          new_sha256: sha256((await readObject(host.store, TAR))!),
        },
      };
      t.same(parseRemoval(note, key), {
        kind: 'ok',
        record: {
          uid: a.uid,
          key: KEY,
          line: 7,
          line_sha256: sha256(sampleLine(7, 16_000)),
          ...objects,
          reason: REASON,
          time: '2026-11-24T05:00:00Z',
        },
      });
      const log = await readLog(host);
      t.equal(log.length, 62);
      const entry = { kind: 'removed', key: KEY, reason: REASON, time: '2026-11-24T05:00:00Z' };
      t.same(log.slice(60), [
        { ...entry, uid: a.uid, line: 7 },
        { ...entry, uid: b.uid, line: 40 },
      ] as RemovedLeaf[]);
      t.same(filesBelow(join(host.stateDir, 'removals')), [], 'no plan is left');

      t.test('verify finds a declared removal, and what is done without one', async (t) => {
        t.same(await check(host), { problems: [], removed: 2 });
        const text = gunzipSync(object).toString().split('\n');
        text[9] = '{}';
        await host.store.putBytes(KEY, gzipSync(text.join('\n')), 'application/gzip', {
          replace: true,
        });
        const { problems } = await check(host);
        t.equal(problems.length, 1);
        t.match(problems[0], /line 9: the body of .* no removal was declared/);
        await host.store.putBytes(KEY, object, 'application/gzip', { replace: true });
      });

      t.test('through the api', async (t) => {
        const api = await startService(t, {
          clickhouseUrl: clickhouse.url,
          config: { clickhouse: { url: clickhouse.url, database: host.database } },
          objects: () => host.store,
        });
        const url = `${api.url}/api/v1/measurement`;
        t.equal((await ask(`${url}/${a.uid}`)).status, 404);
        t.equal((await ask(`${url}/${a.uid}/proof`)).status, 404);
        t.match((await ask(`${url}/${sent[41]!.uid}/proof`)).json, {
          leaf_index: 41,
          tree_size: 62,
        });
      });

      t.test('again: nothing more to do', async (t) => {
        const bytes = await objectsOf(host.store, '');
        t.match((await remove(host, [a.uid])).join(), /was removed from .* before/);
        t.strictSame(await objectsOf(host.store, ''), bytes);
      });

      t.test('another of the same object, and a run afterwards', async (t) => {
        await remove(host, [sent[8]!.uid]);
        const lines = (await publishedLines(host.store)).map(({ text }) => text);
        t.same(
          lines.flatMap((line, at) => (line === '{}' ? [at] : [])),
          [7, 8, 40],
        );
        t.equal((await tarMembers(host)).size, 57);
        t.equal((await places(host)).length, 57);
        fillSpool(host, [sampleContent(99)], { test: 'tor' });
        await host.run();
        t.equal((await readLog(host)).length, 64);
      });
    });

    t.test('one that could not be parsed has its tar member taken out', async (t) => {
      const host = await newHost(t);
      const [, bad] = fillSpool(host, [sampleContent(0), 'no JSON', sampleContent(2)]);
      await host.run();
      t.equal((await tarMembers(host)).size, 3);
      t.same(filesBelow(join(host.spoolDir, 'quarantine')), [
        `${bad!.uid}.post.gz`,
        `${bad!.uid}.reason`,
      ]);
      await remove(host, [bad!.uid]);
      t.notOk((await tarMembers(host)).has(`${bad!.uid}.post`));
      t.equal((await publishedLines(host.store))[1]!.text, '{}');
      t.match((await readLog(host)).at(-1), { kind: 'removed', uid: bad!.uid });
      t.same(filesBelow(join(host.spoolDir, 'quarantine')), []);
      t.same(await check(host), { problems: [], removed: 1 });
    });

    t.test('--dry-run changes nothing', async (t) => {
      const host = await newHost(t);
      const sent = fillSpool(host, [sampleContent(0), sampleContent(1)]);
      await insertScores(host, sent);
      await host.run();
      const before = await objectsOf(host.store, '');
      const said = await remove(host, [sent[1]!.uid], { dryRun: true, reason: undefined });
      t.match(said[0], `${sent[1]!.uid}: published in ${KEY}; 3 rows`);
      t.strictSame(await objectsOf(host.store, ''), before);
      t.equal((await scored(host)).length, 2);
    });
  });

const folder = stores.kinds.find(({ kind }) => kind === 'folder')!;
const hostOf = async (t: Test, extra: Parameters<typeof makeHost>[3] = {}) => {
  const host = await makeHost(t.testdir(), folder, clickhouse.url, extra);
  t.teardown(() => host.close());
  return host;
};

t.test('not published yet: out of the spool and the tables', async (t) => {
  const host = await hostOf(t);
  const sent = fillSpool(host, [sampleContent(0), sampleContent(1)]);
  await insertScores(host, sent);
  const [gone, stays] = sent as [Sample, Sample];
  const incoming = join(host.spoolDir, 'incoming', `${HOUR}_IT_webconnectivity`);
  linkSync(join(incoming, `${gone.uid}.post`), join(host.spoolDir, 'pending', `${gone.uid}.post`));
  t.match((await remove(host, [gone.uid]))[0], /was not published; its copies and rows here/);
  t.same(filesBelow(incoming), [`${stays.uid}.post`]);
  t.same(filesBelow(join(host.spoolDir, 'pending')), []);
  t.same(await scored(host), [stays.uid]);
  await host.run();
  t.equal((await publishedLines(host.store)).length, 1);
});

t.test('what is refused', async (t) => {
  const host = await hostOf(t);
  const sent = fillSpool(host, [sampleContent(0), sampleContent(1)]);
  const { uid } = sent[0]!;
  await host.run();
  const before = await objectsOf(host.store, '');
  const refused = async (
    name: string,
    exitCode: number,
    text: RegExp,
    ...args: Parameters<typeof remove> extends [Host, ...infer Rest] ? Rest : never
  ) => {
    const error = (await remove(host, ...args).then(
      () => undefined,
      (error) => error,
    )) as FatalError | undefined;
    t.equal(error?.exitCode, exitCode, name);
    t.match(error?.message, text, name);
    t.strictSame(await objectsOf(host.store, ''), before, `${name}: nothing changed`);
  };
  await refused('no uid', 64, /expected a measurement uid, found "x"/, ['x']);
  await refused('no reason', 64, /--reason/, [uid], { reason: ' ' });
  await refused('a long reason', 64, /at most 4096/, [uid], { reason: 'x'.repeat(5000) });
  await refused('nothing asked', 64, /name a measurement uid/, []);
  await refused('unknown', 64, /no trace of/, [uid.replace(/.$/, (c) => (c === '0' ? '1' : '0'))]);

  const line = gunzipSync(before.get(KEY)!).toString().replace('example.org', 'example.com');
  await host.store.putBytes(KEY, gzipSync(line), 'application/gzip', { replace: true });
  before.set(KEY, (await readObject(host.store, KEY))!);
  await refused('an object that was altered', 69, /line 0 is not what was published/, [uid]);
  t.same(await remove(host, [uid], { dryRun: true }).then((said) => said.length), 2);
  t.ok(existsSync(join(host.stateDir, 'removals')));
});

t.test('a measurement of another host, or on its way', async (t) => {
  const dir = t.testdir({ a: {}, b: {} });
  const bucket = await folder.fresh();
  const one = await makeHost(join(dir, 'a'), folder, clickhouse.url, { bucket });
  const { database } = one;
  const two = await makeHost(join(dir, 'b'), folder, clickhouse.url, {
    bucket,
    database,
    collectorId: '2',
  });
  t.teardown(() => Promise.all([one.close(), two.close()]));
  const [there] = fillSpool(two, [sampleContent(1)]);
  await two.run();
  await t.rejects(remove(one, [there!.uid]), /collector_id 2, whose key must sign/);

  // Both have objects in one hour folder, and neither log ends where a tile does.
  const [here, ...more] = fillSpool(
    one,
    Array.from({ length: 300 }, (_, at) => sampleContent(100 + at)),
    { fromUs: 1_000 },
  );
  await one.run();
  fillSpool(two, [sampleContent(3)], { fromUs: 5_000 });
  await two.run();
  t.match(await remove(one, [here!.uid]), [/removed from/]);
  await t.rejects(remove(one, [there!.uid]), /collector_id 2, whose key must sign/);
  const [late] = fillSpool(one, [sampleContent(4)], { fromUs: 9_000 });
  t.match(await remove(one, [late!.uid]), [/was not published; its copies and rows here/]);

  // The table of the logs is lost: the logs themselves say the same.
  await one.clickhouse.command({ query: 'TRUNCATE TABLE archive_log' });
  t.match(await remove(one, [more[7]!.uid]), [/removed from/]);
  await t.rejects(remove(one, [there!.uid]), /collector_id 2, whose key must sign/);

  const [waiting] = fillSpool(one, [sampleContent(2)], { test: 'tor' });
  const stop = (step: string) => {
    if (step === 'uploaded') throw new Error('stopped');
  };
  await t.rejects(one.run({ afterStep: stop }));
  await t.rejects(remove(one, [waiting!.uid]), /is on its way into the archive/);
  await one.run();
  await remove(one, [waiting!.uid]);
  t.match((await readLog(one)).at(-1), { kind: 'removed', uid: waiting!.uid });
});

t.test('the state folder is lost in the middle of a removal', async (t) => {
  const steps = [
    'record-published',
    'removal-logged',
    'tar-replaced',
    'jsonl-replaced',
    'rows-moved',
  ];
  const dirs = t.testdir(Object.fromEntries(steps.map((step) => [step, {}])));
  for (const step of steps) {
    const host = await makeHost(join(dirs, step), folder, clickhouse.url, {
      memberBytes: 16_384,
    });
    t.teardown(() => host.close());
    const sent = fillSpool(
      host,
      Array.from({ length: 60 }, (_, at) => sampleContent(at, 8_000)),
    );
    await host.run();
    await t.rejects(
      remove(host, [sent[7]!.uid], {
        afterStep: (done) => {
          if (done === step) throw new Error('stop here');
        },
      }),
    );
    rmSync(host.stateDir, { recursive: true });
    await remove(host, [sent[7]!.uid]);
    const object = (await readObject(host.store, KEY))!;
    const lines = gunzipSync(object).toString().split('\n');
    t.equal(lines[7], '{}', step);
    const rows = await places(host);
    t.equal(rows.length, 59, step);
    const astray = rows.filter((row) => {
      const start = Number(row.member_offset_bytes);
      const member = gunzipSync(object.subarray(start, start + row.member_length_bytes));
      return member.toString().split('\n')[row.member_line] !== lines[row.linenum];
    });
    t.same(astray, [], `${step}: every row leads to its line`);
    t.same(await check(host), { problems: [], removed: 1 }, step);
  }
});

t.test('a tar that is not what was published is not signed for', async (t) => {
  const host = await hostOf(t);
  const sent = fillSpool(host, [sampleContent(0), sampleContent(1)]);
  await host.run();
  const tar = gunzipSync((await readObject(host.store, TAR))!);
  const at = tar.lastIndexOf('example.org');
  tar.write('example.com', at);
  await host.store.putBytes(TAR, gzipSync(tar), 'application/gzip', { replace: true });
  await t.rejects(
    remove(host, [sent[0]!.uid]),
    /tar.gz is not as it was published: its .*post is not what was published/,
  );
});

t.test('a file where the spool has none of ours is left alone', async (t) => {
  const host = await hostOf(t);
  const [gone] = fillSpool(host, [sampleContent(0)]);
  const other = join(host.spoolDir, 'quarantine', 'other.post');
  mkdirSync(join(host.spoolDir, 'quarantine'), { recursive: true });
  writeFileSync(other, 'x');
  await host.run();
  await remove(host, [gone!.uid]);
  t.equal(readFileSync(other, 'utf8'), 'x');
});
