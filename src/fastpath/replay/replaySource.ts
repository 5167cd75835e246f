/** Where a replay's bytes come from: objects of the bucket, or local files. */
import { constants, createReadStream } from 'node:fs';
import type { ObjectName } from '../../core/replay/archiveObjects.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { tryAgain } from '../../program/tryAgain.ts';

export interface ReplayObject {
  readonly name: ObjectName;
  readonly sizeBytes: number;
  /**
   * The object from its start; iterated once. Throws FatalError when bucket or disk do not answer,
   * with which nothing is wrong with the object itself.
   */
  bytes(): AsyncIterable<Uint8Array>;
}

/** The object was there when the bucket was listed, and is not any more: it was removed. */
export class ObjectGone extends Error {
  override readonly name = 'ObjectGone';
}

const PART_BYTES = 4_194_304;
const RETRY_PAUSES_MS: readonly number[] = [1_000, 5_000, 15_000];

export function bucketObject(
  store: ObjectStore,
  name: ObjectName,
  sizeBytes: number,
  retryPausesMs = RETRY_PAUSES_MS,
): ReplayObject {
  return { name, sizeBytes, bytes: () => parts(store, name.key, sizeBytes, retryPausesMs) };
}

/**
 * Part by part, each a request of its own: however slowly the measurements are scored, no connection
 * idles until the other side closes it, and a request that fails costs one part.
 */
async function* parts(
  store: ObjectStore,
  key: string,
  sizeBytes: number,
  retryPausesMs: readonly number[],
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < sizeBytes; at += PART_BYTES) {
    const length = Math.min(PART_BYTES, sizeBytes - at);
    const part = await tryAgain(
      () => store.readRange(key, at, length),
      (cause, failures) => {
        const pauseMs = retryPausesMs[failures - 1];
        if (pauseMs === undefined) throw bucketTrouble(`read ${store.name}`, cause);
        return pauseMs;
      },
    );
    if (part === undefined) throw new ObjectGone(`${key} is not in the bucket any more`);
    if (part.length < length) throw new Error(`shorter than the ${sizeBytes} bytes listed`);
    yield part;
  }
}

/** All keys below a prefix that a replay can read. Throws FatalError. */
export async function* listObjects(
  store: ObjectStore,
  prefix: string,
  parse: (key: string) => ObjectName | undefined,
): AsyncGenerator<ReplayObject> {
  try {
    for await (const { key, sizeBytes } of store.list(prefix)) {
      const name = parse(key);
      if (name !== undefined) yield bucketObject(store, name, sizeBytes);
    }
  } catch (cause) {
    throw bucketTrouble(`list ${prefix} in ${store.name}`, cause);
  }
}

function bucketTrouble(what: string, cause: unknown): FatalError {
  return new FatalError(
    `cannot ${what}: check [s3] in the config, its credentials and the network`,
    EXIT.unavailable,
    { cause },
  );
}

/** `flags`: of open(2), beside those for reading. */
export function fileObject(
  file: string,
  name: ObjectName,
  sizeBytes: number,
  flags = 0,
): ReplayObject {
  return {
    name,
    sizeBytes,
    async *bytes() {
      try {
        const options = { highWaterMark: 1_048_576, flags: constants.O_RDONLY | flags };
        for await (const chunk of createReadStream(file, options as object)) yield chunk as Buffer;
      } catch (cause) {
        throw new FatalError(`cannot read ${file}`, EXIT.io, { cause });
      }
    },
  };
}
