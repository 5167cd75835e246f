/** Takes the wanted files out of what was fetched: an archive of a repository, a gzip, or the file itself. */

import { Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { type Entry, fromBufferPromise } from 'yauzl';
import type { Job, SourceFile } from '../../core/sources/job.ts';
import { SourceError } from './sourceError.ts';

/** What of a job says which files are wanted. */
export type Wanted = Pick<Job, 'files' | 'wants'>;

/** `name`: the last part of where the bytes are from. Throws SourceError. */
export async function unpack(
  name: string,
  bytes: Buffer,
  wanted: Wanted,
  maxBytes: number,
): Promise<readonly SourceFile[]> {
  try {
    if (bytes.subarray(0, 4).equals(ZIP)) return await unzip(bytes, wanted, maxBytes);
    if (isTar(bytes)) return await untar(Readable.from([bytes]), wanted, maxBytes);
    if (!bytes.subarray(0, 2).equals(GZIP)) return [single(name, bytes, wanted)];
    const start = await gunzipStart(bytes);
    if (isTar(start)) return await untar(gunzip(bytes, maxBytes), wanted, maxBytes);
    const text = await buffer(gunzip(bytes, maxBytes));
    return [single(name.replace(/\.gz$/, ''), text, wanted)];
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    throw new SourceError(`${name}: damaged or cut off: ${(cause as Error).message}`, { cause });
  }
}

const ZIP = Buffer.from('PK\x03\x04', 'latin1');
const GZIP = Buffer.from([0x1f, 0x8b]);
const TAR_MARK_AT = 257;

function isTar(bytes: Buffer): boolean {
  return bytes.subarray(TAR_MARK_AT, TAR_MARK_AT + 5).toString('latin1') === 'ustar';
}

/** A file that a job needs only one of may have any name. */
function single(name: string, bytes: Buffer, { files }: Wanted): SourceFile {
  return { name: files?.length === 1 ? files[0]! : name, bytes };
}

function tooLarge(maxBytes: number): SourceError {
  return new SourceError(`holds more than ${maxBytes} bytes unpacked (fetch.max_bytes)`);
}

/** Ends with an error rather than give more than the bound. */
function gunzip(bytes: Buffer, maxBytes: number): Readable {
  let length = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
  // An error of either ends both, and is thrown to who reads.
  void pipeline(Readable.from([bytes]), createGunzip(), bounded).catch(() => {});
  return bounded;
}

async function gunzipStart(bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of gunzip(bytes, Number.POSITIVE_INFINITY)) {
    chunks.push(chunk);
    if (Buffer.concat(chunks).length > TAR_MARK_AT + 5) break;
  }
  return Buffer.concat(chunks);
}

/** Archives of code hosts have all files in one folder, which is not part of the names. */
function wantedName(path: string, { wants }: Wanted): string | undefined {
  const withoutTop = path.slice(path.indexOf('/') + 1);
  return [path.replace(/^\.\//, ''), withoutTop].find(wants);
}

/** Collects wanted files, within the bound. */
function collector(wanted: Wanted, maxBytes: number) {
  const files = new Map<string, SourceFile>();
  let length = 0;
  return {
    name: (path: string) => wantedName(path, wanted),
    room: () => maxBytes - length,
    add(name: string, bytes: Buffer) {
      if (files.has(name)) throw new SourceError(`holds ${name} twice`);
      length += bytes.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      files.set(name, { name, bytes });
    },
    files: () => [...files.values()],
  };
}

async function untar(tar: Readable, wanted: Wanted, maxBytes: number) {
  const found = collector(wanted, maxBytes);
  const entries = extract();
  const whole = pipeline(tar, entries);
  whole.catch(() => {});
  for await (const entry of entries) {
    const { name: path, type, size } = entry.header;
    const name = type === 'file' ? found.name(path) : undefined;
    if (name === undefined) {
      entry.resume();
      continue;
    }
    if ((size ?? 0) > found.room()) throw tooLarge(maxBytes);
    found.add(name, await buffer(entry));
  }
  await whole;
  return found.files();
}

async function unzip(bytes: Buffer, wanted: Wanted, maxBytes: number) {
  const found = collector(wanted, maxBytes);
  // Sizes that are said wrong are errors of its streams.
  const zip = await fromBufferPromise(bytes, { lazyEntries: true, validateEntrySizes: true });
  try {
    for await (const entry of zip.eachEntry() as AsyncIterable<Entry>) {
      const name = entry.fileName.endsWith('/') ? undefined : found.name(entry.fileName);
      if (name === undefined) continue;
      if (entry.uncompressedSize > found.room()) throw tooLarge(maxBytes);
      found.add(name, await buffer(await zip.openReadStreamPromise(entry)));
    }
  } finally {
    zip.close();
  }
  return found.files();
}
