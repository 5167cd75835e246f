/** The index of a can, made again from its objects as they are in the bucket, and from the log. */

import { gzipMembers } from '../../core/archive/gzipMembers.ts';
import type { Leaf } from '../../core/archive/leaf.ts';
import { type CanName, jsonlKey, tarKey } from '../../core/archive/names.ts';
import { EMPTY_LINE } from '../../core/archive/removal.ts';
import { splitLines } from '../../core/text/lines.ts';
import { ObjectTooLarge, readObject } from '../../edge/objects/readObject.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import type { IndexLine } from '../can/manifest.ts';
import { altered, canLines, openObject } from './canLines.ts';

type Place = Pick<IndexLine, 'offset' | 'length' | 'member_line'>;

/** Lines of a published can, in order. Holds the packed JSONL and one member of it. Throws FatalError. */
export async function* publishedIndex(
  objects: ObjectStore,
  can: CanName,
  leaves: AsyncIterable<Leaf>,
): AsyncGenerator<IndexLine> {
  const key = jsonlKey(can);
  const jsonl = await readObject(objects, key).catch((error) => {
    if (error instanceof ObjectTooLarge) throw altered(key, error.message);
    throw error;
  });
  if (jsonl === undefined) throw altered(key, 'it is missing');
  const tar = await openObject(objects, tarKey(can));
  let place: Place | undefined;
  async function* lines(): AsyncGenerator<Buffer> {
    for (const { offset, length, text } of members(key, jsonl!)) {
      let member_line = 0;
      for await (const line of splitLines([text])) {
        place = { offset, length, member_line: member_line++ };
        yield line;
      }
    }
  }
  try {
    for await (const published of canLines(can, leaves, lines(), tar.text)) {
      const { leaf, line, keys } = published;
      yield {
        uid: leaf.uid,
        sha256: leaf.sha256,
        parsed: !line.equals(EMPTY_LINE),
        report_id: keys.reportId,
        input: keys.input,
        ...place!,
      };
    }
  } finally {
    tar.close();
  }
}

function* members(key: string, jsonl: Buffer) {
  try {
    yield* gzipMembers(jsonl);
  } catch (error) {
    throw altered(key, (error as Error).message);
  }
}
