/** Which requests cost, and how much. */

/**
 * Reads of data, and the pages that are made of them. Everything else but the writes below is free: what
 * probes do (reports, submissions, check-in, lists, helpers), accounts, and what operators ask.
 */
const READS =
  /^\/$|^\/ui\/(?!(?:style|script|icon)-)|^\/api\/(?:v1\/(?:measurements|measurement_meta|raw_measurement|measurement\/|aggregation|observations|analysis|detector\/|torsf_stats|export|files)|_\/(?!account_metadata|check_report_id|measurement_feedback|url-|quotas_))/;

/** The list of all links, which no probe asks for; a link by itself is. */
const LINK_LIST = /^\/api\/v2\/oonirun\/links\/?$/;

/** What everybody with a mailbox may write: rows that stay. Not what probes POST to a link below its own path. */
const WRITES = /^\/api\/(?:_\/measurement_feedback|v2\/oonirun\/links(?:\/\d+)?)\/?$/;
/** Two hundred an hour, where nothing else is asked for and the quota is as it comes. */
const WRITE_UNITS = 20;

/** What a request costs at least, in units; undefined: it is free. */
export function leastUnits(method: string, path: string): number | undefined {
  if (READS.test(path)) return 1;
  if ((method === 'GET' || method === 'HEAD') && LINK_LIST.test(path)) return 1;
  return (method === 'POST' || method === 'PUT') && WRITES.test(path) ? WRITE_UNITS : undefined;
}

/** A second. */
const MOST_UNITS_GIVEN_UP = 100;

/**
 * Units of a request that took so long. `isGivenUp`: the database neither answered it nor stopped it. That is an outage
 * of its own as a rule, in which whoever opens a few pages would use up an hour; but no reason to be free, for what
 * keeps a database from stopping queries may be queries.
 */
export function costUnits(tookMs: number, least: number, isGivenUp: boolean): number {
  const units = Math.floor(tookMs / 10);
  return Math.max(least, isGivenUp ? Math.min(units, MOST_UNITS_GIVEN_UP) : units);
}
