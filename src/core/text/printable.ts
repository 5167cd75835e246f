/**
 * Text from outside for a terminal or a log. Measurements, log entries and object names may hold what
 * moves the cursor, colours or clears a screen, begins a line of its own, or turns what follows around.
 */

/** Control characters, separators of lines, and marks that change the direction of text. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text with `\u001b` and the like for what must not reach a terminal: in JSON that means the same. */
export function printable(text: string): string {
  return text.replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Lines of text, each printable. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
