import { BrokenLog, type ReadPart } from '../../core/archive/logReader.ts';
import { MAX_PART_BYTES } from '../../core/archive/tiles.ts';
import { MAX_BODY_BYTES } from '../../core/measurement/sizes.ts';
import { wholeBytes } from '../../core/text/wholeBytes.ts';
import type { ObjectStore } from './store.ts';

/** An object has more bytes than what is kept under its key can have. */
export class ObjectTooLarge extends Error {
  override readonly name = 'ObjectTooLarge';
}

/** A can's object at most: the largest `can_max_bytes`, and one measurement of the largest size more. */
export const MAX_OBJECT_BYTES = 1_000_000_000 + MAX_BODY_BYTES;

/** An object as a whole, or undefined when there is none. Throws ObjectTooLarge, having read little more. */
export async function readObject(
  objects: Pick<ObjectStore, 'read'>,
  key: string,
  maxBytes: number = MAX_OBJECT_BYTES,
): Promise<Buffer | undefined> {
  const stream = await objects.read(key);
  if (stream === undefined) return undefined;
  const bytes = await wholeBytes(stream, maxBytes);
  if (bytes === undefined) throw new ObjectTooLarge(`${key} has more than ${maxBytes} bytes`);
  return bytes;
}

/** Parts of the log that lies below `prefix`. Throws BrokenLog for what is larger than any. */
export function logParts(objects: Pick<ObjectStore, 'read'>, prefix: string): ReadPart {
  return async (path) => {
    try {
      return await readObject(objects, prefix + path, MAX_PART_BYTES);
    } catch (error) {
      if (!(error instanceof ObjectTooLarge)) throw error;
      throw new BrokenLog(`${prefix}${path} is larger than any part of a log`);
    }
  };
}
