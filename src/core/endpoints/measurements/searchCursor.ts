/**
 * Where a page of a search begins, as a text that `next_url` carries: clients hand it back as it is.
 * It is not signed: it says no more than where to go on reading what anyone may read.
 */

/** A measurement's place in the order of the table's key. */
export interface SearchKey {
  /** Seconds since 1970. */
  readonly startS: number;
  readonly reportId: string;
  readonly input: string;
  readonly measurementUid: string;
}

export interface SearchCursor {
  readonly key: SearchKey;
  /** How many results there are up to and with that key: the offset of the one after it. */
  readonly place: number;
  readonly descending: boolean;
}

/** Characters of a key's texts: one may become six bytes in JSON, and these eight in base64. */
const MAX_KEY_CHARS = 480;
/** Of a cursor as text: an address has a bound. */
export const MAX_CURSOR_CHARS = 4_096;
const VERSION = 1;

/** An input may have any length: only a key that fits an address makes a cursor. */
export function fitsCursor({ reportId, input, measurementUid }: SearchKey): boolean {
  return reportId.length + input.length + measurementUid.length <= MAX_KEY_CHARS;
}

export function cursorText({ key, place, descending }: SearchCursor): string {
  const { startS, reportId, input, measurementUid } = key;
  const fields = [VERSION, descending ? 1 : 0, place, startS, reportId, input, measurementUid];
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** Undefined for what is no cursor of ours. */
export function parseCursor(text: string): SearchCursor | undefined {
  if (text.length > MAX_CURSOR_CHARS || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields) || fields.length !== 7) return undefined;
  const [version, descending, place, startS, reportId, input, measurementUid] = fields as unknown[];
  if (version !== VERSION || (descending !== 0 && descending !== 1)) return undefined;
  if (!isCount(place, Number.MAX_SAFE_INTEGER) || !isCount(startS, 0xffffffff)) return undefined;
  if (typeof reportId !== 'string' || typeof input !== 'string') return undefined;
  if (typeof measurementUid !== 'string') return undefined;
  const key = { startS, reportId, input, measurementUid };
  return { key, place, descending: descending === 1 };
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}
