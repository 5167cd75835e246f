/** Which requests cost, and how much. */

/**
 * Reads of data. Everything else is free: what probes do (reports, submissions, check-in, lists, helpers),
 * accounts, and what operators ask.
 */
const METERED =
  /^\/api\/(?:v1\/(?:measurements|measurement_meta|raw_measurement|measurement\/|aggregation|observations|analysis|detector\/|torsf_stats|export|files)|_\/(?!account_metadata|measurement_feedback|show_countries|debug_|url-))/;

export function isMetered(path: string): boolean {
  return METERED.test(path);
}

/** Units of a request that took so long. */
export function costUnits(tookMs: number): number {
  return Math.max(1, Math.floor(tookMs / 10));
}
