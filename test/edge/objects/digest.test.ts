/** Whether a file has the bytes of a source: of files larger than what is read at once too. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  bytesSource,
  fileDigest,
  hasBytesOf,
  partsOf,
  type Source,
  sha256,
  sourceDigest,
  withFile,
} from '../../../src/edge/objects/digest.ts';

const READ_BYTES = 1_048_576;

function changed(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[at]! ^= 1;
  return other;
}

t.test('a file has the bytes of a source, or others', async (t) => {
  const dir = t.testdir();
  const file = join(dir, 'held');
  for (const size of [0, 1, READ_BYTES - 1, READ_BYTES, READ_BYTES + 1, 2 * READ_BYTES + 7]) {
    const bytes = randomBytes(size);
    writeFileSync(file, bytes);
    const has = (other: Uint8Array) => hasBytesOf(file, bytesSource(other));
    t.equal(await has(bytes), true, `${size} bytes`);
    t.equal(await has(Buffer.concat([bytes, Buffer.alloc(1)])), false, `${size} and one more`);
    if (size === 0) continue;
    t.equal(await has(bytes.subarray(1)), false, `${size} and the first is missing`);
    t.equal(await has(bytes.subarray(0, -1)), false, `${size} and the last is missing`);
    for (const at of [0, size >> 1, size - 1])
      t.equal(await has(changed(bytes, at)), false, `${size}, another at ${at}`);
    t.equal(await withFile(file, (source) => hasBytesOf(file, source)), true, 'a file as source');
  }
});

t.test('the digest of a source is that of its bytes, wherever they come from', async (t) => {
  const file = join(t.testdir(), 'file');
  const bytes = randomBytes(READ_BYTES + 9);
  writeFileSync(file, bytes);
  const digest = { sizeBytes: bytes.length, sha256: sha256(bytes) };
  t.strictSame(await sourceDigest(bytesSource(bytes)), digest);
  t.strictSame(await fileDigest(file), digest);
  const span: Buffer[] = [];
  const spanOf = async (source: Source) => {
    for await (const part of partsOf(source, 5, READ_BYTES + 8)) span.push(Buffer.from(part));
  };
  await withFile(file, spanOf);
  t.equal(span.length, 2);
  t.ok(Buffer.concat(span).equals(bytes.subarray(5, READ_BYTES + 8)), 'and of a span of it');
});
