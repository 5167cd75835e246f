/**
 * Cans without any service: the probe's own bytes, files that others can read, and their size.
 *
 * Covers src/core/archive/{jsonlRows, members}.ts, src/disk/durable.ts, src/edge/spool/hours.ts,
 * src/uploader/can/{batches, gzipFile, jsonlFile, manifest, outgoing, tarFile}.ts.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { PIECE_MAX_BYTES, WINDOW_BYTES } from '../../../src/core/archive/members.ts';
import { makeTurns, type Turns } from '../../../src/core/async/turns.ts';
import { makeMeasurementUid } from '../../../src/core/measurement/measurementUid.ts';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';
import type { Deflater } from '../../../src/edge/gzip/deflater.ts';
import { openDeflater } from '../../../src/edge/gzip/native.ts';
import { openReferenceDeflater } from '../../../src/edge/gzip/reference.ts';
import { openOutlines } from '../../../src/edge/layout/outlines.ts';
import { openHours } from '../../../src/edge/spool/hours.ts';
import { makeLog } from '../../../src/log/log.ts';
import { type BatchCursor, cursorOf, readBatches } from '../../../src/uploader/can/batches.ts';
import { buildCan } from '../../../src/uploader/can/build.ts';
import type { IndexLine } from '../../../src/uploader/can/manifest.ts';
import { openOutgoing } from '../../../src/uploader/can/outgoing.ts';
import { makeRooms } from '../../../src/uploader/can/rooms.ts';
import { noFallback } from '../../support/noFallback.ts';
import { envelope, sampleContent, sampleLine } from '../fixture.ts';

const folder = parseHourFolder('2026082110_IT_webconnectivity')!;
const LEVEL = 6;
const native = openDeflater(LEVEL, noFallback);
const HOUR_US = Date.UTC(2026, 7, 21, 10) * 1000;

/** Builds cans of these measurements; gives the files of each. */
async function build(
  dir: string,
  contents: readonly string[],
  options: {
    readonly canMaxBytes?: number;
    readonly memberBytes?: number;
    readonly deflater?: Deflater;
    readonly modulePath?: string;
    readonly envelopeOf?: (content: string) => Buffer;
  } = {},
) {
  const incoming = join(dir, 'incoming', folder.name);
  mkdirSync(incoming, { recursive: true });
  mkdirSync(join(dir, 'quarantine'), { recursive: true });
  for (const [at, content] of contents.entries()) {
    const post = (options.envelopeOf ?? envelope)(content);
    const uid = makeMeasurementUid(HOUR_US + at, 'IT', folder.testName, post);
    writeFileSync(join(incoming, `${uid}.post`), post);
  }
  const log = makeLog({ level: 'err', journald: false, write: () => {} });
  // A small window: names are looked for more than once.
  const cursor = cursorOf(
    readBatches(
      {
        hours: openHours(dir, { nameWindow: 1_000 }),
        log,
        outlines: openOutlines(options.modulePath),
        large: makeTurns(),
        rooms: makeRooms(),
      },
      folder,
    ),
  );
  const outgoing = await openOutgoing(dir);
  const cans: { jsonl: Buffer; tar: Buffer; jsonlFile: string; index: IndexLine[] }[] = [];
  for (let k = 0; ; k++) {
    const manifest = await buildCan(
      { folder, collectorId: '1', k },
      cursor,
      outgoing,
      {
        canMaxBytes: options.canMaxBytes ?? 20_000_000,
        memberBytes: options.memberBytes ?? 262_144,
        deflater: options.deflater ?? native,
      },
      () => {},
    );
    if (manifest === undefined) return cans;
    const files = outgoing.files(manifest.can);
    const index: IndexLine[] = [];
    for await (const line of outgoing.index(manifest)) index.push(line);
    cans.push({
      jsonl: readFileSync(files.jsonl),
      tar: readFileSync(files.tar),
      jsonlFile: files.jsonl,
      index,
    });
  }
}

// A small generator, so that a failing text can be made again.
let seed = 20261124;
const random = (below: number) => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return seed % below;
};
const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)]!;

