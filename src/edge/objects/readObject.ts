import type { ObjectStore } from './store.ts';

/** A small object as a whole, or undefined when there is none. */
export async function readObject(objects: ObjectStore, key: string): Promise<Buffer | undefined> {
  const stream = await objects.read(key);
  if (stream === undefined) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
