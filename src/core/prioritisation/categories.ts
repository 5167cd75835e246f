/** Category codes of a request: a list, or one text with commas (protocol, probes 3.5 and 3.6). */

/** No list has so many. */
const MAX_CODES = 100;

/**
 * In capitals; what is no code is dropped. Undefined, which means all categories, when nothing is
 * left.
 */
export function readCategories(given: unknown): ReadonlySet<string> | undefined {
  const items = typeof given === 'string' ? given.split(',') : Array.isArray(given) ? given : [];
  const codes = new Set<string>();
  for (const item of items.slice(0, MAX_CODES)) {
    const code = typeof item === 'string' ? item.trim().toUpperCase() : '';
    if (/^[A-Z]{1,20}$/.test(code)) codes.add(code);
  }
  return codes.size === 0 ? undefined : codes;
}
