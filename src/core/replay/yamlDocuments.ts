/**
 * The documents of a legacy YAML report, as bytes (protocol, scoring 7): the first is the report's
 * header, each further one an entry. They are told apart by their markers alone, so that one that is
 * no YAML costs no other, and so that uids can be derived from the very bytes.
 */
import type { RawLine } from '../text/lines.ts';

export type YamlDocument =
  /** With its markers: from `---` to `...`. */
  | { readonly kind: 'document'; readonly bytes: Buffer }
  | { readonly kind: 'unreadable'; readonly reason: string };

export async function* yamlDocuments(
  lines: AsyncIterable<RawLine>,
  maxDocumentBytes: number,
): AsyncGenerator<YamlDocument> {
  let parts: Buffer[] | undefined;
  let length = 0;
  const take = (): YamlDocument =>
    length > maxDocumentBytes
      ? { kind: 'unreadable', reason: `YAML document of more than ${maxDocumentBytes} bytes` }
      : { kind: 'document', bytes: Buffer.concat(parts ?? [], length) };
  for await (const line of lines) {
    if (isMarker(line, '---')) {
      // A document may end without a marker of its own.
      if (parts !== undefined) yield take();
      parts = [];
      length = 0;
    }
    // Between documents there are comments and markers too many.
    if (parts === undefined) continue;
    length += 'tooLongBytes' in line ? line.tooLongBytes : line.length;
    if (!('tooLongBytes' in line) && length <= maxDocumentBytes) parts.push(line);
    if (isMarker(line, '...')) {
      yield take();
      parts = undefined;
    }
  }
  // The probe went away while it wrote: half an entry would be scored as another measurement.
  if (parts !== undefined) yield { kind: 'unreadable', reason: 'the report ends inside an entry' };
}

function isMarker(line: RawLine, marker: '---' | '...'): boolean {
  if ('tooLongBytes' in line) return false;
  const start = line.toString('latin1', 0, 4);
  return (
    start === marker || start === `${marker}\n` || start === `${marker} ` || start === `${marker}\r`
  );
}
