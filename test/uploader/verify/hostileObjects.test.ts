/** Objects made to harm who checks them: a verdict comes, in bounded memory, and nothing acts on a terminal. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import {
  append,
  EMPTY_EDGE,
  rootOfEdge,
  unfinishedTiles,
} from '../../../src/core/archive/append.ts';
import { encodeLeaf, type Leaf } from '../../../src/core/archive/leaf.ts';
import { jsonlKey, tarKey } from '../../../src/core/archive/names.ts';
import {
  encodeCheckpoint,
  encodePrivateKey,
  parsePrivateKey,
} from '../../../src/core/archive/note.ts';
import { TAR_END, tarHeader, tarPadding } from '../../../src/core/archive/tar.ts';
import { encodeBundle, entriesPath, tilePath } from '../../../src/core/archive/tiles.ts';
import { makeMeasurementUid } from '../../../src/core/measurement/measurementUid.ts';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';
import { verifyCommand } from '../../../src/uploader/commands/verify.ts';
import { envelope } from '../fixture.ts';

const signer = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 7)))!;
const folder = parseHourFolder('2026082110_IT_tor')!;
const can = (k: number) => ({ folder, collectorId: '1', k });
const HOUR_US = Date.UTC(2026, 7, 21, 10) * 1_000;

/** An archive of two cans with a measurement each; `change` changes the first, and the log. */
async function archive(
  t: Test,
  change: (it: { put(key: string, ...parts: Uint8Array[]): void; leaves: Leaf[] }) => void,
): Promise<string> {
  const bucket = t.testdir();
  const put = (key: string, ...parts: Uint8Array[]) => {
    mkdirSync(dirname(join(bucket, key)), { recursive: true });
    writeFileSync(join(bucket, key), Buffer.concat(parts));
  };
  const leaves = [0, 1].map((k): Leaf => {
    const line = `{"report_id":"r${k}"}`;
    const post = envelope(line);
    const uid = makeMeasurementUid(HOUR_US + k, 'IT', 'tor', post);
    put(jsonlKey(can(k)), gzipSync(`${line}\n`));
    put(tarKey(can(k)), gzipSync(tarOf(uid, post)));
    const sha256 = createHash('sha256').update(line).digest('hex');
    return { kind: 'published', uid, sha256, key: jsonlKey(can(k)), line: 0 };
  });
  change({ put, leaves });
  const { edge } = append(EMPTY_EDGE, leaves.map(encodeLeaf));
  for (const { tile, bytes, entries } of unfinishedTiles(edge)) {
    put(`log/n1/${tilePath(tile)}`, bytes);
    put(`log/n1/${entriesPath(tile)}`, encodeBundle(entries!));
  }
  const note = encodeCheckpoint({ size: edge.size, root: await rootOfEdge(edge) }, signer);
  put('log/n1/checkpoint', Buffer.from(note));
  put('log/n1/key', Buffer.from(`${signer.verifier.text}\n`));
  return bucket;
}

const tarOf = (uid: string, post: Buffer) =>
  Buffer.concat([tarHeader(folder, uid, post.length, 0), post, tarPadding(post.length), TAR_END]);

async function check(bucket: string) {
  const lines: string[] = [];
  const code = await verifyCommand(
    {
      config: '/nonexistent',
      bucket: `file://${bucket}`,
      region: '',
      pathStyle: false,
      key: signer.verifier.text,
      onlyNew: false,
      rescore: false,
    },
    (line) => lines.push(line),
    { tries: { attempts: 1, firstPauseMs: 1 }, logTries: 1, logPauseMs: 1 },
  );
  return { code, text: lines.join('\n'), lines };
}

const JSONL = jsonlKey(can(0));
const TAR = tarKey(can(0));
/** 64 MiB of one letter, packed; any number of these makes a text of any size. */
const LETTERS = 67_108_864;
const MEBIBYTES_64 = gzipSync(Buffer.alloc(LETTERS, 'a'));
const times = (count: number) => Array.from({ length: count }, () => MEBIBYTES_64);

