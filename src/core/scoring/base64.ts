const WELL_FORMED = /^[A-Za-z0-9+/]*={0,2}$/;

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

  const digits: string[] = [];
  let pads = 0;
  for (const character of text) {
    const place = digits.length % 4;
    if (character === '=') {
      if (place >= 2 && place + ++pads >= 4) return Buffer.from(digits.join(''), 'base64');
    } else if (/[A-Za-z0-9+/]/.test(character)) {
      digits.push(character);
      pads = 0;
    }
  }
  return digits.length % 4 === 0 ? Buffer.from(digits.join(''), 'base64') : undefined;
}
