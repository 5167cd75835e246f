/**
 * Tar members of a postcan, as POSIX ustar (protocol, archive 2.4).
 *
 * Written here rather than by a library because these bytes are a promise: the same measurements
 * give the same object, whatever is upgraded.
 */
import { MAX_POST_BYTES } from '../measurement/sizes.ts';
import type { HourFolder } from '../measurement/spoolPaths.ts';

const BLOCK = 512;

/** Two empty blocks end an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** Largest size that a header can say: eleven octal digits. */
const MAX_SIZE_BYTES = 0o77777777777;

/**
 * The header of `<folder>/<uid>.post`; owner 0, mode 0644. `mtimeMs`: the measurement's receive
 * time, so that nothing depends on when the can was made.
 */
export function tarHeader(
  folder: HourFolder,
  uid: string,
  sizeBytes: number,
  mtimeMs: number,
): Buffer {
  const name = `${uid}.post`;
  // The folder goes into the prefix field: both together may be longer than the name field.
  if (name.length > 100 || folder.name.length > 155 || sizeBytes > MAX_SIZE_BYTES)
    throw new RangeError(`${folder.name}/${name} (${sizeBytes} bytes) does not fit into tar`);
  const header = Buffer.alloc(BLOCK);
  const field = (text: string, at: number) => header.write(text, at, 'latin1');
  const octal = (value: number, digits: number, at: number) =>
    field(`${value.toString(8).padStart(digits, '0')}\0`, at);
  field(name, 0);
  octal(0o644, 7, 100);
  octal(0, 7, 108);
  octal(0, 7, 116);
  octal(sizeBytes, 11, 124);
  octal(Math.floor(mtimeMs / 1000), 11, 136);
  field('0', 156);
  field('ustar\0', 257);
  field('00', 263);
  octal(0, 7, 329);
  octal(0, 7, 337);
  field(folder.name, 345);
  field('        ', 148);
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += header[at]!;
  field(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** Zeros that fill the last block of a member of this size. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((BLOCK - (sizeBytes % BLOCK)) % BLOCK);
}

export interface TarMember {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Reads a tar of regular files, member by member. Throws for a member that is larger than any measurement, a text that is not one, that ends in
 * the middle, or that has room for something which no member is: members of other types, bytes that
 * fill up a block, bytes behind the end mark. Other readers may give those to somebody.
 */
export async function* readTar(
  tar: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<TarMember> {
  const take = byteReader(tar);
  for (;;) {
    const header = await take(BLOCK);
    if (header.length === 0) throw new Error('tar ends without its end mark');
    if (header.length < BLOCK) throw new Error('tar ends inside a header');
    if (isEmpty(header)) {
      // To its end, so that a fault in what carries the tar is not missed.
      for (let rest = await take(BLOCK); rest.length > 0; rest = await take(BLOCK))
        if (!isEmpty(rest)) throw new Error('tar has bytes behind its end mark');
      return;
    }
    checkSum(header);
    const digits = cString(header, 124, 12).trim();
    if (!/^[0-7]+$/.test(digits)) throw new Error('tar header without a size');
    const size = Number.parseInt(digits, 8);
    const prefix = cString(header, 345, 155);
    const ownName = cString(header, 0, 100);
    const name = prefix === '' ? ownName : `${prefix}/${ownName}`;
    const type = header[156]!;
    // Zero: what tar of before POSIX wrote.
    if (type !== 0 && type !== 0x30)
      throw new Error(`tar member ${name} is no regular file, but of type ${type}`);
    if (size > MAX_POST_BYTES)
      throw new Error(`tar member ${name} has ${size} bytes, more than any measurement`);
    const bytes = await take(size);
    const padding = await take((BLOCK - (size % BLOCK)) % BLOCK);
    if (bytes.length < size || (size % BLOCK !== 0 && padding.length === 0))
      throw new Error('tar ends inside a member');
    if (!isEmpty(padding)) throw new Error(`tar has bytes behind its member ${name}`);
    yield { name, bytes };
  }
}

function isEmpty(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

function checkSum(header: Buffer): void {
  const said = Number.parseInt(cString(header, 148, 8).trim(), 8);
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at]!;
  if (said !== sum) throw new Error('tar header with a wrong checksum');
}

function cString(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end === -1 ? length : end);
}

/** Takes exactly the asked number of bytes off a stream, fewer only at its end. */
function byteReader(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): (length: number) => Promise<Buffer> {
  const chunks =
    Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  return async (length) => {
    while (heldBytes < length) {
      const next = await chunks.next();
      if (next.done) break;
      held.push(next.value);
      heldBytes += next.value.length;
    }
    const all = held.length === 1 ? held[0]! : Buffer.concat(held);
    const taken = Buffer.from(all.buffer, all.byteOffset, Math.min(length, all.length));
    held = [all.subarray(taken.length)];
    heldBytes = all.length - taken.length;
    return taken;
  };
}