const NUMBERS = [
  '0', '-0', '1.0', '1.50', '-1', '10E3', '1e-7', '1E+2', '0.1e400', '12345678901234567890',
  '9007199254740993', '3.141592653589793238462643383279', '-0.0000', '1e999', '2e0',
]; // biome-ignore format: a table
const STRING_PARTS = [
  'a', ' ', '  ', '\\n', '\\t', '\\"', '\\\\', '\\/', '/', '\\u0041', '\\u00e9', 'é', '\\ud83d\\ude00',
  '😀', '\\ud800', '\\udc00x', '\u2028', '\u2029', '\u00a0', '\ufeff', '{', '}', '[', ']', ',', ':',
  '\\b', '\\u0000', '\u007f', '漢', 'x'.repeat(50), '\\\\\\"',
]; // biome-ignore format: a table
const NAMES = ['a', 'input', 'report_id', '__proto__', 'constructor', 'content', 'format', ''];

/** A JSON value as its tokens. */
function value(depth: number): string[] {
  const kind = random(depth > 0 ? 8 : 5);
  if (kind === 0) return [pick(['true', 'false', 'null'])];
  if (kind <= 2) return [pick(NUMBERS)];
  if (kind <= 4) return [string()];
  const items = Array.from({ length: random(5) }, () =>
    kind <= 6
      ? [pick([() => JSON.stringify(pick(NAMES)), string])(), ':', ...value(depth - 1)]
      : value(depth - 1),
  );
  const inner = items.flatMap((item, at) => (at === 0 ? item : [',', ...item]));
  return kind <= 6 ? ['{', ...inner, '}'] : ['[', ...inner, ']'];
}

function string(): string {
  return `"${Array.from({ length: random(6) }, () => pick(STRING_PARTS)).join('')}"`;
}

/** An object as its tokens. */
function object(): string[] {
  for (;;) {
    const tokens = value(6);
    if (tokens[0] === '{') return tokens;
  }
}

const blanks = () =>
  Array.from({ length: random(4) === 0 ? random(4) : 0 }, () =>
    pick([' ', '\n', '\r', '\t', '\r\n']),
  ).join('');

t.test("the line is the probe's text of content, without blanks", async (t) => {
  const texts = Array.from({ length: 4_000 }, object);
  const deep = (open: string, close: string) => [
    '{', '"a"', ':', ...Array(126).fill(open), ...Array(126).fill(close), '}',
  ]; // biome-ignore format: one object
  texts.push(deep('[', ']'), [
    '{',
    '"a"',
    ':',
    ...Array(126).fill(['{', '"a"', ':']).flat(),
    '1',
    ...Array(126).fill('}'),
    '}',
  ]);
  texts.push(['{', '"long"', ':', `"${'\\"x'.repeat(300_000)}"`, '}']);
  const sent = texts.map((tokens) => tokens.map((token) => blanks() + token).join('') + blanks());
  const cans = await build(t.testdir(), sent, { canMaxBytes: 200_000, memberBytes: 20_000 });
  t.ok(cans.length > 1, `${cans.length} cans`);
  const lines = cans.flatMap(({ jsonl }) =>
    gunzipSync(jsonl).toString('utf8').split('\n').slice(0, -1),
  );
  t.equal(lines.length, texts.length);
  const wrong = texts.findIndex((tokens, at) => lines[at] !== tokens.join(''));
  t.equal(wrong, -1, wrong === -1 ? 'all lines' : `${sent[wrong]} became ${lines[wrong]}`);
});

t.test('what an older api stored is published as one of today would be', async (t) => {
  const dir = t.testdir();
  const deep = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  const contents = [deep(127), deep(128), deep(1_028), '{"nym":"of the probe"}'];
  const [can] = await build(dir, contents, {
    envelopeOf: (content) =>
      Buffer.from(
        `{"n\\u0079m":"secret","format":"json","content":${content},"zkp_request":"secret"}`,
      ),
  });
  const lines = gunzipSync(can!.jsonl).toString().split('\n').slice(0, -1);
  t.strictSame(lines, [contents[0], '{}', '{}', contents[3]], 'no reader stops at a line');
  const quarantine = join(dir, 'quarantine');
  const reasons = readdirSync(quarantine).filter((name) => name.endsWith('.reason'));
  t.equal(reasons.length, 2);
  for (const name of reasons)
    t.match(readFileSync(join(quarantine, name), 'utf8'), /nested deeper than 128 levels/);
  // The tar of those that could be read: what cannot be read cannot be edited.
  const published = `{"format":"json","content":${contents[3]}}`;
  t.ok(gunzipSync(can!.tar).includes(published));
});

