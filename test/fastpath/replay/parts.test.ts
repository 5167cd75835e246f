/**
 * Covers src/fastpath/replay/{batch, budget, outage, read, replayArguments, replayPlan, replaySource,
 * resume}.ts.
 */
import {
  appendFileSync,
  existsSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { ClickHouseError } from '@clickhouse/client';
import t from 'tap';
import { parseObjectName } from '../../../src/core/replay/archiveObjects.ts';
import type { ObjectStore } from '../../../src/edge/objects/store.ts';
import { batchesOf } from '../../../src/fastpath/replay/batch.ts';
import { makeBudget, makePace } from '../../../src/fastpath/replay/budget.ts';
import { watchOutage } from '../../../src/fastpath/replay/outage.ts';
import { type Item, readItems } from '../../../src/fastpath/replay/read.ts';
import { parseReplayRequest, requestText } from '../../../src/fastpath/replay/replayArguments.ts';
import { planFiles } from '../../../src/fastpath/replay/replayPlan.ts';
import {
  bucketObject,
  listObjects,
  ObjectGone,
  type ReplayObject,
} from '../../../src/fastpath/replay/replaySource.ts';
import { openResume } from '../../../src/fastpath/replay/resume.ts';

t.test('arguments', async (t) => {
  const range = { since: '2026-08-01', until: '2026-08-02T06' };
  t.match(parseReplayRequest({ ...range, country: 'it, fr', test: 'web_connectivity,Signal' }), {
    filter: {
      range: { since: '2026080100', until: '2026080206' },
      countries: new Set(['IT', 'FR']),
      tests: new Set(['webconnectivity', 'signal']),
    },
    rate: 0,
    layouts: undefined,
  });
  t.match(parseReplayRequest({ ...range, layout: 'raw,jsonl', rate: '0.5' }), {
    layouts: ['raw', 'jsonl'],
    rate: 0.5,
  });
  t.match(parseReplayRequest({ files: ['a'] }), { files: ['a'], filter: { range: undefined } });
  for (const [given, message] of [
    [{}, /expected --since and --until, or files/],
    [{ since: '2026-08-01' }, /belong together/],
    [{ since: '2026-08-02', until: '2026-08-02' }, /--until: expected a time after/],
    [{ ...range, since: 'x' }, /--since: expected YYYY-MM-DD/],
    [{ ...range, rate: '-1' }, /--rate: .*found "-1"/],
    [{ ...range, layout: '' }, /--layout: expected some of raw, jsonl, canned/],
    [{ ...range, layout: 'raw,x' }, /found "raw,x"/],
    [{ ...range, country: 'ITA' }, /--country: .*found "ITA"/],
  ] as const)
    t.throws(() => parseReplayRequest(given), { exitCode: 64, message });
  const text = (country: string) =>
    requestText(parseReplayRequest({ ...range, country }), 's3://b');
  t.equal(text('IT,FR'), text('fr,it'));
  t.not(text('IT'), text('FR'));
});

t.test('what is done is there again', async (t) => {
  const file = join(t.testdir(), 'resume');
  const first = await openResume(file, 'august');
  t.equal(first.isObjectDone('1', 'a'), false);
  for (const [unit, key] of ['1a', '1b', '2a', '2c'].map((text) => [...text] as [string, string]))
    first.objectDone(unit, key);
  first.unitDone('1');
  await first.close();

  const again = await openResume(file, 'august');
  t.equal(again.isUnitDone('1'), true);
  t.equal(again.isUnitDone('2'), false);
  t.equal(again.isObjectDone('2', 'c'), true);
  t.equal(again.isObjectDone('2', 'b'), false);
  again.objectDone('2', 'line\nfeed');
  await again.close();

  // A power cut tears the last line.
  const whole = readFileSync(file, 'utf8');
  appendFileSync(file, '{"object":"2d","un');
  const torn = await openResume(file, 'august');
  t.equal(torn.isObjectDone('2', 'line\nfeed'), true);
  await torn.close();
  t.equal(readFileSync(file, 'utf8'), whole);
});

t.test('a resume file of something else is refused and left alone', async (t) => {
  const dir = t.testdir({
    other: 'ooni-fastpath replay july\n',
    foreign: 'notes without a line feed',
    damaged: 'ooni-fastpath replay august\n{"unit":"1"}\n{"object":3}\n',
  });
  for (const [name, message] of [
    ['other', /begun for something else/],
    ['foreign', /begun for something else/],
    ['damaged', /line 3 says nothing/],
  ] as const) {
    const before = readFileSync(join(dir, name), 'utf8');
    await t.rejects(openResume(join(dir, name), 'august'), { exitCode: 64, message });
    t.equal(readFileSync(join(dir, name), 'utf8'), before, name);
  }
  await t.rejects(openResume(join(dir, 'no', 'folder'), 'august'), {
    exitCode: 74,
    message: /cannot be read and written/,
  });
  t.notOk(existsSync(join(dir, 'no')));
  // Torn in its first line: nothing was done yet.
  writeFileSync(join(dir, 'begun'), 'ooni-fastp');
  await (await openResume(join(dir, 'begun'), 'august')).close();
});

t.test('a resume file that cannot be written any more', async (t) => {
  const full = {
    readFile: async () => '',
    appendFile: async () => {
      throw new Error('no space left on device');
    },
    close: async () => {},
  } as unknown as FileHandle;
  const resume = await openResume('resume', 'august', async () => full);
  resume.objectDone('1', 'a');
  t.match(await resume.failed, { exitCode: 74, message: /--resume resume: cannot be written/ });
  await resume.close();
});

t.test('a budget is given in the order of asking, and never more than there is', async (t) => {
  const budget = makeBudget(10);
  const given: string[] = [];
  const ask = (name: string, bytes: number) =>
    budget.take(bytes).then((held) => {
      given.push(name);
      return held;
    });
  const a = await ask('a', 6);
  const b = ask('b', 6);
  const c = ask('c', 1);
  await new Promise(setImmediate);
  t.strictSame(given, ['a'], 'c waits behind b, though it would fit');
  a.giveBack();
  a.giveBack();
  await Promise.all([b, c]);
  t.strictSame(given, ['a', 'b', 'c']);
  const huge = ask('huge', 1_000);
  await new Promise(setImmediate);
  t.equal(given.length, 3);
  (await b).giveBack();
  (await c).giveBack();
  await huge;
});

t.test('a pace is kept over time, and not caught up with', async (t) => {
  let now = 1_000;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const pace = makePace(10, clock);
  await pace(5);
  t.equal(now, 1_000);
  await pace(1);
  t.equal(now, 1_500);
  now += 60_000;
  await pace(1);
  await pace(1);
  t.equal(now, 61_600);
  const free = makePace(0, clock);
  await free(1e9);
  t.equal(now, 61_600);
});

t.test('batches end by number and by bytes', async (t) => {
  async function* items(...sizes: number[]): AsyncGenerator<Item> {
    for (const size of sizes) yield { kind: 'can-line', where: '', bytes: Buffer.alloc(size) };
  }
  const found: number[] = [];
  for await (const { items: batch } of batchesOf(items(1, 1, 1, 9e6, 1, 5e6, 5e6, 1), 3))
    found.push(batch.length);
  t.strictSame(found, [3, 1, 3, 1]);
});

const NAME = parseObjectName('raw/20210817/15/IT/ndt/2021081715_IT_ndt.n0.0.tar.gz')!;

/** A bucket with one object of 10 MB, whose requests fail as told. */
function bucket(answers: readonly ('ok' | 'fail' | 'gone' | 'short')[]) {
  const asked: [number, number][] = [];
  let request = 0;
  const store = {
    name: 's3://bucket',
    async readRange(_key: string, start: number, length: number) {
      asked.push([start, length]);
      const answer = answers[request++] ?? 'ok';
      if (answer === 'fail') throw new Error('connection reset');
      return answer === 'gone' ? undefined : Buffer.alloc(answer === 'short' ? 3 : length);
    },
    // biome-ignore lint/correctness/useYield: it fails before
    async *list() {
      throw new Error('access denied');
    },
  } as unknown as ObjectStore;
  return { store, asked };
}

const sizeOf = async (store: ObjectStore) => {
  let bytes = 0;
  for await (const chunk of bucketObject(store, NAME, 1e7, [1, 1]).bytes()) bytes += chunk.length;
  return bytes;
};

t.test('an object comes in parts, each asked for again when it fails', async (t) => {
  const good = bucket(['ok', 'fail', 'fail', 'ok']);
  t.equal(await sizeOf(good.store), 1e7);
  t.strictSame(
    good.asked.map(([start]) => start / 4_194_304),
    [0, 1, 1, 1, 2],
  );
  const down = { exitCode: 69, message: /cannot read s3:\/\/bucket: check \[s3\]/ };
  await t.rejects(sizeOf(bucket(['ok', 'fail', 'fail', 'fail']).store), down);
  await t.rejects(sizeOf(bucket(['gone']).store), ObjectGone);
  await t.rejects(sizeOf(bucket(['short']).store), { message: /shorter than the 10000000 bytes/ });
  await t.rejects(
    async () => {
      for await (const _ of listObjects(bucket([]).store, 'raw/', parseObjectName));
    },
    { exitCode: 69, message: /cannot list raw\/ in s3:\/\/bucket/ },
  );
});

t.test('an outage is waited for, until it lasts too long', async (t) => {
  const given: unknown[] = [];
  const outage = watchOutage(60_000, (error) => given.push(error));
  let failures = 2;
  t.equal(
    await outage.ask(async () => {
      if (failures-- > 0) throw new Error('down');
      return 'up';
    }),
    'up',
  );
  t.strictSame(given, []);
  const impatient = watchOutage(300, (error) => given.push(error));
  await t.rejects(
    impatient.ask(async () => {
      throw new Error('down');
    }),
    { message: 'down' },
  );
  impatient.failed(new Error('still down'));
  t.equal(given.length, 1, 'told once');
});

t.test('files of a quarantine: compressed or as they are, and nothing behind a link', async (t) => {
  const dir = t.testdir({ secret: 'precious' });
  const uidOf = (at: number) => `2026082110150${at}.000000_IT_ndt_0123456789abcdef`;
  writeFileSync(join(dir, `${uidOf(1)}.post`), 'plain');
  writeFileSync(join(dir, `${uidOf(2)}.post.gz`), gzipSync('zipped'));
  writeFileSync(join(dir, `${uidOf(2)}.reason`), 'why');
  writeFileSync(join(dir, `${uidOf(3)}.post`), 'swapped');
  symlinkSync(join(dir, 'secret'), join(dir, `${uidOf(4)}.post`));
  const filter = { range: undefined, countries: new Set<string>(), tests: new Set<string>() };
  const objects: ReplayObject[] = [];
  for await (const unit of planFiles([dir], filter).units(() => false))
    objects.push(...unit.objects);
  const read = async ({ name, bytes }: ReplayObject) => {
    const items: [string, string][] = [];
    for await (const item of readItems(name, bytes()))
      if (item.kind === 'post') items.push([item.measurementUid, String(item.bytes)]);
    return items.flat();
  };
  const [plain, zipped, swapped, ...others] = objects;
  t.strictSame(others, [], 'a link is not among them');
  t.strictSame(await read(plain!), [uidOf(1), 'plain']);
  t.strictSame(await read(zipped!), [uidOf(2), 'zipped']);
  rmSync(join(dir, `${uidOf(3)}.post`));
  symlinkSync(join(dir, 'secret'), join(dir, `${uidOf(3)}.post`));
  await t.rejects(read(swapped!), /cannot read/);
});

t.test('what the server refuses is no outage: it is not asked again', async (t) => {
  for (const code of ['60', '497', '62', '27']) {
    const given: string[] = [];
    const outage = watchOutage(3_600_000, (_, why) => given.push(why));
    let asked = 0;
    const refused = new ClickHouseError({ message: 'refused', code, type: 'X' });
    await t.rejects(
      outage.ask(async () => {
        asked++;
        throw refused;
      }),
      refused,
    );
    t.strictSame([asked, given], [1, ['refused']], code);
  }
});

t.test(
  'an overloaded server is waited for, and who waits is told when it is given up',
  async (t) => {
    const given: string[] = [];
    const outage = watchOutage(3_600_000, (_, why) => given.push(why));
    const busy = new ClickHouseError({ message: 'memory', code: '241', type: 'X' });
    let asked = 0;
    const waiting = outage.ask(async () => {
      asked++;
      throw busy;
    });
    while (asked < 2) await new Promise(setImmediate);
    t.strictSame(given, []);
    outage.failed(new ClickHouseError({ message: 'no grant', code: '497', type: 'X' }));
    await t.rejects(waiting, busy);
    t.strictSame(given, ['refused']);
  },
);

t.test('a folder in which nothing can be replayed is an error of the arguments', async (t) => {
  const dir = t.testdir({ empty: {}, others: { 'a.txt': '', sub: { 'b.jsonl': '' } } });
  const anything = { range: undefined, countries: new Set<string>(), tests: new Set<string>() };
  const unitsOf = async (folder: string) => {
    const found: string[] = [];
    for await (const { objects } of planFiles([join(dir, folder)], anything).units(() => false))
      found.push(...objects.map(({ name }) => name.key));
    return found;
  };
  await t.rejects(unitsOf('empty'), {
    exitCode: 64,
    message: /empty: nothing in it.*found 0 others/,
  });
  await t.rejects(unitsOf('others'), {
    exitCode: 64,
    message: /nothing in it.*\.post or \.post\.gz, found 2 others/,
  });
  writeFileSync(join(dir, 'others', 'sub', 'x.post'), '{}');
  t.equal((await unitsOf('others')).length, 1);
});
