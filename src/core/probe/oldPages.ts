/** Where the pages of the old web site are now, and what crawlers may read (protocol, probes 3.18). */
import { DAY_MS, dayText } from '../time/days.ts';

export type Moved =
  | { readonly kind: 'moved'; readonly to: string }
  /** No such day or country. */
  | { readonly kind: 'bad' };

/** Measurements of a day, `YYYY-MM-DD`. */
export function dayPage(explorerUrl: string, day: string): Moved {
  const atMs = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  // 30 February is read as a day of March.
  if (Number.isNaN(atMs) || dayText(atMs) !== day) return { kind: 'bad' };
  const until = dayText(atMs + DAY_MS);
  return { kind: 'moved', to: `${explorerUrl}/search?until=${until}&since=${day}` };
}

/** Measurements of a country. */
export function countryPage(explorerUrl: string, cc: string): Moved {
  if (!/^[A-Za-z]{2}$/.test(cc)) return { kind: 'bad' };
  return { kind: 'moved', to: `${explorerUrl}/search?probe_cc=${cc.toUpperCase()}` };
}

const NOT_FOR_CRAWLERS = [
  '/api/_',
  '/api/v1/aggregation',
  '/api/v1/measurement_meta',
  '/api/v1/raw_measurement',
  '/api/v1/test-list/urls',
  '/api/v1/torsf_stats',
  '/files',
  '/stats',
  '/201',
  '/202',
];

export const ROBOTS_TEXT = [
  'User-agent: *',
  ...NOT_FOR_CRAWLERS.map((path) => `Disallow: ${path}`),
  'Crawl-delay: 300',
  '',
].join('\n');