t.test(
  'large ones that are small without their credential are published one after the other',
  async (t) => {
    const contents = ['{"n":1}', '{"n":2}', '{"n":3}'];
    const [can] = await build(t.testdir(), contents, {
      envelopeOf: (content) =>
        Buffer.from(`{"nym":"${'x'.repeat(2_200_000)}","format":"json","content":${content}}`),
    });
    t.strictSame(gunzipSync(can!.jsonl).toString().split('\n').slice(0, -1), contents);
  },
);

t.test('zcat, Python and streaming readers see one ordinary file', async (t) => {
  const contents = Array.from({ length: 1_500 }, (_, at) => sampleContent(at, 1_000));
  const [can] = await build(t.testdir(), contents, { memberBytes: 16_384 });
  const members = new Set(can!.index.map(({ offset }) => offset));
  t.ok(members.size > 5, `${members.size} members`);
  const text = gunzipSync(can!.jsonl);
  t.ok(execFileSync('zcat', [can!.jsonlFile], { maxBuffer: 1e9 }).equals(text), 'zcat');
  const python = `
import gzip, hashlib, json, sys
whole = gzip.open(sys.argv[1]).read()
streamed = [json.loads(line) for line in gzip.open(sys.argv[1], 'rt', encoding='utf-8') if line.strip()]
print(hashlib.sha256(whole).hexdigest(), len(streamed))`;
  t.equal(
    execFileSync('python3', ['-c', python, can!.jsonlFile], { encoding: 'utf8' }).trim(),
    `${createHash('sha256').update(text).digest('hex')} ${contents.length}`,
    'Python',
  );
  // Calls that docs/archive.md gives for readers which stop after a member.
  const inLoop = `
import hashlib, sys, zlib
rest, first, whole = open(sys.argv[1], 'rb').read(), None, hashlib.sha256()
while rest:
    member = zlib.decompressobj(31)
    text = member.decompress(rest) + member.flush()
    first = first or len(text)
    whole.update(text)
    rest = member.unused_data
print(whole.hexdigest(), first)`;
  const [hash, first] = execFileSync('python3', ['-c', inLoop, can!.jsonlFile], {
    encoding: 'utf8',
  }).split(' ');
  t.equal(hash, createHash('sha256').update(text).digest('hex'), 'Python, member by member');
  t.ok(Number(first) < text.length / 5, 'of which the first alone is little');
  const perl =
    'use IO::Uncompress::Gunzip; my $z = IO::Uncompress::Gunzip->new($ARGV[0], MultiStream => $ARGV[1]);' +
    'my $n = 0; $n++ while <$z>; print $n';
  const perlLines = (multiStream: string) =>
    Number(execFileSync('perl', ['-e', perl, can!.jsonlFile, multiStream], { encoding: 'utf8' }));
  t.equal(perlLines('1'), contents.length, 'Perl, with MultiStream');
  t.ok(perlLines('0') < contents.length / 5, 'Perl, without it');
  const lines = text.toString('utf8').split('\n');
  const wrong = can!.index.filter(({ offset, length, member_line }, at) => {
    const member = gunzipSync(can!.jsonl.subarray(offset, offset + length)).toString('utf8');
    return member.split('\n')[member_line] !== lines[at];
  });
  t.same(wrong, [], 'each member can be read alone');
});

