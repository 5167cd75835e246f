/**
 * The commands around a run: what it would do, where things stand, and making a key.
 *
 * Covers src/uploader/commands/{dryRun, keygen, status}.ts, src/uploader/common/serviceUser.ts.
 */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parsePrivateKey } from '../../src/core/archive/note.ts';
import { readObject } from '../../src/edge/objects/readObject.ts';
import { makeLog } from '../../src/log/log.ts';
import { dryRunCommand } from '../../src/uploader/commands/dryRun.ts';
import { keygenCommand } from '../../src/uploader/commands/keygen.ts';
import { removeCommand } from '../../src/uploader/commands/remove.ts';
import { statusCommand } from '../../src/uploader/commands/status.ts';
import { serviceOwner } from '../../src/uploader/common/serviceUser.ts';
import { startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { fillSpool, type Host, makeHost, sampleContent } from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});

const samples = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => sampleContent(from + at));
const log = makeLog({ level: 'err', journald: false, write: () => {} });

async function dryRun(it: Host, hour?: string): Promise<string[]> {
  const lines: string[] = [];
  await dryRunCommand(
    { config: it.config, configFile: it.configFile, log, now: Date.now, hour },
    (line) => lines.push(line),
  );
  return lines;
}

async function status(it: Host, now = Date.now): Promise<string> {
  const lines: string[] = [];
  await statusCommand(it.config, it.configFile, now(), (line) => lines.push(line));
  return lines.join('\n');
}

for (const kind of stores.kinds)
  t.test(`dry run, ${kind.kind}`, async (t) => {
    const it = await makeHost(t.testdir(), kind, clickhouse.url);
    t.teardown(() => it.close());
    t.same(await dryRun(it), []);
    fillSpool(it, samples(3));
    fillSpool(it, samples(2), { test: 'tor' });
    const spool = () => readdirSync(it.spoolDir, { recursive: true }).sort();
    const before = spool();
    const tor = 'raw/20260821/10/IT/tor/2026082110_IT_tor.n1';
    const web = 'raw/20260821/10/IT/webconnectivity/2026082110_IT_webconnectivity.n1';
    const from = (count: number, key: string) =>
      new RegExp(`^publish ${count} measurements \\(\\d+ bytes in the folder\\) from ${key}`);
    const first = await dryRun(it);
    t.equal(first.length, 2);
    t.match(first[0]!, from(2, `${tor}\\.0\\.jsonl\\.gz on`));
    t.match(first[1]!, from(3, `${web}\\.0\\.jsonl\\.gz on`));
    t.same(await dryRun(it, '2026082109'), [], 'another hour');
    t.same(spool(), before, 'nothing has changed');

    await it.run();
    fillSpool(it, samples(4, 50), { fromUs: 50 });
    t.match(await dryRun(it), [from(4, `${web}\\.1\\.jsonl\\.gz on`)]);

    await t.rejects(
      it.run({
        afterStep: (step) => {
          if (step === 'built') throw new Error('stop here');
        },
      }),
    );
    t.same(await dryRun(it), [
      'go on with 2026082110_IT_webconnectivity.n1.1 (built): 4 measurements',
    ]);
    await it.run();
    t.same(await dryRun(it), []);
  });

t.test('status', async (t) => {
  // In the middle of an hour: its folder is open until the end of the test.
  const now = () => Date.UTC(2026, 7, 21, 13, 30);
  const kind = stores.kinds.find(({ kind }) => kind === 'S3')!;
  const it = await makeHost(t.testdir(), kind, clickhouse.url);
  t.teardown(() => it.close());
  const empty = await status(it, now);
  t.match(empty, /running now: +no\nlast success: +never\nruns: +0, of which 0 failed/);
  t.match(empty, /log, in the bucket: none/);
  fillSpool(it, [...samples(3), 'not JSON']);
  fillSpool(it, samples(1), { hourUs: (now() - 60_000) * 1000, test: 'tor' });
  t.match(
    await status(it, now),
    /waiting: +1 hour folders are due, the oldest of 2026-08-21T10:00/,
  );
  t.match(await status(it, now), /in the spool: +5 measurements, \d+ bytes, 2 hour folders/);
  t.match(await status(it, now), /_IT_tor {2}open {2}1 measurements/);

  let during = '';
  await it.run({
    now,
    afterStep: async (step) => {
      if (step === 'rows-inserted') during = await status(it, now);
    },
  });
  t.match(during, /running now: +yes/);
  t.match(during, /on their way: +1 cans\n {2}2026082110_IT_webconnectivity\.n1\.0 {2}uploaded/);

  const after = await status(it, now);
  t.match(after, /running now: +no\nlast success: +20\d\d-/);
  t.match(after, /published: +4 measurements in 1 cans/);
  t.match(after, /waiting: +0 hour folders are due\n/);
  t.match(after, /quarantined: +1 measurements/);
  t.match(after, /log, as last known: 4 entries\nlog, in the bucket: 4 entries/);
});

