/** Where a text is found in another one, whatever the case of its letters. */

export interface Piece {
  readonly text: string;
  readonly isMatch: boolean;
}

/** The whole text in pieces, of which those that match are at most `max`; one piece where nothing does. */
export function matchingPieces(text: string, sought: string, max: number): Piece[] {
  const pattern = new RegExp(sought.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'giu');
  const pieces: Piece[] = [];
  let at = 0;
  let matches = 0;
  const add = (end: number, isMatch: boolean) => {
    if (end > at) pieces.push({ text: text.slice(at, end), isMatch });
    at = end;
  };
  for (const match of sought === '' ? [] : text.matchAll(pattern)) {
    if (++matches > max) break;
    add(match.index, false);
    add(match.index + match[0].length, true);
  }
  add(text.length, false);
  return pieces;
}