t.test(
  'the tar is one gzip member, by either compressor, whatever its measurements are',
  async (t) => {
    const page = sampleLine(1, 60_000).slice(0, -1);
    /** A line of so many bytes. */
    const lineOf = (bytes: number, at: number) => {
      const empty = '{"own":""}'.length;
      return `{"own":"${sampleLine(at, bytes)
        .replaceAll('"', '_')
        .slice(0, bytes - empty)}"}`;
    };
    // Above and below the bound of lines that both files share, and at it.
    const lines = Array.from({ length: 120 }, (_, at) => {
      if (at % 3 === 0) return sampleLine(at, 200);
      return at % 3 === 1 ? `${page},"own":${at}}` : lineOf(32_766 + (at % 5), at);
    });
    lines.push(sampleLine(500, 9_000_000));
    // With a blank, so that the line is no part of the envelope.
    const contents = lines.map((line, at) => (at % 7 === 0 ? line.replace(/^{/, '{ ') : line));
    for (const deflater of [native, openReferenceDeflater(LEVEL)]) {
      const dir = join(t.testdir(), deflater.name.slice(0, 4));
      const [can] = await build(dir, contents, { deflater });
      const file = join(dir, 'can.tar.gz');
      writeFileSync(file, can!.tar);
      execFileSync('gzip', ['--test', file, can!.jsonlFile]);
      const tar = gunzipSync(can!.tar);
      // Node would read on behind a first member: zlib alone does not.
      const python = `
import hashlib, sys, tarfile, zlib
one = zlib.decompressobj(31)
text = one.decompress(open(sys.argv[1], 'rb').read()) + one.flush()
assert one.eof and not one.unused_data
print(hashlib.sha256(text).hexdigest())
for mode in 'r:gz', 'r|gz':
    with tarfile.open(sys.argv[1], mode) as tar:
        print(sum(len(tar.extractfile(member).read()) for member in tar))`;
      const output = execFileSync('python3', ['-c', python, file], { encoding: 'utf8' });
      const bytes = contents.reduce((sum, content) => sum + envelope(content).length, 0);
      t.strictSame(
        output.trim().split('\n'),
        [createHash('sha256').update(tar).digest('hex'), String(bytes), String(bytes)],
        deflater.name,
      );
      const text = lines.map((line) => `${line}\n`).join('');
      t.ok(gunzipSync(can!.jsonl).equals(Buffer.from(text)), `${deflater.name}: the lines`);
      const [again] = await build(`${dir}-again`, contents, { deflater });
      t.ok(again!.tar.equals(can!.tar) && again!.jsonl.equals(can!.jsonl), 'the same bytes again');
    }
  },
);

t.test(
  'within 3% of one plain gzip stream, or a window for each of the longest pieces',
  async (t) => {
    const repeat = (count: number, content: (at: number) => string) =>
      Array.from({ length: count }, (_, at) => content(at));
    /** Text that all have, and text of its own; neither compresses beyond its alphabet. */
    const sharing = (shared: number, own: number, at: number) =>
      `{"shared":${sampleContent(1, shared)},"own":${sampleContent(at, own)}}`;
    const boilerplate = sampleContent(1, 3_000).slice(0, -1);
    const sets = [
      ['hardly', repeat(1_500, (at) => sampleContent(at, 2_000))],
      ['much alike', repeat(8_000, (at) => `${boilerplate},"serial":${at},"t":${Math.sin(at)}}`)],
      ['all alike', repeat(10_000, () => `${boilerplate}}`)],
      ['each shares 8 KB that do not compress', repeat(1_500, (at) => sharing(8_000, 1_500, at))],
      ['each shares 20 KB that do not compress', repeat(1_500, (at) => sharing(20_000, 1_500, at))],
      ['one small one', [sampleContent(1, 100)]],
    ] as const;
    const root = t.testdir();
    for (const [name, contents] of sets) {
      const cans = await build(join(root, name), contents);
      const size = cans.reduce((sum, { jsonl }) => sum + jsonl.length, 0);
      const text = Buffer.concat(cans.map(({ jsonl }) => gunzipSync(jsonl)));
      const plain = gzipSync(text, { level: LEVEL }).length;
      const above = (100 * (size - plain)) / plain;
      const members = cans.reduce(
        (sum, { index }) => sum + new Set(index.map((i) => i.offset)).size,
        0,
      );
      // Pieces are short at first.
      const windows = (5 + text.length / PIECE_MAX_BYTES) * WINDOW_BYTES;
      t.ok(
        above < 3 || size - plain < windows,
        `${name}: ${above.toFixed(2)}% above ${plain}, ${members} members`,
      );
    }
  },
);

t.test('what is built again, from less left, is the same', async (t) => {
  const contents = Array.from({ length: 400 }, (_, at) => sampleContent(at, 3_000));
  const limits = { canMaxBytes: 150_000, memberBytes: 16_384 };
  const all = await build(join(t.testdir(), 'all'), contents, limits);
  t.ok(all.length > 3, `${all.length} cans`);
  // As after a stop: the first can has left the spool.
  const first = all[0]!.index.length;
  const dir = join(t.testdirName, 'rest');
  const rest = await build(dir, contents.slice(first), limits);
  // The receive times differ here, so only the JSONL is the same.
  t.equal(rest.length, all.length - 1);
  for (const [k, { jsonl }] of rest.entries())
    t.ok(jsonl.equals(all[k + 1]!.jsonl), `can ${k + 1}`);
});

t.test('a can has the same bytes where the module cannot take envelopes apart', async (t) => {
  // Those whose credential is dropped become smaller, so a batch ends later.
  const contents = Array.from({ length: 300 }, (_, at) =>
    at % 7 === 0 ? ` {"input" : ["${'a'.repeat(at * 10)}"] }` : sampleContent(at, 3_000),
  );
  const envelopeOf = (content: string) =>
    content.length % 3 === 0
      ? Buffer.from(`{"nym":"${'n'.repeat(2_000)}","format":"json","content":${content}}`)
      : envelope(content);
  const options = { canMaxBytes: 150_000, memberBytes: 16_384, envelopeOf };
  const cans = await build(join(t.testdir(), 'with'), contents, options);
  const without = await build(join(t.testdirName, 'without'), contents, {
    ...options,
    modulePath: '/nowhere/native.node',
  });
  t.ok(cans.length > 1, `${cans.length} cans`);
  t.equal(without.length, cans.length);
  for (const [k, { jsonl, tar, index }] of cans.entries()) {
    t.ok(jsonl.equals(without[k]!.jsonl) && tar.equals(without[k]!.tar), `can ${k}`);
    t.strictSame(index, without[k]!.index);
  }
});

t.test(
  'of several folders that are read at once, one large measurement is held at a time',
  async (t) => {
    const dir = t.testdir();
    const hours = openHours(dir);
    const log = makeLog({ level: 'err', journald: false, write: () => {} });
    const turns = makeTurns();
    const rooms = makeRooms();
    let asked = 0;
    const large: Turns = {
      take() {
        asked++;
        return turns.take();
      },
    };
    const moment = () => new Promise((resolve) => setImmediate(resolve));
    const cursors = ['IT', 'DE'].map((country) => {
      const folder = parseHourFolder(`2026082110_${country}_webconnectivity`)!;
      const incoming = join(dir, 'incoming', folder.name);
      mkdirSync(incoming, { recursive: true });
      for (const [at, bytes] of [3_000_000, 100, 3_000_000].entries()) {
        const post = envelope(sampleContent(at, bytes));
        const uid = makeMeasurementUid(HOUR_US + at, country, folder.testName, post);
        writeFileSync(join(incoming, `${uid}.post`), post);
      }
      return cursorOf(readBatches({ hours, log, outlines: openOutlines(), large, rooms }, folder));
    });
    const [italy, germany] = cursors as [BatchCursor, BatchCursor];
    const first = await italy.peek();
    t.equal(first!.posts.length, 1);
    let germanyHas = false;
    const waiting = germany.peek().then((batch) => {
      germanyHas = true;
      return batch;
    });
    while (asked < 2) await moment();
    italy.take();
    const next = italy.peek();
    while (asked < 3) await moment();
    t.notOk(germanyHas, 'it waits while another folder has a large one');
    first!.release();
    t.equal((await waiting)!.posts.length, 1, 'and goes on when that is done with');
    // Who leaves with a large one in hand holds nobody up, nor does one with the small one before it.
    await germany.close();
    t.equal((await next)!.posts.length, 2);
    await italy.close();
    (await large.take())();
  },
);

t.test('cans are listed beside a run: one that is done meanwhile is no trouble', async (t) => {
  const dir = t.testdir({ outgoing: {} });
  const manifest = (k: number) => join(dir, 'outgoing', `${folder.name}.n1.${k}.json`);
  // The list stands at the first until it is written, so it has read the names, and not the second.
  execFileSync('mkfifo', [manifest(0)]);
  for (const k of [1, 2]) writeFileSync(manifest(k), 'no manifest');
  const listed = (await openOutgoing(dir)).list();
  const first = await openForWriting(manifest(0));
  rmSync(manifest(1));
  closeSync(first);
  const { manifests, broken } = await listed;
  t.same(manifests, []);
  t.same(
    broken.map(({ can }) => can.k),
    [0, 2],
  );
});

/** Resolves when somebody reads the pipe. */
async function openForWriting(pipe: string): Promise<number> {
  for (;;)
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await sleep(5);
    }
}
