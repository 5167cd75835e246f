/**
 * What is wrong with a request, in the shape that clients of the service know
 * (protocol, probes 2.4 and data 3.4): the entries of a 422's `detail`.
 */

export interface Issue {
  readonly type: string;
  /** `body`, `query` or `path` first, then the field. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  /** The offending value, left out where it may be a whole measurement. */
  readonly input?: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

const MAX_ECHO_CHARACTERS = 200;

/** `input` for an issue: short plain values only, never a measurement (protocol, probes 2.4). */
export function echo(value: unknown): { input?: unknown } {
  if (typeof value === 'string') return value.length <= MAX_ECHO_CHARACTERS ? { input: value } : {};
  return typeof value === 'object' && value !== null ? {} : { input: value };
}

/** All issues in one line, for the `error` text beside `detail`. */
export function issuesText(issues: readonly Issue[]): string {
  return issues.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
}
