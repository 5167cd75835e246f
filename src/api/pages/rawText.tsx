/** A measurement's own text, a part for each of its members, folded: literals as the probe wrote them. */
import { indentedJson } from '../../core/json/indented.ts';
import { type Member, objectMembers } from '../../core/json/scan.ts';
import { number } from './formats.ts';
import type { Texts } from './texts/en.ts';

/** Of one part, and of all together. */
const MAX_PART_CHARS = 32_768;
const MAX_PAGE_CHARS = 262_144;
const MAX_PARTS = 200;
/** Values that are shorter stand beside their names. */
const SHORT_CHARS = 80;
/** Its members are parts of their own: it is nearly all of a measurement. */
const TEST_KEYS = 'test_keys';

interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `parts`: whether the text is an object that is small enough to be taken apart. */
export function RawText({
  bytes,
  parts,
  texts,
}: {
  readonly bytes: Uint8Array;
  readonly parts: boolean;
  readonly texts: Texts;
}) {
  const { measurement } = texts;
  if (bytes.length === 0) return <p class="empty">{measurement.rawGone}</p>;
  if (!parts) return <p class="empty">{measurement.rawLong(number(texts, bytes.length))}</p>;
  let left = MAX_PAGE_CHARS;
  const shown = partsOf(bytes)
    .slice(0, MAX_PARTS)
    .map((part) => {
      const max = Math.max(0, Math.min(MAX_PART_CHARS, left));
      // A character takes a byte at least: what is cut off here could not be shown.
      const text = indentedJson(Buffer.from(part.bytes.subarray(0, max * 4)).toString(), max);
      left -= text.length;
      return { ...part, text, cut: part.bytes.length > max * 4 || text.length >= max };
    });
  return (
    <>
      <p class="muted">{measurement.rawLead}</p>
      <div class="raw" dir="ltr" lang="en">
        {shown.map(({ name, text, cut, bytes: { length } }) =>
          !cut && text.length <= SHORT_CHARS && !text.includes('\n') ? (
            <p>
              <b>{name}</b> <code>{text}</code>
            </p>
          ) : (
            <details>
              <summary>
                <b>{name}</b> <small>{number(texts, length)} B</small>
              </summary>
              <pre>{text}</pre>
              {cut && (
                <p lang={texts.language} dir={texts.direction}>
                  {measurement.partLong(number(texts, length))}
                </p>
              )}
            </details>
          ),
        )}
      </div>
    </>
  );
}

function partsOf(bytes: Uint8Array): readonly Part[] {
  return objectMembers(bytes, 0).members.flatMap((member) => {
    const value = textOf(bytes, member);
    if (member.name !== TEST_KEYS || value[0] !== 0x7b)
      return [{ name: member.name, bytes: value }];
    return objectMembers(value, 0).members.map((inner) => ({
      name: `${TEST_KEYS}.${inner.name}`,
      bytes: textOf(value, inner),
    }));
  });
}

function textOf(bytes: Uint8Array, { value }: Member): Uint8Array {
  return bytes.subarray(value.start, value.end);
}
