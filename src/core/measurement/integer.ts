const INTEGER = /^([+-]?)(\d+(?:_\d+)*)$/;

/**
 * A text that is a whole number in decimal, as the reference reads one: blanks around it, a sign and
 * underscores between digits are allowed. Exact at any length; undefined for anything else.
 */
export function parseInteger(text: string): bigint | undefined {
  const trimmed = text.trim();
  const found = trimmed.length > MAX_DIGITS + 1 ? null : INTEGER.exec(trimmed);
  if (!found || found[2]!.length > MAX_DIGITS) return undefined;
  return BigInt(`${found[1] === '-' ? '-' : ''}${found[2]!.replaceAll('_', '')}`);
}

/** Far more than any column holds, and short enough to convert in no time. */
const MAX_DIGITS = 4300;
