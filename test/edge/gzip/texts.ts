/** Texts of all kinds for a compressor, the same each time. */
import { randomBytes } from 'node:crypto';

/** An empty block that is the last: what stands behind the pieces of a stream. */
export const LAST_BLOCK = Buffer.from([3, 0]);

let state = 20261126;
/** A whole number below `limit`. */
function below(limit: number): number {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return Math.floor((state / 0x80000000) * limit);
}

/** Each byte as often as twice the one before it: codes become longer than tables are. */
function skewed(bytes: number): Buffer {
  return Buffer.from(
    Array.from({ length: bytes }, () => {
      let value = 0;
      while (value < 40 && below(2) === 0) value++;
      return value * 5 + below(value > 8 ? 5 : 1);
    }),
  );
}

export function texts(): { readonly name: string; readonly text: Buffer }[] {
  const words = Array.from({ length: 3_000 }, () => below(1e9).toString(36).slice(below(5)));
  const word = () => words[Math.floor((below(1_000) / 1_000) ** 3 * words.length)]!;
  const prose = Array.from({ length: 200_000 }, word).join(' ');
  return [
    { name: 'one byte', text: Buffer.from('x') },
    { name: 'zeros', text: Buffer.alloc(300_000) },
    { name: 'noise', text: randomBytes(400_000) },
    { name: 'words', text: Buffer.from(prose) },
    { name: 'skewed', text: skewed(500_000) },
    { name: 'digits', text: Buffer.from(Array.from({ length: 60_000 }, () => below(10)).join('')) },
    { name: 'noise in words', text: Buffer.concat([Buffer.from(prose), randomBytes(70_000)]) },
  ];
}

/** Ends of pieces of a text of this length, small ones and large ones. */
export function inPieces(length: number): number[] {
  const ends: number[] = [];
  for (let end = 0; end < length; ) {
    end = Math.min(length, end + 1 + below(10 ** (1 + below(6))));
    ends.push(end);
  }
  return ends;
}
