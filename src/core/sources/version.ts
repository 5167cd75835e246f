/**
 * Which content of a job is in use. It stands in the comment of the table that has it, so that it is
 * exchanged together with the rows and can never say something else than they do.
 */

export interface Version {
  /** Of the content, in hexadecimal. */
  readonly sha256: string;
  /** Where it came from, as the configuration names it. */
  readonly source: string;
  /** ETags by address, or `commit`. */
  readonly validators: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly takenAtMs: number;
  /** Rows of this table; 0 for a file. */
  readonly rows: number;
}

export function versionText(version: Version): string {
  const { sha256, source, validators, takenAtMs, rows } = version;
  return JSON.stringify({
    sha256,
    source,
    validators,
    taken_at: new Date(takenAtMs).toISOString(),
    rows,
  });
}

/** Undefined for what is no version: a table that was filled by hand has none. */
export function parseVersion(text: string): Version | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { sha256, source, validators, taken_at, rows } = value as Record<string, unknown>;
  const takenAtMs = typeof taken_at === 'string' ? Date.parse(taken_at) : Number.NaN;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  if (typeof source !== 'string' || typeof rows !== 'number' || Number.isNaN(takenAtMs))
    return undefined;
  if (typeof validators !== 'object' || validators === null) return undefined;
  const texts = Object.entries(validators).filter(([, one]) => typeof one === 'string');
  return { sha256, source, validators: Object.fromEntries(texts), takenAtMs, rows };
}
