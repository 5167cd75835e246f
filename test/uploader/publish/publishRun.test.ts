/**
 * Runs of the uploader against real stores and the real engine: what comes out, and what is left.
 *
 * Covers src/core/sql/archiveLog.ts, src/program/{clickhouse, diskTrouble, exitCodes, objectStore}.ts,
 * src/uploader/commands/run.ts, src/uploader/common/{afterStep, stateJson}.ts,
 * src/uploader/publish/{clockGuard, oldCollector, parts, publishedCans, steps, tlogQueue}.ts,
 * src/uploader/tlog/{tlog, tlogKey, tlogLeaves}.ts.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { encodePrivateKey } from '../../../src/core/archive/note.ts';
import { readTar } from '../../../src/core/archive/tar.ts';
import { FatalError } from '../../../src/program/cli.ts';
import { EXIT } from '../../../src/program/exitCodes.ts';
import { startStores } from '../../edge/objects/stores.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { mountSmallDisk } from '../../support/smallDisk.ts';
import {
  filesBelow,
  fillSpool,
  HOUR,
  jsonlRows,
  makeHost,
  objectsOf,
  publishedLines,
  sampleContent,
  sampleLine,
} from '../fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});

const PREFIX = 'raw/20260821/10/IT/webconnectivity/';
const NAME = `${HOUR}_IT_webconnectivity.n1`;
const keyOf = (k: number) => `${PREFIX}${NAME}.${k}.jsonl.gz`;
const samples = (count: number, from = 0, bytes = 400) =>
  Array.from({ length: count }, (_, at) => sampleContent(from + at, bytes));

for (const kind of stores.kinds)
  t.test(`into ${kind.kind}`, async (t) => {
    const host = async (t: Test, options: Parameters<typeof makeHost>[3] = {}) => {
      const made = await makeHost(t.testdir(), kind, clickhouse.url, options);
      t.teardown(() => made.close());
      return made;
    };

    t.test('an hour folder becomes a tar, a JSONL and rows, and is gone', async (t) => {
      const it = await host(t);
      const sent = fillSpool(it, samples(25));
      await it.run();
      const objects = await objectsOf(it.store, 'raw/');
      const tarKey = keyOf(0).replace('.jsonl.gz', '.tar.gz');
      t.same([...objects.keys()], [keyOf(0), tarKey]);

      const tar: { name: string; bytes: Buffer }[] = [];
      for await (const member of readTar([gunzipSync(objects.get(tarKey)!)])) tar.push(member);
      t.same(
        tar.map(({ name }) => name),
        sent.map(({ uid }) => `${HOUR}_IT_webconnectivity/${uid}.post`),
        'tar: sorted, in a folder',
      );
      t.ok(
        tar.every(({ bytes }, at) => bytes.equals(sent[at]!.post)),
        'tar: bytes unchanged',
      );

      t.same(
        (await publishedLines(it.store)).map(({ text }) => text),
        sent.map((_, at) => sampleLine(at)),
        'JSONL: the content without blanks, all else as it was',
      );

      const rows = await jsonlRows(it);
      t.same(
        rows.map((row) => [row.measurement_uid, row.linenum, row.report_id, row.input]),
        sent.map(({ uid }, at) => [
          uid,
          at,
          `20260821T100000Z_webconnectivity_IT_30722_n1_${at}`,
          `https://example.org/${at}`,
        ]),
      );
      t.ok(rows.every(({ s3path }) => s3path === keyOf(0)));
      t.ok(rows.every(({ date, source }) => date === '2026-08-21' && source === 'n1'));

      t.same(readdirSync(join(it.spoolDir, 'incoming')), [], 'the hour folder is gone');
      t.same(readdirSync(join(it.spoolDir, 'outgoing')), ['lock']);
    });

    t.test('each row names the gzip member with its line', async (t) => {
      const it = await host(t, { memberBytes: 4_096 });
      fillSpool(it, samples(2_500, 0, 88));
      // A line longer than a member, in the middle.
      fillSpool(it, [sampleContent(1_000_000, 300_000)], { fromUs: 1_000 });
      await it.run();
      const rows = await jsonlRows(it);
      const lines = await publishedLines(it.store);
      const wrong = [];
      for (const row of rows) {
        const member = await it.store.readRange(
          row.s3path,
          Number(row.member_offset_bytes),
          row.member_length_bytes,
        );
        const text = gunzipSync(member!).toString().split('\n');
        if (text[row.member_line] !== lines[row.linenum]!.text) wrong.push(row.linenum);
      }
      t.equal(rows.length, 2_501);
      t.same(wrong, []);
      const long = rows.find(({ input }) => input.endsWith('/1000000'))!;
      const sameMember = rows.filter(
        ({ member_offset_bytes }) => member_offset_bytes === long.member_offset_bytes,
      );
      t.equal(sameMember.length, 1, 'a long line is a member of its own');
      const members = new Set(rows.map(({ member_offset_bytes }) => member_offset_bytes));
      t.ok(members.size > 3, `${members.size} members`);
    });

    t.test('a can is full when its compressed tar is; the next one follows', async (t) => {
      const it = await host(t, { canMaxBytes: 100_000 });
      const sent = fillSpool(it, samples(60, 0, 40_000));
      await it.run();
      const lines = await publishedLines(it.store);
      const cans = [...new Set(lines.map(({ key }) => key))];
      t.ok(cans.length > 3, `${cans.length} cans`);
      t.same(
        cans,
        cans.map((_, k) => keyOf(k)),
      );
      t.same(
        lines.map(({ text }) => text),
        sent.map((_, at) => sampleLine(at, 40_000)),
      );
      t.equal((await jsonlRows(it)).length, 60);
    });

    t.test('late measurements get a can of their own, with and without state', async (t) => {
      const it = await host(t);
      const sent = fillSpool(it, samples(3));
      await it.run();
      const first = await objectsOf(it.store, 'raw/');
      sent.push(...fillSpool(it, samples(2, 100), { fromUs: 500 }));
      await it.run();
      rmSync(it.stateDir, { recursive: true });
      sent.push(...fillSpool(it, samples(2, 200), { fromUs: 900 }));
      await it.run();
      const lines = await publishedLines(it.store);
      t.same(
        lines.map(({ key }) => key),
        [0, 0, 0, 1, 1, 2, 2].map(keyOf),
      );
      const after = await objectsOf(it.store, 'raw/');
      for (const [key, bytes] of first) t.ok(after.get(key)?.equals(bytes), `${key} is untouched`);
      t.same(
        (await jsonlRows(it)).map(({ measurement_uid }) => measurement_uid),
        sent.map(({ uid }) => uid),
      );
    });

    t.test('what cannot be parsed keeps its line, and a copy in quarantine', async (t) => {
      const it = await host(t);
      const bad = [
        ['not JSON', Buffer.from('{"format":"json","content":{]}')],
        ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
        ['an unknown format', Buffer.from('{"format":"avro","content":{"a":1}}')],
        ['YAML that is none', Buffer.from('{"format":"yaml","content":"---\\na: [1"}')],
        ['YAML that is part of itself', Buffer.from('{"format":"yaml","content":"&a\\nb: *a"}')],
        ['content that is no object', Buffer.from('{"format":"json","content":[1]}')],
        ['empty', Buffer.alloc(0)],
      ] as const;
      const good = fillSpool(it, samples(1));
      const sent = fillSpool(
        it,
        bad.map(([, post]) => post),
        { fromUs: 10 },
      );
      const last = fillSpool(it, samples(1, 1), { fromUs: 20 });
      await it.run();
      t.same(
        (await publishedLines(it.store)).map(({ text }) => text),
        [sampleLine(0), ...bad.map(() => '{}'), sampleLine(1)],
      );
      const rows = await jsonlRows(it);
      t.same(
        rows.map(({ measurement_uid, linenum }) => [measurement_uid, linenum]),
        [
          [good[0]!.uid, 0],
          [last[0]!.uid, bad.length + 1],
        ],
        'no row for a {} line',
      );
      for (const [at, { uid, post }] of sent.entries()) {
        const kept = gunzipSync(readFileSync(join(it.spoolDir, 'quarantine', `${uid}.post.gz`)));
        t.ok(kept.equals(post), `${bad[at]![0]}: the bytes are kept`);
        t.match(readFileSync(join(it.spoolDir, 'quarantine', `${uid}.reason`), 'utf8'), /\w/);
      }
    });

    t.test('YAML of old probes becomes JSON', async (t) => {
      const it = await host(t);
      const yaml = '---\nreport_id: r\ninput: null\ntest_keys: {a: [1, 2.5]}\n';
      fillSpool(it, [Buffer.from(JSON.stringify({ format: 'yaml', content: yaml }))]);
      await it.run();
      t.same(
        (await publishedLines(it.store)).map(({ text }) => text),
        ['{"report_id":"r","input":null,"test_keys":{"a":[1,2.5]}}'],
      );
      t.equal((await jsonlRows(it))[0]!.report_id, 'r');
    });

    t.test('report_id and input as the api and the scorer have them', async (t) => {
      const it = await host(t);
      const cases = [
        ['neither', '{"a":1}', '', ''],
        ['null', '{"report_id":null,"input":null}', '', ''],
        ['a list', '{"report_id":"r","input":["a","b"]}', 'r', '{a,b}'],
        ['escapes', '{"report_id":"r\\u0041","input":"\\u00e9\\"\\\\\'"}', 'rA', 'é"\\\''],
        ['a lone surrogate', '{"report_id":"r","input":"x\\ud800y"}', 'r', 'x\ufffdy'],
        [
          'line separators',
          '{"report_id":"r\u2028","input":"a\\nb\\u0000c"}',
          'r\u2028',
          'a\nb\0c',
        ],
        ['the last of two', '{"input":"one","input":"two"}', '', 'two'],
      ] as const;
      fillSpool(
        it,
        cases.map(([, content]) => content),
      );
      await it.run();
      const rows = await jsonlRows(it);
      for (const [at, [name, , reportId, input]] of cases.entries())
        t.same([rows[at]!.report_id, rows[at]!.input], [reportId, input], name);
    });

    t.test('only what is due, and only what is ours', async (t) => {
      const it = await host(t);
      const hourUs = Date.UTC(2026, 7, 21, 12) * 1000;
      fillSpool(it, samples(1), { hourUs, test: 'tor' });
      fillSpool(it, samples(1), { hourUs: hourUs - 3_600_000_000, test: 'tor' });
      fillSpool(it, samples(1), { hourUs: hourUs - 7_200_000_000, test: 'tor' });
      const incoming = join(it.spoolDir, 'incoming');
      const foreign = [
        join(incoming, '2026082110_IT_tor', 'being-written.post.tmp'),
        join(incoming, 'README'),
      ];
      for (const file of foreign) writeFileSync(file, 'x');
      writeFileSync(join(incoming, '2026082110_IT_tor', 'stranger.post'), 'x');

      // 12:04:59: the margin of five minutes after 11 o'clock's end is not over.
      await it.run({ now: () => Date.UTC(2026, 7, 21, 12, 4, 59) });
      const keys = async () =>
        [...(await objectsOf(it.store, 'raw/')).keys()].filter((key) => key.endsWith('jsonl.gz'));
      t.same(await keys(), ['raw/20260821/10/IT/tor/2026082110_IT_tor.n1.0.jsonl.gz']);
      t.ok(foreign.every(existsSync), 'nothing else is deleted');
      t.ok(
        existsSync(join(it.spoolDir, 'quarantine', 'stranger.post')),
        'a .post that is no measurement goes to quarantine',
      );

      await t.rejects(it.run({ now: () => Date.UTC(2026, 7, 21, 12, 4, 59), hour: '2026082111' }), {
        message: /the hour 2026082111 is not over.*2026-08-21T12:05:00/,
        exitCode: 64,
      });
      await it.run({ now: () => Date.UTC(2026, 7, 21, 14), hour: '2026082112' });
      t.equal((await keys()).length, 2, '--hour takes one hour');
      t.ok(existsSync(join(incoming, '2026082111_IT_tor')));
      await it.run({ now: () => Date.UTC(2026, 7, 21, 14) });
      t.equal((await keys()).length, 3);
    });

    t.test('a file that cannot be read stops its folder and nothing else', async (t) => {
      const it = await host(t);
      const [first] = fillSpool(it, samples(3), { test: 'dnscheck' });
      fillSpool(it, samples(2), { test: 'tor' });
      const file = join(it.spoolDir, 'incoming', `${HOUR}_IT_dnscheck`, `${first!.uid}.post`);
      rmSync(file);
      mkdirSync(file);
      // A disk of its own: it cannot be read as a file, and cannot be moved away.
      const disk = await mountSmallDisk(file);
      if (disk === undefined) return t.comment('mounting a small file system is not allowed here');
      t.teardown(disk.unmount);
      const waits = { message: /1 hour folders wait for an operator/, exitCode: 69 };
      await t.rejects(it.run(), waits);
      t.match(it.logged.join(''), new RegExp(`${first!.uid}.post.*EBUSY`));
      t.match(it.logged.join(''), /its hour folder waits, the others go on/);
      t.equal((await publishedLines(it.store)).length, 2, 'the other folder is published');
      await t.rejects(it.run(), waits, 'it stays so');
      await disk.unmount();
      rmSync(file, { recursive: true });
      await it.run();
      t.equal((await publishedLines(it.store)).length, 4);
      t.same(readdirSync(join(it.spoolDir, 'incoming')), []);
    });

    t.test('a folder that cannot be emptied holds up no other', async (t) => {
      const it = await host(t);
      const [first] = fillSpool(it, samples(1), { test: 'dnscheck' });
      fillSpool(it, samples(2), { test: 'tor' });
      const file = join(it.spoolDir, 'incoming', `${HOUR}_IT_dnscheck`, `${first!.uid}.post`);
      await t.rejects(
        it.run({
          afterStep: (step) => {
            // Between the rows and the deletion, a folder comes to stand in the file's place.
            if (step !== 'log-rows-inserted') return;
            rmSync(file);
            mkdirSync(join(file, 'x'), { recursive: true });
          },
        }),
        /1 hour folders wait for an operator/,
      );
      t.equal((await publishedLines(it.store)).length, 3);
      t.notOk(existsSync(join(it.spoolDir, 'incoming', `${HOUR}_IT_tor`)));
      await t.rejects(it.run(), /1 hour folders wait for an operator/);
      rmSync(file, { recursive: true });
      await it.run();
      t.equal((await publishedLines(it.store)).length, 3, 'published once');
      t.same(readdirSync(join(it.spoolDir, 'outgoing')), ['lock']);
    });

    t.test('a key that is taken stops its folder and nothing else', async (t) => {
      const it = await host(t);
      fillSpool(it, samples(2));
      fillSpool(it, samples(2), { test: 'tor' });
      let taken: Promise<void> | undefined;
      await t.rejects(
        it.run({
          // Another host with the same collector_id comes between our look and our upload.
          afterStep: async (step) => {
            if (step !== 'built') return;
            taken ??= it.store.putBytes(
              'raw/20260821/10/IT/tor/2026082110_IT_tor.n1.0.tar.gz',
              Buffer.from('theirs'),
              'application/gzip',
            );
            await taken;
          },
        }),
        { message: /1 hour folders wait for an operator/, exitCode: 69 },
      );
      t.match(it.logged.join(''), /does another host have the same collector_id/);
      t.equal((await publishedLines(it.store)).length, 2, 'the other folder is published');
      t.equal(filesBelow(join(it.spoolDir, 'incoming')).length, 2, 'nothing is lost');
      await t.rejects(it.run(), /wait for an operator/, 'it stays so');
      // What docs/archive.md says.
      rmSync(join(it.spoolDir, 'outgoing', '2026082110_IT_tor.n1.0.json'));
      await it.run();
      t.equal((await publishedLines(it.store)).length, 4);
      t.equal((await jsonlRows(it)).length, 4);
    });
  });

const folder = stores.kinds.find(({ kind }) => kind === 'folder')!;

t.test('a can of full size goes to S3 whole', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'S3')!;
  const it = await makeHost(t.testdir(), kind, clickhouse.url);
  t.teardown(() => it.close());
  const sent = fillSpool(it, samples(62, 0, 470_000));
  await it.run();
  const sizes = [];
  for await (const { key, sizeBytes } of it.store.list('raw/'))
    if (key.endsWith('.tar.gz')) sizes.push(sizeBytes);
  t.equal(sizes.length, 2);
  t.ok(sizes[0]! >= 20_000_000, `${sizes[0]} bytes`);
  t.same(
    (await publishedLines(it.store)).map(({ text }) => text),
    sent.map((_, at) => sampleLine(at, 470_000)),
  );
  t.equal((await jsonlRows(it)).length, sent.length);
});

t.test('of two uploaders at once, the second leaves', async (t) => {
  const it = await makeHost(t.testdir(), folder, clickhouse.url);
  t.teardown(() => it.close());
  fillSpool(it, samples(5));
  let second: unknown;
  await it.run({
    afterStep: async () => {
      second ??= await it.run().catch((error) => error);
    },
  });
  t.match(second, { message: /another ooni-uploader is at work/, exitCode: 69 });
  t.equal((await publishedLines(it.store)).length, 5);
  await it.run();
});

t.test('a clock that went backwards', async (t) => {
  const it = await makeHost(t.testdir(), folder, clickhouse.url);
  t.teardown(() => it.close());
  const at = Date.UTC(2026, 7, 21, 12, 30);
  await it.run({ now: () => at });
  await it.run({ now: () => at - 2_000 });
  fillSpool(it, samples(1));
  await t.rejects(it.run({ now: () => at - 3_600_000 }), {
    message: /the clock says 2026-08-21T11:30.*but the last run was at 2026-08-21T12:/,
    exitCode: 69,
  });
  t.equal(filesBelow(join(it.spoolDir, 'incoming')).length, 1);
  await it.run({ now: () => at + 3_600_000 });
  t.equal((await publishedLines(it.store)).length, 1);
});

t.test('cans that were begun under a former collector_id', async (t) => {
  const rebuilt = { id: '2', lines: 2, rows: 2 };
  const cases = [
    ['built', rebuilt],
    ['tar-uploaded', 'refused'],
    ['uploaded', 'refused'],
    ['indexed', 'refused'],
    ['log-places-decided', 'refused'],
    ['checkpoint-uploaded', { ...rebuilt, id: '1' }],
  ] as const;
  for (const [step, expected] of cases)
    await t.test(step, async (t) => {
      const dir = t.testdir();
      const it = await makeHost(dir, folder, clickhouse.url);
      t.teardown(() => it.close());
      fillSpool(it, samples(2));
      await t.rejects(
        it.run({
          afterStep: (done) => {
            if (done === step) throw new Error('stop here');
          },
        }),
      );
      const former = readFileSync(it.configFile, 'utf8');
      writeFileSync(
        join(dir, 'log-key-2'),
        encodePrivateKey('example.org/n2', Buffer.alloc(32, 8)),
      );
      writeFileSync(
        it.configFile,
        former
          .replace('collector_id = "1"', 'collector_id = "2"')
          .replace('/log-key"', '/log-key-2"'),
      );
      if (expected === 'refused') {
        fillSpool(it, samples(1), { test: 'tor' });
        await t.rejects(it.runFresh(), { message: /1 hour folders wait/, exitCode: 69 });
        t.match(
          it.logged.join(''),
          /under the collector_id 1, and not in that log: put collector_id .* back/,
        );
        const others = await publishedLines(it.store);
        t.ok(
          others.some(({ key }) => key.includes('_tor.n2.0')),
          'another folder goes on',
        );
        writeFileSync(it.configFile, former);
      }
      await it.runFresh();
      const { id, lines, rows } = expected === 'refused' ? { ...rebuilt, id: '1' } : expected;
      const published = (await publishedLines(it.store)).filter(({ key }) => !key.includes('tor'));
      t.equal(published.length, lines);
      t.ok(published.every(({ key }) => key.includes(`.n${id}.`)));
      const of = (await jsonlRows(it)).filter(({ s3path }) => !s3path.includes('tor'));
      t.equal(of.length, rows);
      t.equal((await it.store.head(`log/n${id}/checkpoint`)) !== undefined, true);
      t.same(readdirSync(join(it.spoolDir, 'outgoing')), ['lock']);
      t.same(readdirSync(join(it.spoolDir, 'incoming')), []);
    });
});

t.test('services that are down: nothing is lost, the next run goes on', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'S3')!;
  const it = await makeHost(t.testdir(), kind, clickhouse.url);
  t.teardown(() => it.close());
  fillSpool(it, samples(5));
  const textOf = (file: string) => readFileSync(file, 'utf8');
  const good = textOf(it.configFile);
  const { port } = new URL(clickhouse.url);
  const downs = [
    ['ClickHouse', good.replace(port, '9'), /cannot ask ClickHouse at http:\/\/127.0.0.1:9/, 75],
    [
      'S3',
      good.replace(/endpoint = ".*"/, 'endpoint = "http://127.0.0.1:9"'),
      /cannot read the log at s3:/,
      69,
    ],
    [
      'the bucket',
      good.replace(/bucket = ".*"/, 'bucket = "no-such-bucket"'),
      /cannot .* s3:..no-such-bucket/,
      69,
    ],
  ] as const;
  for (const [name, config, message, exitCode] of downs) {
    writeFileSync(it.configFile, config);
    await t.rejects(it.runFresh(), { message, exitCode }, name);
  }
  writeFileSync(it.configFile, good);
  await it.runFresh();
  t.equal((await publishedLines(it.store)).length, 5);
  t.equal((await jsonlRows(it)).length, 5);
});

t.test('the metrics file tells of good and bad runs', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'metrics.prom');
  const it = await makeHost(dir, folder, clickhouse.url, {
    extra: `metrics_textfile = "${file}"`,
  });
  t.teardown(() => it.close());
  fillSpool(it, [...samples(3), Buffer.from('x')]);
  const now = Date.UTC(2026, 7, 21, 13);
  // As the service has it: node_exporter is another user.
  const umask = process.umask(0o007);
  await it.run({ now: () => now }).finally(() => process.umask(umask));
  t.equal(statSync(file).mode & 0o777, 0o644, 'anyone may read it');
  const good = readFileSync(file, 'utf8');
  for (const line of [
    'ooni_uploader_cans_total 1',
    'ooni_uploader_measurements_total 4',
    'ooni_uploader_unparsed_measurements_total 1',
    `ooni_uploader_last_success_timestamp_seconds ${now / 1000}`,
    'ooni_uploader_oldest_waiting_hour_timestamp_seconds 0',
    'ooni_uploader_quarantined_measurements 1',
    'ooni_uploader_log_leaves 4',
    'ooni_uploader_failed_runs_total 0',
  ])
    t.ok(good.includes(`\n${line}\n`), line);
  fillSpool(it, samples(1), { fromUs: 50 });
  await t.rejects(
    it.run({
      now: () => now + 1000,
      afterStep: (step) => {
        if (step === 'built') throw Object.assign(new Error('no space'), { syscall: 'write' });
      },
    }),
    { message: /trouble with the disk/, exitCode: 74 },
  );
  const bad = readFileSync(file, 'utf8');
  for (const line of [
    'ooni_uploader_failed_runs_total 1',
    `ooni_uploader_last_success_timestamp_seconds ${now / 1000}`,
    `ooni_uploader_oldest_waiting_hour_timestamp_seconds ${Date.UTC(2026, 7, 21, 10) / 1000}`,
    'ooni_uploader_waiting_hour_folders 1',
  ])
    t.ok(bad.includes(`\n${line}\n`), line);
});

t.test('a full disk does not hide the failure that mattered', async (t) => {
  const it = await makeHost(t.testdir(), folder, clickhouse.url);
  t.teardown(() => it.close());
  fillSpool(it, samples(2));
  const totals = join(it.stateDir, 'totals.json');
  const noTotals = (step: string) => {
    // Nothing can be written under that name any more.
    if (step !== 'built') return;
    rmSync(totals, { force: true });
    mkdirSync(join(totals, 'x'), { recursive: true });
  };
  await t.rejects(
    it.run({
      afterStep: (step) => {
        noTotals(step);
        if (step === 'tar-uploaded') throw new FatalError('what mattered', EXIT.unavailable);
      },
    }),
    { message: 'what mattered', exitCode: 69 },
  );
  t.match(it.logged.join(''), /warning: cannot keep the counts of this run.*(?:EISDIR|ENOTEMPTY)/);
  rmSync(totals, { recursive: true });
  writeFileSync(totals, '{"runs": "many"}');
  fillSpool(it, samples(1), { test: 'tor' });
  await t.rejects(it.run({ afterStep: noTotals }), {
    message: /trouble with the disk/,
    exitCode: 74,
  });
  t.equal((await publishedLines(it.store)).length, 3, 'and holds nothing up');
});

t.test('a state folder that cannot be written to is no bug', async (t) => {
  const it = await makeHost(t.testdir(), folder, clickhouse.url);
  t.teardown(() => it.close());
  mkdirSync(join(it.stateDir, 'clock', 'x'), { recursive: true });
  await t.rejects(it.run(), { message: /trouble with the disk/, exitCode: 74 });
});

t.test('a damaged checkpoint is not called a lost key', async (t) => {
  const it = await makeHost(t.testdir(), folder, clickhouse.url);
  t.teardown(() => it.close());
  fillSpool(it, samples(2));
  await it.run();
  const key = 'log/n1/checkpoint';
  const good = (await objectsOf(it.store, key)).get(key)!;
  const put = (bytes: Uint8Array) => it.store.putBytes(key, bytes, 'text/plain', { replace: true });
  const flipped = Buffer.from(good);
  flipped[good.indexOf('\n') + 1]! ^= 1;
  for (const bytes of [flipped, good.subarray(0, -20), Buffer.alloc(good.length)]) {
    await put(bytes);
    await t.rejects(it.run(), {
      message: /is damaged: .*the key is not at fault.*"A damaged checkpoint"/,
      exitCode: 69,
    });
  }
  await put(good);
  await it.run();
});
