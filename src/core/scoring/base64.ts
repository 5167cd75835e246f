const WELL_FORMED = /^[A-Za-z0-9+/]*={0,2}$/;
const OTHERS = /[^A-Za-z0-9+/=]+/g;

/**
 * Base64 as the reference reads it: characters outside the alphabet are skipped, the data ends where
 * the padding of a group of four is complete, and a group without its padding is an error (undefined).
 * Node's own decoder takes the URL-safe alphabet too and never fails, so it only gets what both read
 * alike.
 */
export function decodeBase64(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  if (text.length % 4 === 0 && WELL_FORMED.test(text)) return Buffer.from(text, 'base64');
  if (/[^\u0000-\u007f]/.test(text)) return undefined;

  const known = text.replace(OTHERS, '');
  let pads = 0;
  let padsInARow = 0;
  let next = 0;
  for (let at = known.indexOf('='); at >= 0; at = known.indexOf('=', next)) {
    if (at > next) padsInARow = 0;
    next = at + 1;
    const place = (at - pads++) % 4;
    if (place >= 2 && place + ++padsInARow >= 4) return decoded(known.slice(0, at));
  }
  return (known.length - pads) % 4 === 0 ? decoded(known) : undefined;
}

function decoded(digitsAndPads: string): Buffer {
  return Buffer.from(digitsAndPads.replaceAll('=', ''), 'base64');
}
