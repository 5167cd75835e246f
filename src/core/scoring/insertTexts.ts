import { type FastpathRow, toClickHouseRow } from './fastpathRow.ts';
import type { ObsOpenvpnRow } from './openvpnRow.ts';
import type { Outcome } from './outcome.ts';

/** Rows as JSON texts, ready to be inserted. */
export interface InsertTexts {
  readonly kind: 'row';
  readonly row: string;
  readonly openvpnRow: string | undefined;
}

/**
 * Most of one row. Nearly all have a few kilobytes; bodies full of fingerprints, each listed as often
 * as it is found, can make gigabytes.
 */
const MAX_ROW_BYTES = 8_000_000;

/**
 * Never throws for what a measurement can hold: a row that is too large is a quarantine. `fingerprintsSha256`: the set
 * that scored it, which is noted beside what follows from it; undefined: nobody knows.
 */
export function insertTexts(
  outcome: Extract<Outcome, { kind: 'row' }>,
  fingerprintsSha256?: string,
): InsertTexts | { readonly kind: 'quarantine'; readonly reason: string } {
  const noted = fingerprintsSha256 === undefined ? {} : { fingerprints_sha256: fingerprintsSha256 };
  const row = lineOf(
    (given: FastpathRow) => ({ ...toClickHouseRow(given), ...noted }),
    outcome.row,
  );
  const openvpnRow = outcome.openvpn && lineOf((given: ObsOpenvpnRow) => given, outcome.openvpn);
  if (row === undefined || (outcome.openvpn !== undefined && openvpnRow === undefined))
    return { kind: 'quarantine', reason: `a row of more than ${MAX_ROW_BYTES} bytes` };
  return { kind: 'row', row, openvpnRow };
}

function lineOf<Row extends FastpathRow | ObsOpenvpnRow>(
  toInsert: (row: Row) => object,
  row: Row,
): string | undefined {
  try {
    const text = JSON.stringify(toInsert(row));
    return Buffer.byteLength(text) <= MAX_ROW_BYTES ? text : undefined;
  } catch (error) {
    // Longer than a text can be.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
