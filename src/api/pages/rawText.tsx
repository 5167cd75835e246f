/** A measurement's own text, a part for each of its members, folded: literals as the probe wrote them. */
import { indentedJson } from '../../core/json/indented.ts';
import { type Member, objectMembers } from '../../core/json/scan.ts';
import { matchingPieces, type Piece } from '../../core/text/places.ts';
import { KeptLanguage, withoutFilters } from './filters.tsx';
import { number } from './formats.ts';
import { ownPath, type PageRequest } from './page.ts';
import type { Texts } from './texts/en.ts';

/** Of one part, and of all together. */
const MAX_PART_CHARS = 32_768;
const MAX_PAGE_CHARS = 262_144;
const MAX_PARTS = 200;
/** Values that are shorter stand beside their names. */
const SHORT_CHARS = 80;
/** Its members are parts of their own: it is nearly all of a measurement. */
const TEST_KEYS = 'test_keys';
/** Of what may be looked for, and of places that are marked in one part. */
const MAX_SOUGHT_CHARS = 200;
const MAX_PLACES = 200;

interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A part as it is shown: its name and its text, with the places that were looked for. */
interface ShownPart {
  readonly name: readonly Piece[];
  readonly pieces: readonly Piece[];
  readonly places: number;
  readonly bytes: number;
  readonly isCut: boolean;
  readonly isShort: boolean;
}

/** `parts`: whether the text is an object that is small enough to be taken apart. */
export function RawText({
  bytes,
  parts,
  asked: { ctx, query, texts },
}: {
  readonly bytes: Uint8Array;
  readonly parts: boolean;
  readonly asked: PageRequest;
}) {
  const { measurement } = texts;
  if (bytes.length === 0) return <p class="empty">{measurement.rawGone}</p>;
  if (!parts) return <p class="empty">{measurement.rawLong(number(texts, bytes.length))}</p>;
  const sought = (query.get('find') ?? '').trim().slice(0, MAX_SOUGHT_CHARS);
  const shown = shownParts(bytes, sought);
  return (
    <>
      <p class="muted">{measurement.rawLead}</p>
      <Find
        sought={sought}
        shown={shown}
        action={ownPath(ctx)}
        lang={query.get('lang')}
        texts={texts}
      />
      <div class="raw" dir="ltr" lang="en">
        {shown.map((part) => (
          <PartShown part={part} texts={texts} />
        ))}
      </div>
    </>
  );
}

/** Looks for a text in all parts; where there is script, while it is written. */
function Find({
  sought,
  shown,
  action,
  lang,
  texts,
}: {
  readonly sought: string;
  readonly shown: readonly ShownPart[];
  readonly action: string;
  readonly lang: string | null;
  readonly texts: Texts;
}) {
  const { measurement } = texts;
  const found = shown.filter(({ places }) => places > 0);
  const places = found.reduce((sum, part) => sum + part.places, 0);
  return (
    <form
      class="find"
      method="get"
      action={`${action}#raw`}
      data-none={measurement.notFound}
      data-parts={measurement.foundParts}
    >
      <KeptLanguage lang={lang} />
      <label for="find">{measurement.find}</label>
      <input id="find" name="find" type="search" value={sought} maxLength={MAX_SOUGHT_CHARS} />
      <button type="submit">{measurement.findSubmit}</button>
      {sought !== '' && <a href={`${withoutFilters(action, lang)}#raw`}>{measurement.findClear}</a>}
      <output for="find">
        {sought !== '' &&
          (places === 0
            ? measurement.notFound
            : measurement.found(number(texts, places), number(texts, found.length)))}
      </output>
    </form>
  );
}

function PartShown({ part, texts }: { readonly part: ShownPart; readonly texts: Texts }) {
  const { name, pieces, places, bytes, isCut, isShort } = part;
  if (isShort)
    return (
      <p>
        <b>{marked(name)}</b> <code>{marked(pieces)}</code>
      </p>
    );
  return (
    <details open={places > 0}>
      <summary>
        <b>{marked(name)}</b> <small>{number(texts, bytes)} B</small>
      </summary>
      <pre>{marked(pieces)}</pre>
      {isCut && (
        <p lang={texts.language} dir={texts.direction}>
          {texts.measurement.partLong(number(texts, bytes))}
        </p>
      )}
    </details>
  );
}

function marked(pieces: readonly Piece[]) {
  return pieces.map(({ text, isMatch }) => (isMatch ? <mark>{text}</mark> : text));
}

function shownParts(bytes: Uint8Array, sought: string): readonly ShownPart[] {
  let left = MAX_PAGE_CHARS;
  return partsOf(bytes)
    .slice(0, MAX_PARTS)
    .map((part) => {
      const max = Math.max(0, Math.min(MAX_PART_CHARS, left));
      // A character takes a byte at least: what is cut off here could not be shown.
      const text = indentedJson(Buffer.from(part.bytes.subarray(0, max * 4)).toString(), max);
      left -= text.length;
      const name = matchingPieces(part.name, sought, MAX_PLACES);
      const pieces = matchingPieces(text, sought, MAX_PLACES);
      const isCut = part.bytes.length > max * 4 || text.length >= max;
      return {
        name,
        pieces,
        places: [...name, ...pieces].filter(({ isMatch }) => isMatch).length,
        bytes: part.bytes.length,
        isCut,
        isShort: !isCut && text.length <= SHORT_CHARS && !text.includes('\n'),
      };
    });
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
