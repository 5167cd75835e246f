/**
 * Reading a bucket for a check. Trouble on the way says nothing about the archive, so each read is
 * tried again, and an object is looked at when it is here as a whole: nothing of it is counted
 * twice, and however long the looking takes, no connection waits for it.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BrokenLog, type ReadPart } from '../../core/archive/logReader.ts';
import { logParts } from '../../edge/objects/readObject.ts';
import { doubledMs, pause, tryAgain } from '../../program/tryAgain.ts';

/** What a check needs of a bucket. */
export interface Bucket {
  readonly name: string;
  read(key: string): Promise<Readable | undefined>;
  list(prefix: string): AsyncIterable<{ readonly key: string }>;
  /** Absent: it can always be listed. */
  canList?(): Promise<boolean>;
}

/** How often one thing is tried, and the pause after the first time, doubled each time. */
export interface Tries {
  readonly attempts: number;
  readonly firstPauseMs: number;
}

/** An object's bytes, here. */
export interface Fetched {
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** The bytes from there to the end. */
  open(startBytes: number): Readable;
  /** A part of them, shorter where they end earlier. */
  part(startBytes: number, lengthBytes: number): Promise<Buffer>;
  drop(): Promise<void>;
}

export interface Source {
  readonly name: string;
  /** A small object. Throws BrokenLog for one that is larger than any part of a log. */
  readonly part: ReadPart;
  /** An object of a can; `too large` for one that is larger than any. */
  fetch(key: string): Promise<Fetched | 'too large' | undefined>;
  canList(): Promise<boolean>;
  /** Keys below a prefix, each at least once. */
  list(prefix: string): AsyncGenerator<string>;
}

/** A can's objects have 20 MB and one measurement more; this bounds the disk that is taken. */
const MAX_OBJECT_BYTES = 4_294_967_296;

export function openSource(bucket: Bucket, tries: Tries): Source {
  const { name } = bucket;
  const readPart = logParts(bucket, '');
  const pauseMs = (what: string, cause: unknown, failures: number): number => {
    if (failures >= tries.attempts)
      throw new Error(`cannot ${what} (tried ${failures} times)`, { cause });
    return doubledMs(failures, tries.firstPauseMs);
  };
  const again = <Result>(what: string, work: () => Promise<Result>): Promise<Result> =>
    tryAgain(work, (error, failures) =>
      error instanceof BrokenLog ? undefined : pauseMs(what, error, failures),
    );

  return {
    name,

    part: (key) => again(`read ${key}`, () => readPart(key)),

    fetch: (key) =>
      again(`read ${key}`, async () => {
        const stream = await bucket.read(key);
        return stream === undefined ? undefined : store(stream);
      }),

    canList: () =>
      again('read the list of objects', async () => (await bucket.canList?.()) ?? true),

    async *list(prefix) {
      // From its beginning after a failure: whoever asks takes a key once.
      for (let failures = 1; ; failures++) {
        try {
          for await (const { key } of bucket.list(prefix)) yield key;
          return;
        } catch (error) {
          await pause(pauseMs(`list ${prefix}`, error, failures));
        }
      }
    },
  };
}

const READ_BYTES = 65_536;

/** A stream of the file's own would close it with itself. */
async function* bytesFrom(part: Fetched['part'], startBytes: number): AsyncGenerator<Buffer> {
  for (let at = startBytes; ; ) {
    const bytes = await part(at, READ_BYTES);
    if (bytes.length === 0) return;
    yield bytes;
    at += bytes.length;
  }
}

/** Into a file without a name, which is gone with this process at the latest. */
async function store(stream: Readable): Promise<Fetched | 'too large'> {
  const dir = await mkdtemp(join(tmpdir(), 'ooni-verify-'));
  const file = await open(join(dir, 'object'), 'wx+').finally(() => rm(dir, { recursive: true }));
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let kept = false;
  const part = async (startBytes: number, lengthBytes: number) => {
    const buffer = Buffer.alloc(lengthBytes);
    const { bytesRead } = await file.read(buffer, 0, lengthBytes, startBytes);
    return buffer.subarray(0, bytesRead);
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_OBJECT_BYTES) return 'too large';
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    kept = true;
    return {
      sizeBytes,
      sha256: hash.digest('hex'),
      open: (startBytes) => Readable.from(bytesFrom(part, startBytes), { objectMode: false }),
      part,
      drop: () => file.close(),
    };
  } finally {
    stream.destroy();
    if (!kept) await file.close();
  }
}
