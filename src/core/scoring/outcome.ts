import type { FastpathRow } from './fastpathRow.ts';
import type { ObsOpenvpnRow } from './openvpnRow.ts';

/**
 * What becomes of one measurement. Every measurement has exactly one outcome: nothing that was
 * accepted vanishes without a trace (protocol, scoring 2).
 */
export type Outcome =
  | { kind: 'row'; testName: string; row: FastpathRow; openvpn?: ObsOpenvpnRow }
  /** Valid, but of no use without its network: no row is written, only counted by reason. */
  | { kind: 'discard'; reason: string }
  /** Not understood: kept for an operator, with the reason. */
  | { kind: 'quarantine'; reason: string };
