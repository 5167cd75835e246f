/** A value that is kept on disk over a restart. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeLog } from '../../src/log/log.ts';
import { follow } from '../../src/program/follow.ts';
import { keptValue } from '../../src/program/keptValue.ts';

const dir = mkdtempSync(join(tmpdir(), 'ooni-kept-'));
t.teardown(() => rmSync(dir, { recursive: true }));

function setUp(file: string, more: { mayWrite?: boolean; version?: number } = {}) {
  const lines: string[] = [];
  const log = makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line.trim()) });
  const kept = keptValue<readonly number[]>({
    file,
    name: 'numbers',
    version: 1,
    encode: (numbers) => numbers,
    decode: (all) =>
      all.every((line) => typeof line === 'number') ? (all as number[]) : undefined,
    mayWrite: true,
    log,
    ...more,
  });
  return { kept, lines, log };
}

t.test('what was written is read', async (t) => {
  const file = join(dir, 'new folder/numbers.jsonl');
  const { kept, lines } = setUp(file);
  t.equal(kept.read(), undefined);
  const many = Array.from({ length: 50_000 }, (_, at) => at);
  kept.write({ value: many, loadedAtMs: 1_000 });
  kept.write({ value: [1], loadedAtMs: 2_000 });
  await kept.settled();
  t.strictSame(setUp(file).kept.read(), { value: many, loadedAtMs: 1_000 });
  kept.write({ value: [1], loadedAtMs: 3_000 });
  await kept.settled();
  t.equal(kept.read()!.loadedAtMs, 1_000, 'not each of them is written');
  kept.write({ value: [1], loadedAtMs: 5_000 }, true);
  kept.write({ value: many, loadedAtMs: 6_000 }, true);
  await kept.settled();
  t.equal(kept.read()!.loadedAtMs, 6_000, 'the last one is');
  t.strictSame(lines, []);
  const { kept: reader } = setUp(file, { mayWrite: false });
  reader.write({ value: [], loadedAtMs: 4_000 });
  await reader.settled();
  t.equal(reader.read()!.value.length, many.length);
});

t.test('a time that is to come is now', async (t) => {
  const file = join(dir, 'future');
  const { kept } = setUp(file);
  kept.write({ value: [1], loadedAtMs: Date.now() + 1e9 });
  await kept.settled();
  t.ok(kept.read()!.loadedAtMs <= Date.now());
});

t.test('a file that is not what was written is as none', async (t) => {
  const file = join(dir, 'damaged');
  const head = '{"followed":"numbers","version":1,"loaded_at_ms":5}';
  const table: [name: string, text: string | Buffer][] = [
    ['empty', ''],
    ['cut off', `${head}\n1\n2\n`],
    ['cut off in a line', `${head}\n1\n2\n{"lines":2}`],
    ['a line is missing', `${head}\n1\n{"lines":2}\n`],
    ['no head', '1\n2\n'],
    ['of another value', `${head.replace('numbers', 'texts')}\n{"lines":0}\n`],
    ['of another version', `${head.replace(':1,', ':2,')}\n{"lines":0}\n`],
    ['without time', '{"followed":"numbers","version":1}\n{"lines":0}\n'],
    ['no JSON', `${head}\n{\n{"lines":1}\n`],
    ['other content', `${head}\n"1"\n{"lines":1}\n`],
    ['not text', Buffer.from([0xff, 0xfe, 0x0a, 0x00, 0x0a])],
  ];
  for (const [name, text] of table) {
    writeFileSync(file, text);
    const { kept, lines } = setUp(file);
    t.equal(kept.read(), undefined, name);
    t.equal(lines.length, 1, name);
    t.match(lines[0], /^<4>the copy of numbers on disk cannot be used: it is written again/, name);
  }
  const { kept } = setUp(file);
  kept.write({ value: [7], loadedAtMs: 6 });
  await kept.settled();
  t.strictSame(kept.read(), { value: [7], loadedAtMs: 6 });
});

t.test('a disk that does not take it is said once', async (t) => {
  const file = join(dir, 'in the way');
  writeFileSync(file, '');
  const { kept, lines } = setUp(join(file, 'numbers'));
  for (const loadedAtMs of [1, 2, 3]) {
    kept.write({ value: [1], loadedAtMs });
    await kept.settled();
  }
  t.equal(lines.length, 1);
  t.match(lines[0], /^<4>cannot keep numbers on disk/);
});

t.test('a followed value begins with what was kept, and goes on with its source', async (t) => {
  const file = join(dir, 'followed');
  const source = { content: undefined as readonly number[] | undefined };
  const begin = () => {
    const { kept, lines, log } = setUp(file);
    const followed = follow<readonly number[]>({
      name: 'numbers',
      async load() {
        if (source.content === undefined) throw new Error('away');
        return source.content;
      },
      describe: ({ length }) => ({ count: length }),
      kept,
      refreshMs: 3_600_000,
      firstRetryMs: 5,
      advice: 'nothing',
      log,
    });
    return { kept, followed, lines };
  };
  source.content = [1, 2];
  const first = begin();
  await first.followed.loaded;
  first.followed.close();
  await first.kept.settled();
  t.ok(existsSync(file));
  const at = JSON.parse(readFileSync(file, 'utf8').split('\n')[0]!).loaded_at_ms;
  t.equal(at, first.followed.current!.loadedAtMs);

  source.content = undefined;
  const second = begin();
  t.strictSame(second.followed.current, { value: [1, 2], loadedAtMs: at }, 'at once');
  await second.followed.loaded;
  t.match(
    second.lines[0],
    /^<6>numbers read from disk, until there is a newer one count=2 read_at=/,
  );
  source.content = [3];
  while (second.followed.current!.value.length > 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  t.strictSame(second.followed.current!.value, [3]);
  second.followed.close();
  await second.kept.settled();

  writeFileSync(file, 'damaged');
  source.content = undefined;
  const third = begin();
  t.equal(third.followed.current, undefined);
  third.followed.close();
  chmodSync(file, 0o600);
});
