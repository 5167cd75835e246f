/** Which requests cost, and how much. */

/**
 * Reads of data, and the pages that are made of them. Everything else but the writes below is free: what
 * probes do (reports, submissions, check-in, lists, helpers), accounts, and what operators ask.
 */
const READS =
  /^\/$|^\/ui\/(?!(?:style|script|icon)-)|^\/api\/(?:v1\/(?:measurements|measurement_meta|raw_measurement|measurement\/|aggregation|observations|analysis|detector\/|torsf_stats|export|files)|_\/(?!account_metadata|check_report_id|measurement_feedback|url-|quotas_))/;

/** What everybody with a mailbox may write: rows that stay. Not what probes POST to a link below its own path. */
const WRITES = /^\/api\/(?:_\/measurement_feedback|v2\/oonirun\/links(?:\/\d+)?)\/?$/;
/** Two hundred an hour, where nothing else is asked for and the quota is as it comes. */
const WRITE_UNITS = 20;

/** What a request costs at least, in units; undefined: it is free. */
export function leastUnits(method: string, path: string): number | undefined {
  if (READS.test(path)) return 1;
  return (method === 'POST' || method === 'PUT') && WRITES.test(path) ? WRITE_UNITS : undefined;
}

/** Units of a request that took so long. */
export function costUnits(tookMs: number, least: number): number {
  return Math.max(least, Math.floor(tookMs / 10));
}
