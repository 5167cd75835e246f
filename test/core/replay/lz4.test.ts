/**
 * Covers src/core/replay/xxh32.ts.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { Lz4Error, lz4Text } from '../../../src/core/replay/lz4.ts';
import { xxh32Of } from '../../../src/core/replay/xxh32.ts';

/** What the fixtures hold: 150,000 bytes, in three blocks where these have 64 KiB. */
function fixtureText(): string {
  let text = '';
  for (let line = 0; text.length < 150_000; line++) {
    const mark = line % 2000 === 0 ? ` mark ${line}` : '';
    text += `line ${line % 11}${'-'.repeat(line % 4)}${mark}\n`;
  }
  return text.slice(0, 150_000);
}

// Packed by lz4 1.9.4 with the options that are named.
const FIXTURES = {
  'linked.lz4': '-9 -B4 -BD: blocks that refer to the one before, checksum of the text',
  'checked.lz4': '-9 -B4 -BX --content-size: independent blocks with checksums',
  'plain.lz4': '-9 -B5 --no-frame-crc: one block, no checksum',
} as const;
const EMPTY = Buffer.from('04224d186440a700000000055dcc02', 'hex');
const HELLO = Buffer.from(
  '04224d186440a70f0000006e68656c6c6f2006005068656c6c6f0000000079b1fff9',
  'hex',
);
// 40 random bytes: a block that is not compressed.
const RANDOM_TEXT =
  'b67075631cadf331a510d40487b8547d8cd130573b68c30954588d4ce45ec0235d5de1f7753cc085';
const RANDOM = Buffer.from(`04224d187440bd28000080${RANDOM_TEXT}b89e4fbc00000000b89e4fbc`, 'hex');

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

async function* inPieces(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function unpacked(bytes: Buffer, pieceBytes = 1 << 20): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of lz4Text(inPieces(bytes, pieceBytes))) pieces.push(piece);
  return Buffer.concat(pieces);
}

t.test('xxHash of known texts', async (t) => {
  // From the checksums that the lz4 tool wrote.
  t.equal(xxh32Of(Buffer.alloc(0)), 0x02cc5d05);
  t.equal(xxh32Of(Buffer.from('hello hello hello hello hello')), 0xf9ffb179);
  t.equal(xxh32Of(Buffer.from(RANDOM_TEXT, 'hex')), 0xbc4f9eb8);
});

for (const [name, options] of Object.entries(FIXTURES)) {
  t.test(`lz4 ${options}`, async (t) => {
    const bytes = fixture(name);
    for (const pieceBytes of [1 << 20, 1000, 7, 1])
      t.equal((await unpacked(bytes, pieceBytes)).toString(), fixtureText(), `in ${pieceBytes}`);
  });
}

t.test('short frames, several frames, frames to skip', async (t) => {
  const skippable = Buffer.concat([
    Buffer.from('5f2a4d18', 'hex'),
    Buffer.from([5, 0, 0, 0]),
    Buffer.from('notes'),
  ]);
  const hello = 'hello hello hello hello hello';
  t.equal((await unpacked(EMPTY)).length, 0);
  t.equal((await unpacked(Buffer.alloc(0))).length, 0);
  t.equal((await unpacked(HELLO)).toString(), hello);
  t.equal((await unpacked(RANDOM)).toString('hex'), RANDOM_TEXT);
  const all = Buffer.concat([skippable, HELLO, EMPTY, skippable, HELLO]);
  t.equal((await unpacked(all, 3)).toString(), hello + hello);
});

t.test('what is cut off is an error, wherever it is cut', async (t) => {
  for (let length = 1; length < HELLO.length; length++)
    await t.rejects(unpacked(HELLO.subarray(0, length)), { name: 'Lz4Error', message: /cut off/ });
});

t.test('a changed bit is an error, wherever it is', async (t) => {
  const good = fixture('checked.lz4');
  for (let at = 0; at < good.length; at += 5) {
    const bad = Buffer.from(good);
    bad[at]! ^= 1 << (at % 8);
    await t.rejects(unpacked(bad), Lz4Error, `byte ${at}`);
  }
});

t.test(
  'without checksums damage is found where it makes no sense, and stays within bounds',
  async (t) => {
    const good = fixture('plain.lz4');
    let errors = 0;
    for (let at = 7; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 0x80;
      await unpacked(bad).then(
        (text) => t.ok(text.length <= 262_144),
        (error) => {
          errors++;
          t.ok(error instanceof Lz4Error, `byte ${at}: ${error}`);
        },
      );
    }
    t.ok(errors > 0);
  },
);

/** A frame with a right header checksum, no other, and these blocks. */
function frame(flags: number, sizes: number, ...blocks: Buffer[]): Buffer {
  const header = Buffer.from([flags, sizes]);
  const parts: Buffer[] = [Buffer.from('04224d18', 'hex'), header];
  parts.push(Buffer.from([(xxh32Of(header) >> 8) & 0xff]));
  for (const block of blocks) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    parts.push(size, block);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

t.test('what the format forbids', async (t) => {
  const cases: [string, Buffer, RegExp][] = [
    ['other magic', Buffer.from('1f8b0800'), /no frame begins/],
    ['version', frame(0x80, 0x40), /version 2/],
    ['dictionary', frame(0x61, 0x40), /dictionary/],
    ['block size', frame(0x60, 0x30), /block size/],
    ['long block', frame(0x60, 0x40, Buffer.alloc(65_537)), /block of 65537/],
    ['reference to before the text', frame(0x60, 0x40, Buffer.from([0x10, 97, 2, 0, 0])), /before/],
    ['reference to itself', frame(0x60, 0x40, Buffer.from([0x10, 97, 0, 0, 0])), /before/],
    ['half a reference', frame(0x60, 0x40, Buffer.from([0x10, 97, 1])), /inside a reference/],
    ['short text', frame(0x60, 0x40, Buffer.from([0x50, 97])), /inside its text/],
    ['endless length', frame(0x60, 0x40, Buffer.from([0xf0, 255])), /inside a length/],
    ['no end', frame(0x60, 0x40, Buffer.from([0x10, 97, 1, 0])), /without an end/],
    [
      'more text than a block has',
      frame(0x60, 0x40, Buffer.from([0x1f, 97, 1, 0, ...Array(260).fill(255), 0, 0x00])),
      /more text/,
    ],
  ];
  for (const [name, bytes, message] of cases)
    await t.rejects(unpacked(bytes), { name: 'Lz4Error', message }, name);
});

t.test('its source is closed when nobody reads on', async (t) => {
  let closed = false;
  async function* source() {
    try {
      for (;;) yield HELLO;
    } finally {
      closed = true;
    }
  }
  for await (const _ of lz4Text(source())) break;
  t.equal(closed, true);
});
