/** Which requests cost, and who is one client. */

/**
 * Reads of data. Everything else is free: what probes do (reports, submissions, check-in, lists, helpers),
 * accounts, and what operators ask.
 */
const METERED =
  /^\/api\/(?:v1\/(?:measurements|measurement_meta|raw_measurement|measurement\/|aggregation|observations|analysis|detector\/|torsf_stats|export|files)|_\/(?!account_metadata|measurement_feedback|show_countries|debug_|url-))/;

export function isMetered(path: string): boolean {
  return METERED.test(path);
}

/**
 * The client of an address: of IPv6 the network of 64 bits, in which one has as many addresses as one likes.
 * Empty where the address is not known.
 */
export function clientOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':');
    // An IPv4 address at the end stands for two groups.
    const missing = 8 - groups.length - last.length - (tail.includes('.') ? 1 : 0);
    groups.push(...Array<string>(Math.max(0, missing)).fill('0'), ...last);
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

/** Units of a request that took so long. */
export function costUnits(tookMs: number): number {
  return Math.max(1, Math.floor(tookMs / 10));
}
