/**
 * JSON in pieces: the text of a million rows at once is hundreds of megabytes, and nobody else is served while it
 * is made.
 */
import { isObject, type JsonObject } from './jsonValue.ts';

/** Some milliseconds of work, and some hundred kilobytes. */
export const ROWS_OF_PIECE = 2_000;

/** Is it an object with a list for which several pieces are worth their while? */
export function hasLongList(value: unknown): value is JsonObject {
  return (
    isObject(value) &&
    Object.values(value).some((one) => Array.isArray(one) && one.length > ROWS_OF_PIECE)
  );
}

/** Together what JSON.stringify makes of this object. Lists that are its members are taken apart, nothing below them. */
export function* jsonPieces(object: JsonObject): Generator<string> {
  let text = '{';
  let before = '';
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    text += `${before}${JSON.stringify(name)}:`;
    before = ',';
    if (!Array.isArray(value)) {
      text += JSON.stringify(value);
      continue;
    }
    text += '[';
    for (let from = 0; from < value.length; from += ROWS_OF_PIECE) {
      const rows = JSON.stringify(value.slice(from, from + ROWS_OF_PIECE));
      yield `${text}${from === 0 ? '' : ','}${rows.slice(1, -1)}`;
      text = '';
    }
    text += ']';
  }
  yield `${text}}`;
}
