/** Texts within SQL, for what cannot be a bound value: those travel in the URL, which is short. */

/** A text as a string literal of ClickHouse, whatever it holds. */
export function textLiteral(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;
}

/** The inside of `IN (…)`, each text once. */
export function textLiterals(texts: Iterable<string>): string {
  return [...new Set(texts)].map(textLiteral).join(', ');
}