t.test('status and metrics tell of a removal that was not finished', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const dir = t.testdir();
  const metrics = join(dir, 'metrics.prom');
  const it = await makeHost(dir, kind, clickhouse.url, {
    extra: `metrics_textfile = "${metrics}"`,
  });
  t.teardown(() => it.close());
  const [sent] = fillSpool(it, samples(2));
  await it.run();
  await t.rejects(
    removeCommand({
      config: it.config,
      configFile: it.configFile,
      log,
      now: Date.now,
      uids: [sent!.uid],
      reason: 'asked for by the sender',
      dryRun: false,
      print: () => {},
      afterStep: (step) => {
        if (step === 'record-published') throw new Error('stop here');
      },
    }),
  );
  t.match(await status(it), /removal to finish: +2026082110_IT_webconnectivity\.n1\.0: run ooni-/);
  await it.run();
  t.match(readFileSync(metrics, 'utf8'), /\nooni_uploader_unfinished_removals 1\n/);
});

t.test("the log's name comes from the config, and stays", async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const it = await makeHost(t.testdir(), kind, clickhouse.url);
  t.teardown(() => it.close());
  const named = (origin: string) => {
    const text = readFileSync(it.configFile, 'utf8')
      .replace(/^log_(key_file|origin) = .*\n/gm, '')
      .replace(/^/, `log_origin = "${origin}"\n`);
    writeFileSync(it.configFile, text);
  };
  named('archive.example.org/n1');
  fillSpool(it, samples(1));
  await it.runFresh();
  const note = String(await readObject(it.store, 'log/n1/checkpoint'));
  t.match(note, /^archive\.example\.org\/n1\n1\n/);
  named('other.example.org/n1');
  await t.rejects(it.runFresh(), {
    message: /log_origin: expected the name in the log's key, which never changes: "archive/,
  });
  named('a b');
  await t.rejects(async () => it.runFresh(), /log_origin: expected a name without blanks/);
});

t.test('keygen', async (t) => {
  const file = join(t.testdir(), 'keys', 'log-key');
  const lines: string[] = [];
  await keygenCommand(file, 'example.org/n7', (line) => lines.push(line));
  const text = readFileSync(file, 'utf8');
  t.equal(parsePrivateKey(text)?.verifier.text, lines[0]);
  t.match(lines[0]!, /^example\.org\/n7\+[0-9a-f]{8}\+/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.same(readdirSync(join(file, '..')), ['log-key']);
  await t.rejects(
    keygenCommand(file, 'example.org/n7', () => {}),
    {
      message: /is there already/,
      exitCode: 64,
    },
  );
  t.equal(readFileSync(file, 'utf8'), text);
  await t.rejects(
    keygenCommand(`${file}2`, 'a b', () => {}),
    {
      message: /--origin/,
    },
  );
});

const NOT_ROOT = process.geteuid?.() === 0 ? false : 'only root can make files of others';
const SERVICE_UID = 64_321;

t.test(
  'root makes the key for the service, and does not run in its place',
  { skip: NOT_ROOT },
  async (t) => {
    const it = await makeHost(t.testdir(), stores.kinds[0]!, clickhouse.url);
    t.teardown(() => it.close());
    fillSpool(it, samples(1));
    mkdirSync(it.stateDir, { recursive: true });
    chownSync(it.stateDir, SERVICE_UID, SERVICE_UID);
    const owner = await serviceOwner(it.config);
    t.match(owner, { uid: SERVICE_UID, gid: SERVICE_UID });

    const key = join(it.stateDir, 'log-key');
    await keygenCommand(key, 'example.org/n7', () => {}, owner);
    t.match(statSync(key), { uid: SERVICE_UID, gid: SERVICE_UID });
    t.equal(statSync(key).mode & 0o777, 0o600);

    const before = readdirSync(it.dir, { recursive: true }).sort();
    await t.rejects(it.run(), { exitCode: 64, message: /say ooni-exec before ooni-uploader/ });
    await t.rejects(
      removeCommand({
        config: it.config,
        configFile: it.configFile,
        log,
        now: Date.now,
        uids: [],
        reason: 'r',
        dryRun: false,
        print: () => {},
      }),
      { exitCode: 64, message: /ooni-exec/ },
    );
    t.same(readdirSync(it.dir, { recursive: true }).sort(), before, 'it has made no file');

    rmSync(it.stateDir, { recursive: true });
    chownSync(join(it.spoolDir, 'outgoing'), SERVICE_UID, SERVICE_UID);
    await t.rejects(
      it.run(),
      { exitCode: 64, message: /ooni-exec/ },
      'on a host without a state folder too',
    );
  },
);

t.test('a run before the tables were made says so, and makes no key', async (t) => {
  const it = await makeHost(t.testdir(), stores.kinds[0]!, clickhouse.url, {
    database: 'ooni_not_there',
  });
  t.teardown(() => it.close());
  fillSpool(it, samples(1));
  const text = readFileSync(it.configFile, 'utf8');
  writeFileSync(it.configFile, text.replace(/^log_key_file = .*\n/m, ''));
  await t.rejects(it.runFresh(), {
    exitCode: 75,
    message: /lacks the migrations 1, .*: run ooni-api migrate/,
  });
  t.notOk(existsSync(join(it.stateDir, 'log-key')));
  t.equal(readdirSync(join(it.spoolDir, 'incoming')).length, 1, 'and nothing is lost');
});
