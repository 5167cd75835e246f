/**
 * Takes archived objects apart into measurements, as streams: memory does not depend on how large an
 * object is (protocol, scoring 7; archive 3: the file name's ending picks the reader).
 */
import { type Duplex, pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { MAX_BODY_BYTES } from '../../core/measurement/sizes.ts';
import type { ObjectName } from '../../core/replay/archiveObjects.ts';
import { lz4Text } from '../../core/replay/lz4.ts';
import { yamlDocuments } from '../../core/replay/yamlDocuments.ts';
import { ownBytes, type RawLine, rawLines } from '../../core/text/lines.ts';
import { wholeBytes } from '../../core/text/wholeBytes.ts';

/** Old reports were small, and reading YAML takes a second for a few megabytes. */
const MAX_YAML_BYTES = 8 * 1024 * 1024;

/** One measurement, or what stands in its place. `where`: in the object, for reports. */
export type Item = { readonly where: string } & (
  | { readonly kind: 'post'; readonly measurementUid: string; readonly bytes: Buffer }
  /** Of an archive with an index: `number` is the line's in there, from 0. */
  | { readonly kind: 'line'; readonly number: number; readonly bytes: Buffer }
  | { readonly kind: 'can-line'; readonly bytes: Buffer }
  | { readonly kind: 'yaml'; readonly header: Buffer; readonly entry: Buffer }
  | { readonly kind: 'unreadable'; readonly reason: string }
);

type Bytes = AsyncIterable<Uint8Array>;

interface TarFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly bytes: Bytes;
}

/** Throws for an object that is damaged or cut off; what came before that is good. */
export function readItems(name: ObjectName, bytes: Bytes): AsyncGenerator<Item> {
  switch (name.format) {
    case 'jsonl.gz':
      return readLines(through(bytes, createGunzip()), 'line', '');
    case 'tar.gz':
      return readPostcan(unzipped(bytes));
    case 'json.lz4':
      return readLines(lz4Text(bytes), 'can-line', '');
    case 'yaml.lz4':
      return readReport(lz4Text(bytes), '');
    case 'tar.lz4':
      return readCan(lz4Text(bytes));
    case 'post':
      return readPost(bytes, name.key);
    case 'post.gz':
      return readPost(through(bytes, createGunzip()), name.key.slice(0, -'.gz'.length));
  }
}

async function* readLines(
  text: Bytes,
  kind: 'line' | 'can-line',
  within: string,
): AsyncGenerator<Item> {
  let number = -1;
  for await (const bytes of rawLines(text, MAX_BODY_BYTES)) {
    number++;
    const where = `${within}line ${number}`;
    if ('tooLongBytes' in bytes) yield unreadable(where, bytes.tooLongBytes);
    else if (!isBlank(bytes)) yield { kind, number, bytes, where };
  }
}

/** Measurements are what is named `.post`; the uid is what stands between the last `/` and that. */
async function* readPostcan(tar: Bytes): AsyncGenerator<Item> {
  for await (const { name, sizeBytes, bytes } of tarFiles(tar)) {
    const where = name;
    const uid = /([^/]+)\.post$/.exec(name)?.[1];
    if (uid === undefined) {
      await drain(bytes);
      yield { kind: 'unreadable', where, reason: 'a member that is no .post file' };
    } else if (sizeBytes > MAX_BODY_BYTES) {
      await drain(bytes);
      yield unreadable(where, sizeBytes);
    } else {
      yield {
        kind: 'post',
        where,
        measurementUid: uid,
        bytes: (await wholeBytes(bytes, sizeBytes))!,
      };
    }
  }
}

async function* readCan(tar: Bytes): AsyncGenerator<Item> {
  for await (const { name, bytes } of tarFiles(tar)) {
    if (name.endsWith('.json')) yield* readLines(bytes, 'can-line', `${name} `);
    else if (name.endsWith('.yaml')) yield* readReport(bytes, `${name} `);
    else {
      await drain(bytes);
      yield { kind: 'unreadable', where: name, reason: 'a member that is neither JSON nor YAML' };
    }
  }
}

async function* readReport(text: Bytes, within: string): AsyncGenerator<Item> {
  let header: Buffer | undefined;
  let number = 0;
  // A line may be all of a document.
  const documents = yamlDocuments(rawLines(text, MAX_YAML_BYTES), MAX_YAML_BYTES);
  for await (const document of documents) {
    const where = `${within}document ${number++}`;
    if (document.kind === 'unreadable') yield { ...document, where };
    else if (number === 1) header = document.bytes;
    else if (header !== undefined) yield { kind: 'yaml', header, entry: document.bytes, where };
    else yield { kind: 'unreadable', where, reason: 'an entry of a report without header' };
  }
}

async function* readPost(bytes: Bytes, key: string): AsyncGenerator<Item> {
  const measurementUid = key.slice(key.lastIndexOf('/') + 1, -'.post'.length);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of bytes) {
    sizeBytes += chunk.length;
    if (sizeBytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (sizeBytes > MAX_BODY_BYTES) yield unreadable('', sizeBytes);
  else yield { kind: 'post', where: '', measurementUid, bytes: ownBytes(chunks, sizeBytes) };
}

function unreadable(where: string, sizeBytes: number): Item {
  const reason = `${sizeBytes} bytes, more than ${MAX_BODY_BYTES}`;
  return { kind: 'unreadable', where, reason };
}

function isBlank(line: Exclude<RawLine, { tooLongBytes: number }>): boolean {
  return line.length < 3 && line.toString('latin1').trim() === '';
}

/** The regular files of a tar; each must be read to its end before the next one is asked for. */
async function* tarFiles(tar: Bytes): AsyncGenerator<TarFile> {
  const files = extract();
  pipe(tar, files);
  for await (const file of files) {
    const { type, name, size } = file.header;
    // The library's streams are iterated like Node's, though its types do not say so.
    const bytes = file as unknown as Bytes;
    if (type === 'file' || type === 'contiguous-file') yield { name, sizeBytes: size, bytes };
    else await drain(bytes);
  }
}

async function drain(bytes: Bytes): Promise<void> {
  for await (const _ of bytes);
}

/** Some old postcans are called `.tar.gz` and are not compressed. */
async function* unzipped(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const all = prepended(first.value, chunks);
  yield* first.value[0] === 0x1f && first.value[1] === 0x8b ? through(all, createGunzip()) : all;
}

async function* prepended(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function through(bytes: Bytes, transform: Duplex): Bytes {
  pipe(bytes, transform);
  return transform;
}

/** An error of the source becomes the target's, and leaving the target closes the source. */
function pipe(bytes: Bytes, target: NodeJS.WritableStream): void {
  pipeline(Readable.from(bytes, { highWaterMark: 1 }), target, () => {});
}
