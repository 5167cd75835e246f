import t from 'tap';
import { encodeLeaf, type Leaf, parseLeaf } from '../../../src/core/archive/leaf.ts';
import {
  decodeBundle,
  encodeBundle,
  entriesPath,
  tilePath,
} from '../../../src/core/archive/tiles.ts';

t.test('paths as in C2SP tlog-tiles', async (t) => {
  const cases = [
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 0, width: 1 }, 'tile/0/000.p/1'],
    [{ level: 1, index: 999, width: 256 }, 'tile/1/999'],
    [{ level: 0, index: 1_000, width: 256 }, 'tile/0/x001/000'],
    [{ level: 2, index: 1_234_067, width: 256 }, 'tile/2/x001/x234/067'],
    [{ level: 0, index: 1_234_067, width: 255 }, 'tile/0/x001/x234/067.p/255'],
  ] as const;
  for (const [tile, path] of cases) {
    t.equal(tilePath(tile), path);
    t.equal(entriesPath(tile), path.replace(/^tile\/\d/, 'tile/entries'));
  }
});

t.test('bundles', async (t) => {
  const entries = ['', 'a', 'x'.repeat(300), 'y'.repeat(65_535)].map((text) => Buffer.from(text));
  const bundle = encodeBundle(entries);
  t.same(decodeBundle(bundle, 4), entries);
  t.equal(bundle.readUInt16BE(0), 0);
  t.equal(bundle.readUInt16BE(5), 300);
  t.equal(decodeBundle(bundle, 3), undefined);
  t.equal(decodeBundle(bundle.subarray(0, -1), 4), undefined);
  t.equal(decodeBundle(Buffer.concat([bundle, Buffer.from([0])]), 4), undefined);
  t.throws(() => encodeBundle([Buffer.alloc(65_536)]), RangeError);
});

t.test('leaves', async (t) => {
  const published: Leaf = {
    kind: 'published',
    uid: '20260821100000.000000_IT_tor_0123456789abcdef',
    sha256: 'ab'.repeat(32),
    key: 'raw/20260821/10/IT/tor/2026082110_IT_tor.n1.0.jsonl.gz',
    line: 3,
  };
  const { uid, key, line } = published;
  const removed: Leaf = {
    kind: 'removed',
    uid,
    key,
    line,
    reason: 'a "reason"',
    time: '2026-08-22T00:00:00Z',
  };
  t.equal(
    encodeLeaf(published).toString(),
    `{"uid":"${uid}","sha256":"${'ab'.repeat(32)}","key":"${key}","line":3}`,
  );
  t.same(parseLeaf(encodeLeaf(published)), published);
  t.same(parseLeaf(encodeLeaf(removed)), removed);
  for (const text of [
    '',
    '{}',
    '[]',
    '{"uid":"x","sha256":"x","key":"k","line":0}',
    '{"uid":"x","key":"k","line":-1}',
  ])
    t.equal(parseLeaf(Buffer.from(text)), undefined, text);
});
