/**
 * Covers src/fastpath/commands/replay.ts, src/fastpath/replay/{replayMessages, replayProgress, replayRows,
 * replayRun, replayThread, replayUids, scorer}.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { derivedUid } from '../../../src/core/replay/derivedUid.ts';
import { startStores } from '../../edge/objects/stores.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { blocked, gz, lines, lz4, measurement, newUid, post, START_TIME, tar } from './archive.ts';
import { DAY, replayFixture, startEndlessThread } from './fixture.ts';

const server = await startClickHouse();
t.teardown(() => server.stop());
const stores = await startStores();
t.teardown(() => stores.stop());

const CAN = 'raw/20210817/15/IT/ndt/2021081715_IT_ndt.n0';
const derived = (value: unknown) => derivedUid(Buffer.from(lines(value)), START_TIME);

for (const kind of stores.kinds) {
  t.test(`a day of a bucket in ${kind.kind}`, async (t) => {
    const { store, bucket } = await kind.fresh();
    const fixture = await replayFixture(t, server, { store, bucket, settings: kind.settings });
    const uids = [newUid(), newUid('webconnectivity'), newUid(), newUid()];
    await fixture.put(
      `${CAN}.0.tar.gz`,
      gz(
        await tar({
          [`${uids[0]}.post`]: post(measurement(), 't'),
          [`${uids[1]}.post`]: post(blocked()),
        }),
      ),
    );
    // Holds the same, and must not be read: it would make rows with other uids.
    await fixture.put(`${CAN}.0.jsonl.gz`, gz(lines(measurement(), blocked())));
    // Some old ones were never compressed.
    await fixture.put(
      'raw/20210817/16/FR/ndt/2021081716_FR_ndt.n0.0.tar.gz',
      await tar({ [`${uids[2]}.post`]: post(measurement({ probe_cc: 'FR' })) }),
    );
    await fixture.put(
      'raw/20210818/00/IT/ndt/2021081800_IT_ndt.n0.0.tar.gz',
      gz(await tar({ [`${uids[3]}.post`]: post(measurement()) })),
    );

    const dry = await fixture.replay({ ...DAY, dryRun: true });
    t.match(
      dry.out,
      /^\d+\traw\/20210817\/15\/IT.*\.tar\.gz\n\d+\traw\/20210817\/16\/FR\/.*\.tar\.gz\n$/,
    );
    t.strictSame(await fixture.rows(), [], 'a dry run writes nothing');

    t.equal((await fixture.replay({ ...DAY, country: 'IT' })).code, 0);
    t.match(await fixture.rows(), [
      { uid: uids[0], test_name: 'ndt', is_verified: 't' },
      { uid: uids[1], test_name: 'web_connectivity', confirmed: 't', is_verified: 'u' },
    ]);
    const { code, err } = await fixture.replay(DAY);
    t.equal(code, 0);
    t.match(err, /replay done measurements=3 rows=3 discarded=0 .* objects=2 damagedObjects=0/);
    t.match(
      (await fixture.rows()).map(({ uid }) => uid),
      uids.slice(0, 3),
    );
  });
}

t.test('a second replay replaces rows, whatever was inserted before', async (t) => {
  const fixture = await replayFixture(t, server);
  const dir = t.testdir();
  const uid = newUid('webconnectivity');
  writeFileSync(join(dir, `${uid}.post`), post(blocked()));
  const confirmed = async () => (await fixture.rows()).map((row) => row.confirmed);
  await fixture.replay({ files: [dir] });
  t.strictSame(await confirmed(), ['t']);
  // The same uids in the same order: ClickHouse must not take the batch for the first one again.
  await fixture.fingerprint('something else');
  await fixture.replay({ files: [dir] });
  t.strictSame(await confirmed(), ['f']);
});

t.test('uids of JSONL lines', async (t) => {
  const { store, bucket } = await stores.kinds[1]!.fresh();
  const fixture = await replayFixture(t, server, { store, bucket, settings: '' });
  const indexed = measurement();
  const old = measurement({ input: "http://it's.example/\\" });
  const unknown = measurement();
  const twice = measurement();
  const again = measurement();
  const key = `${CAN}.0.jsonl.gz`;
  // The probe cannot verify itself.
  const forged = { ...indexed, is_verified: 't', format: 'json', content: {} };
  await fixture.put(key, gz(lines('{}', forged, '', old, unknown, twice, again)));
  const uids = [newUid(), newUid(), newUid(), newUid()];
  const index = (linenum: number, reportId: unknown, s3path: string, measurement_uid: string) => ({
    report_id: reportId,
    input: '',
    s3path,
    linenum,
    measurement_uid,
  });
  await fixture.client.insert({
    table: 'jsonl',
    values: [
      index(1, indexed.report_id, key, uids[0]!),
      // Rows that belong to something else, or say nothing.
      index(1, indexed.report_id, `${CAN}.1.jsonl.gz`, newUid()),
      index(3, unknown.report_id, key, newUid()),
      index(4, unknown.report_id, key, ''),
    ],
    format: 'JSONEachRow',
  });
  const row = (of: Record<string, unknown>, uid: string, verified: string) => ({
    measurement_uid: uid,
    report_id: of.report_id,
    input: of.input ?? '',
    measurement_start_time: START_TIME,
    is_verified: verified,
  });
  await fixture.client.insert({
    table: 'fastpath',
    values: [
      row(old, uids[1]!, 't'),
      row(twice, uids[2]!, 'u'),
      row(twice, uids[3]!, 'u'),
      row(again, derived(again), 'f'),
      row(again, newUid(), 'u'),
      row({ ...unknown, input: 'other' }, newUid(), 'u'),
    ],
    format: 'JSONEachRow',
  });
  const { code, err } = await fixture.replay(DAY);
  t.equal(code, 0);
  t.match(err, /warning: measurement not replayed .*2 rows have its report id/);
  t.match(err, /measurements=6 rows=4 discarded=0 unwanted=0 empty=1 failed=1/);
  const scored = (await fixture.rows()).filter(({ scores }) => scores !== '');
  const found = scored.map(({ uid, report_id, is_verified }) => [report_id, uid, is_verified]);
  t.strictSame(
    found.sort(),
    [
      [indexed.report_id, uids[0], 'u'],
      [old.report_id, uids[1], 't'],
      [unknown.report_id, derived(unknown), 'u'],
      [again.report_id, derived(again), 'f'],
    ].sort(),
  );
});

t.test('legacy layouts', async (t) => {
  const { store, bucket } = await stores.kinds[1]!.fresh();
  const fixture = await replayFixture(t, server, { store, bucket, settings: '' });
  const at = {
    test_start_time: '2016-07-06 00:00:46',
    measurement_start_time: '2016-07-06 00:00:47',
  };
  const inCan = [0, 1, 2].map(() => measurement(at));
  const french = measurement({ ...at, probe_cc: 'FR' });
  const whatsapp = measurement({ ...at, test_name: 'whatsapp' });
  const inJsonl = measurement(at);
  const entry = '---\ninput: http://a.example/\ncontrol_failure: x\n...\n';
  const report = `---\nprobe_cc: IT\nprobe_asn: AS1\ntest_name: HTTP Requests Test\nreport_id: yaml_report\nsoftware_name: ooniprobe\nstart_time: 1467763246.0\n...\n${entry}---\nnull\n...\n---\n[1\n...\n`;
  await fixture.put(
    'canned/2016-07-07/20160706T000046Z-IT-AS1-ndt-x-0.2.0-probe.json.lz4',
    lz4(lines(inCan[0], '{"half":')),
  );
  await fixture.put(
    'canned/2016-07-07/dns_n_http.0.tar.lz4',
    lz4(
      await tar({
        '2016-07-07/a.json': lines(inCan[1], french, whatsapp) + JSON.stringify(inCan[2]),
        '2016-07-07/b.yaml': report,
        '2016-07-07/readme': 'x',
      }),
    ),
  );
  await fixture.put('canned/2016-07-07/index.json.gz', gz('{}'));
  // The cans of that day hold it already; those of the next day do not.
  await fixture.put(
    'jsonl/ndt/IT/20160707/00/20160707_IT_ndt.0.jsonl.gz',
    gz(lines(measurement(at))),
  );
  await fixture.put('jsonl/ndt/IT/20160708/00/20160708_IT_ndt.0.jsonl.gz', gz(lines(inJsonl)));

  const { code, err } = await fixture.replay({
    since: '2016-07-07',
    until: '2016-07-09',
    country: 'it',
    test: 'ndt,http_requests',
  });
  t.equal(code, 0);
  t.match(err, /not replayed .*line 1.* reason="not JSON/);
  t.match(err, /not replayed .*b\.yaml document 3.* reason="not YAML/);
  t.match(err, /not replayed .*neither JSON nor YAML/);
  t.match(err, /rows=5 discarded=0 unwanted=2 empty=1 failed=3 objects=3/);
  const uid = (value: unknown, end = '\n') =>
    derivedUid(Buffer.from(JSON.stringify(value) + end), at.measurement_start_time);
  t.strictSame(
    (await fixture.rows()).map((row) => row.uid),
    [
      uid(inCan[0]),
      uid(inCan[1]),
      uid(inCan[2], ''),
      uid(inJsonl),
      derivedUid(Buffer.from(entry), '2016-07-06 00:00:46'),
    ].sort(),
  );
  t.match(
    (await fixture.rows()).filter(({ report_id }) => report_id === 'yaml_report'),
    [{ test_name: 'http_requests', input: 'http://a.example/' }],
  );
});

t.test('what cannot be replayed costs itself alone, and is named', async (t) => {
  const fixture = await replayFixture(t, server);
  const dir = t.testdir();
  const uids = [newUid(), newUid(), newUid()];
  writeFileSync(
    join(dir, '2021081715_IT_ndt.n0.0.tar.gz'),
    gz(
      await tar({
        [`${uids[0]}.post`]: '{"format":',
        [`${uids[1]}.post`]: post(measurement({ probe_asn: 'nonsense' })),
        [`${uids[2]}.post`]: post(measurement()),
        [`${newUid()}.post`]: post(measurement({ probe_cc: 'ZZ' })),
        'some.txt': 'x',
      }),
    ),
  );
  const whole = gz(await tar({ [`${newUid()}.post`]: post(measurement()) }));
  mkdirSync(join(dir, 'damaged'));
  const damaged = {
    '2021081715_IT_a.n0.0.tar.gz': whole.subarray(0, whole.length - 20),
    '2021081715_IT_b.n0.0.tar.gz': Buffer.from('this is not a tar '.repeat(100)),
    '2021081715_IT_c.n0.0.jsonl.gz': Buffer.from('this is not gzip'),
    'a.json.lz4': lz4(lines(measurement())).subarray(0, 50),
  };
  for (const [name, bytes] of Object.entries(damaged))
    writeFileSync(join(dir, 'damaged', name), bytes);
  const resume = join(dir, 'resume');
  const { code, err } = await fixture.replay({ files: [dir], resume });
  t.equal(code, 74, 'damaged objects');
  for (const name of Object.keys(damaged))
    t.match(err, new RegExp(`err: object is damaged.*${name}`), name);
  t.match(err, new RegExp(`not replayed .*measurement_uid=${uids[0]} reason="not JSON`));
  t.match(err, new RegExp(`not replayed .*measurement_uid=${uids[1]} .*probe_asn`));
  t.match(err, /discarded=1 .* failed=3 objects=5 damagedObjects=4/);
  t.ok((await fixture.rows()).some(({ uid }) => uid === uids[2]));
  t.notMatch(readFileSync(resume, 'utf8'), /damaged\/|^\{"unit"/m, 'tried again next time');
});

t.test('a row that ClickHouse refuses is found and named; the others are stored', async (t) => {
  const fixture = await replayFixture(t, server);
  const dir = t.testdir();
  await fixture.client.command({
    query: `ALTER TABLE fastpath ADD CONSTRAINT no_evil CHECK input != 'evil'`,
  });
  const uids = Array.from({ length: 9 }, () => newUid());
  for (const [index, uid] of uids.entries())
    writeFileSync(
      join(dir, `${uid}.post`),
      post(measurement({ input: index === 4 ? 'evil' : `good${index}` })),
    );
  const { code, err } = await fixture.replay({ files: [dir] });
  t.equal(code, 0);
  t.match(err, new RegExp(`not replayed .*measurement_uid=${uids[4]} .*refused the row`));
  t.strictSame(
    (await fixture.rows()).map(({ uid }) => uid),
    uids.filter((_, index) => index !== 4),
  );
});

t.test('what kills a scoring thread is named; the replay goes on', async (t) => {
  const fixture = await replayFixture(t, server);
  const dir = t.testdir();
  const inputs = ['a', 'for ever', 'c'];
  const texts = inputs.map((input) => lines(measurement({ input })));
  writeFileSync(join(dir, 'a.json.lz4'), lz4(texts.join('')));
  fixture.configure(2_000);
  const { code, err } = await fixture.replay({ files: [dir] }, startEndlessThread);
  t.equal(code, 0);
  // Counted from 0, as in the table jsonl.
  t.match(err, /not replayed .*line 1".*scoring took longer than 2000 ms/);
  t.match(err, /rows=2 .*failed=1/);
});

t.test('messages for what is missing', async (t) => {
  const fixture = await replayFixture(t, server);
  await t.rejects(fixture.replay(DAY), { name: 'ConfigError', message: /s3\.bucket: missing/ });
  await t.rejects(fixture.replay({}), { exitCode: 64, message: /--since and --until/ });
  await t.rejects(fixture.replay({ files: ['/nowhere'] }), { exitCode: 74, message: /\/nowhere/ });
  const dir = t.testdir({ 'x.post': '{}' });
  await fixture.client.command({ query: 'TRUNCATE TABLE fingerprints_http' });
  await t.rejects(fixture.replay({ files: [dir] }), { exitCode: 69, message: /tables are empty/ });
  await fixture.client.command({ query: 'DROP TABLE fingerprints_http' });
  await t.rejects(fixture.replay({ files: [dir] }), { exitCode: 69, message: /ooni-api migrate/ });
});

t.test('a replay that does nothing says so', async (t) => {
  const { store, bucket } = await stores.kinds[1]!.fresh();
  const fixture = await replayFixture(t, server, { store, bucket, settings: '' });
  const none = await fixture.replay(DAY);
  t.equal(none.code, 0);
  t.match(none.err, /warning: nothing was replayed: no object is of these days/);
  const dir = t.testdir({ 'a.jsonl.gz': gz(lines('{')), 'b.jsonl.gz': gz(lines('x')) });
  const failed = await fixture.replay({ files: [dir] });
  t.equal(failed.code, 65);
  t.match(failed.err, /err: no measurement could be replayed: .*failed=2/);
  const empty = await fixture.replay({ files: [t.testdir({})] }).catch((error) => error);
  t.match(empty, { exitCode: 64, message: /nothing in it can be replayed/ });
});