t.test('as it was published', async (t) => {
  const { code, text } = await check(await archive(t, () => {}));
  t.equal(text, 'VERIFIED: 2 log entries, 2 cans, 2 lines, 0 declared removals; 0 warnings');
  t.equal(code, 0);
});

t.test('texts larger than memory', async (t) => {
  const cases = [
    [
      'a line',
      (put: (key: string, ...parts: Uint8Array[]) => void) => put(JSONL, ...times(8)),
      /n1\.0\.jsonl\.gz line 0: is not what was published/,
    ],
    [
      'a line behind the last one',
      (put: (key: string, ...parts: Uint8Array[]) => void) =>
        put(JSONL, gzipSync('{"report_id":"r0"}\n'), ...times(8)),
      /n1\.0\.jsonl\.gz: has 2 lines, but 1 were published/,
    ],
    [
      'a member of the tar',
      (put: (key: string, ...parts: Uint8Array[]) => void) =>
        put(TAR, gzipSync(tarHeader(folder, 'x', 8 * LETTERS, 0)), ...times(8)),
      /n1\.0\.tar\.gz: cannot be read: tar member \S+ has 536870912 bytes, more than any/,
    ],
  ] as const;
  const before = process.resourceUsage().maxRSS;
  for (const [name, change, found] of cases) {
    const { code, text } = await check(await archive(t, ({ put }) => change(put)));
    t.match(text, found, name);
    t.match(text, /NOT VERIFIED: 1 problems \(2 log entries, 2 cans, /, 'the other one is checked');
    t.equal(code, 65);
  }
  const grownKiB = process.resourceUsage().maxRSS - before;
  t.ok(grownKiB < 400_000, `${grownKiB} KiB more at the most`);
});

t.test('what no uploader writes, though readers pass over it', async (t) => {
  const honest = gzipSync('{"report_id":"r0"}\n');
  const withFlag = (flag: number, extra: Buffer) => {
    const header = Buffer.from(honest.subarray(0, 10));
    header[3] = flag;
    return Buffer.concat([header, extra, honest.subarray(10)]);
  };
  const withByte = (at: number, byte: number) => {
    const bytes = Buffer.from(honest);
    bytes[at] = byte;
    return bytes;
  };
  const hidden = Buffer.from('hidden\0');
  const cases: readonly [string, Buffer, RegExp][] = [
    ['a comment', withFlag(16, hidden), /at byte 0 a gzip member has a comment/],
    ['a name', withFlag(8, hidden), /at byte 0 a gzip member has a name/],
    [
      'an extra field and a name',
      withFlag(12, Buffer.concat([Buffer.from([2, 0, 1, 2]), hidden])),
      /a gzip member has an extra field, a name/,
    ],
    ['a time', withByte(4, 1), /at byte 0 the header of a gzip member is none of an uploader/],
    ['another speed', withByte(8, 7), /the header of a gzip member is none of an uploader/],
    ['another system', withByte(9, 255), /the header of a gzip member is none of an uploader/],
    [
      'an empty member',
      Buffer.concat([honest, gzipSync('')]),
      /has an empty gzip member at byte \d/,
    ],
    ['an empty member first', Buffer.concat([gzipSync(''), honest]), /empty gzip member at byte 0/],
    [
      'a comment in the second member',
      Buffer.concat([gzipSync('{"report_id"'), withFlag(16, hidden)]),
      /at byte \d\d a gzip member has a comment/,
    ],
    ['zeros', Buffer.concat([honest, Buffer.alloc(7)]), /has 7 bytes behind its end/],
    ['nothing at all', Buffer.alloc(0), /is empty/],
    ['a wrong checksum', withByte(honest.length - 8, 1), /not what its checksum says/],
    ['no trailer', honest.subarray(0, -3), /cannot be read: unexpected end of file/],
    ['half of it', honest.subarray(0, 20), /cannot be read: unexpected end of file/],
    ['no gzip', Buffer.from('report_id report_id'), /at byte 0 no gzip member begins/],
  ];
  for (const [name, bytes, found] of cases) {
    const { code, text } = await check(await archive(t, ({ put }) => put(JSONL, bytes)));
    t.match(text, found, name);
    t.match(text, /n1\.0\.jsonl\.gz: /, 'named');
    t.equal(code, 65);
  }
});

t.test('in members of any size', async (t) => {
  const parts = [...'{"report_id":"r0"}\n'].map((letter) => gzipSync(letter));
  const { code, text } = await check(await archive(t, ({ put }) => put(JSONL, ...parts)));
  t.equal(code, 0, text);
});

t.test('nothing from an entry or an object acts on a terminal', async (t) => {
  const evil = '\u001b[2J\u009b31m\r\nVERIFIED: all\u202e';
  const bucket = await archive(t, ({ put, leaves }) => {
    leaves.push({
      kind: 'published',
      uid: evil,
      sha256: '0'.repeat(64),
      key: `raw/${evil}`,
      line: 0,
    });
    leaves.push({ kind: 'removed', uid: evil, key: JSONL, line: 0, reason: evil, time: evil });
    put(TAR, gzipSync(tarOf('\u001b]0;x\u0007', envelope('{}'))));
  });
  const { code, text, lines } = await check(bucket);
  t.equal(code, 65);
  t.match(text, /\\u001b\[2J\\u009b31m\\u000d\\u000aVERIFIED: all\\u202e/);
  t.match(text, /\\u001b\]0;x\\u0007/);
  t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
  t.ok(lines.every((line) => !line.includes('\n') && !line.startsWith('VERIFIED')));
});

t.test('a can of a collector without a log, whatever lies beside it', async (t) => {
  const key = jsonlKey({ ...can(0), collectorId: '2' });
  const whole = encodeCheckpoint({ size: 0, root: Buffer.alloc(32) }, signer);
  const beside: readonly [string, string, Buffer | undefined, boolean][] = [
    ['nothing', 'x', undefined, false],
    ['a file', 'checkpoint', Buffer.from('x'), false],
    ['a large file', 'checkpoint', Buffer.alloc(20_000_000), false],
    ['a checkpoint without a key', 'checkpoint', Buffer.from(whole), false],
    ['a key alone', 'key', Buffer.from(signer.verifier.text), false],
  ];
  for (const [name, path, bytes] of beside) {
    const bucket = await archive(t, ({ put }) => {
      put(key, Buffer.from('x'));
      if (bytes !== undefined) put(`log/n2/${path}`, bytes);
    });
    const { code, text } = await check(bucket);
    t.match(text, /n2\.0\.jsonl\.gz: is of the collector 2, which has no log/, name);
    t.equal(code, 0);
  }
  const many = await archive(t, ({ put }) => {
    for (let k = 0; k < 105; k++) put(jsonlKey({ ...can(k), collectorId: '2' }), Buffer.from('x'));
  });
  const { text } = await check(many);
  t.equal(text.match(/jsonl\.gz: is of the collector 2/g)?.length, 100);
  t.match(text, /bucket: has 5 more of the collector 2: nothing vouches for it/);
  const other = parsePrivateKey(encodePrivateKey('example.org/n2', Buffer.alloc(32, 8)))!;
  const honest = await archive(t, ({ put }) => {
    put(key, Buffer.from('x'));
    const note = encodeCheckpoint({ size: 0, root: Buffer.alloc(32) }, other);
    put('log/n2/checkpoint', Buffer.from(note));
    put('log/n2/key', Buffer.from(other.verifier.text));
  });
  t.notMatch((await check(honest)).text, /collector 2/, 'one with a log is for its own check');
});
