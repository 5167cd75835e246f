import t from 'tap';
import { zstdStructure } from '../../../src/core/submission/zstdFrames.ts';
import {
  block,
  bomb,
  rawFrame,
  SAMPLE_TEXT,
  SAMPLES,
  sizedFrame,
  skippableFrame,
  windowFrame,
} from '../../edge/zstd/samples.ts';

const MIB = 1_048_576;
const walk = (data: Buffer) =>
  zstdStructure(data, { maxWindowBytes: 8 * MIB, maxOutputBytes: 10 * MIB });
const sample = (name: string) => Buffer.from(SAMPLES[name]!, 'base64');

const OUR_SAMPLES = Object.keys(SAMPLES).filter((name) => name !== 'window of 128 MiB');

t.test('what the reference compressor makes', (t) => {
  t.match(walk(sample('window of 128 MiB')), {
    kind: 'too_large',
    reason: 'zstd window of 134217728 bytes: at most 8388608',
  });
  for (const name of OUR_SAMPLES) {
    const structure = walk(sample(name));
    if (structure.kind !== 'ok') return t.fail(`${name}: ${structure.reason}`);
    if (structure.exact) t.equal(structure.outputBoundBytes, SAMPLE_TEXT.length, name);
    else t.ok(structure.outputBoundBytes >= SAMPLE_TEXT.length, name);
  }
  t.equal((walk(sample('content size and checksum')) as { exact: boolean }).exact, true);
  t.equal((walk(sample('a stream, no content size')) as { exact: boolean }).exact, false);
  t.end();
});

t.test('cut off anywhere, it ends too early', (t) => {
  for (const name of OUR_SAMPLES) {
    const data = sample(name);
    for (let length = 1; length < data.length; length++) {
      const { kind } = walk(data.subarray(0, length));
      if (kind !== 'invalid') t.fail(`${name} cut to ${length} bytes: ${kind}`);
    }
  }
  t.end();
});

t.test('frames made by hand', (t) => {
  const byte = Buffer.from('a');
  const ten = Buffer.alloc(10, 'a');
  const ok = (outputBoundBytes: number, exact: boolean) => ({
    kind: 'ok',
    outputBoundBytes,
    exact,
  });
  const cases: [string, Buffer, unknown][] = [
    ['one raw block', windowFrame(10, block(0, 10, ten)), ok(10, false)],
    ['one run', windowFrame(10, block(1, 1000, byte)), ok(1000, false)],
    ['one compressed block', windowFrame(10, block(2, 10, ten)), ok(1024, false)],
    [
      'a compressed block in a large window',
      windowFrame(23, block(2, 10, ten)),
      ok(131_072, false),
    ],
    ['two blocks', windowFrame(10, block(0, 10, ten, false), block(1, 5, byte)), ok(15, false)],
    ['an empty block', windowFrame(10, block(0, 0, Buffer.alloc(0))), ok(0, false)],
    ['with its size', sizedFrame(10, block(0, 10, ten)), ok(10, true)],
    ['nothing, with its size', sizedFrame(0, block(0, 0, Buffer.alloc(0))), ok(0, true)],
    ['two frames', Buffer.concat([rawFrame('ab'), rawFrame('cde')]), ok(5, true)],
    [
      'one with and one without size',
      Buffer.concat([rawFrame('ab'), windowFrame(10, block(0, 10, ten))]),
      ok(12, false),
    ],
    [
      'skippable around',
      Buffer.concat([skippableFrame(ten), rawFrame('ab'), skippableFrame(ten)]),
      ok(2, true),
    ],
    ['nothing', Buffer.alloc(0), { kind: 'invalid', reason: 'no zstd frame' }],
    ['only skippable', skippableFrame(ten), { kind: 'invalid', reason: 'no zstd frame' }],
    ['skippable cut off', skippableFrame(ten).subarray(0, 12), { kind: 'invalid' }],
    ['JSON', Buffer.from('{"format":"json"}'), { kind: 'invalid', reason: 'not zstd data' }],
    [
      'gzip',
      Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]),
      { kind: 'invalid', reason: 'not zstd data' },
    ],
    [
      'garbage after the frame',
      Buffer.concat([rawFrame('ab'), ten]),
      { kind: 'invalid', reason: 'not zstd data' },
    ],
    ['the reserved block type', windowFrame(10, block(3, 1, byte)), { kind: 'invalid' }],
    ['a run larger than the window', windowFrame(10, block(1, 1025, byte)), { kind: 'invalid' }],
    ['a run larger than a block', windowFrame(23, block(1, 131_073, byte)), { kind: 'invalid' }],
    ['claims more than it holds', sizedFrame(11, block(0, 10, ten)), { kind: 'invalid' }],
    ['window of 8 MiB', windowFrame(23, block(0, 10, ten)), ok(10, false)],
    ['window of 16 MiB', windowFrame(24, block(0, 10, ten)), { kind: 'too_large' }],
    ['a single segment has no window', rawFrame('a'.repeat(9 * MIB)), ok(9 * MIB, true)],
    [
      'many blocks of one byte',
      windowFrame(23, ...Array.from({ length: 5_000 }, () => block(0, 1, byte, false))),
      { kind: 'too_large', reason: 'zstd blocks of less than 64 bytes on average' },
    ],
    [
      'many blocks of a hundred bytes',
      windowFrame(
        23,
        ...Array.from({ length: 50_000 }, () => block(0, 100, Buffer.alloc(100), false)),
        block(0, 1, byte),
      ),
      ok(5_000_001, false),
    ],
    ['window of 2 TiB', windowFrame(41, block(0, 10, ten)), { kind: 'too_large' }],
    ['claims 2^60 bytes', sizedFrame(2 ** 60, block(0, 10, ten)), { kind: 'too_large' }],
    [
      'a bomb that tells its size',
      sizedFrame(
        131_072 * 90,
        ...Array.from({ length: 89 }, () => block(1, 131_072, byte, false)),
        block(1, 131_072, byte),
      ),
      { kind: 'too_large' },
    ],
    // Whether that much really comes out is seen when it does.
    ['a bomb that does not', bomb(1000), { ...ok(10 * MIB, false), limited: true }],
  ];
  for (const [name, data, expected] of cases) t.match(walk(data), expected as object, name);
  const reserved = windowFrame(10, block(0, 10, ten));
  reserved[4] = 0x08;
  t.match(walk(reserved), { kind: 'invalid', reason: 'reserved bit in zstd frame' });
  t.match(
    walk(
      Buffer.concat([reserved.subarray(0, 4), Buffer.from([0x01, 0x00, 0x07]), block(0, 1, byte)]),
    ),
    { kind: 'invalid', reason: 'zstd frame needs a dictionary' },
  );
  t.end();
});

t.test('a view into a larger buffer', (t) => {
  const data = Buffer.concat([Buffer.alloc(7, 0xff), rawFrame('abc'), Buffer.alloc(7, 0xff)]);
  t.match(walk(data.subarray(7, data.length - 7)), { kind: 'ok', outputBoundBytes: 3 });
  t.end();
});
