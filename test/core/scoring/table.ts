import t from 'tap';
import { compileFingerprints, type FingerprintSet } from '../../../src/core/fingerprints/match.ts';
import type { Nettest } from '../../../src/core/scoring/nettestRegistry.ts';
import { MalformedField } from '../../../src/core/scoring/values.ts';

/** One line of the table of a nettest. */
export interface NettestCase {
  readonly name: string;
  /** Members of the measurement other than the test keys. */
  readonly measurement?: Record<string, unknown>;
  readonly testKeys?: unknown;
  /** What differs from the base of protocol, scoring 3. */
  readonly scores?: Record<string, unknown>;
  /** Or the field that cannot be scored. */
  readonly malformed?: string;
}

export const BASE = {
  blocking_general: 0,
  blocking_global: 0,
  blocking_country: 0,
  blocking_isp: 0,
  blocking_local: 0,
};

export const NOTHING_KNOWN = compileFingerprints([], []);

/** Runs the table of a nettest. */
export function checkNettest(
  score: Nettest,
  cases: readonly NettestCase[],
  known: FingerprintSet = NOTHING_KNOWN,
): void {
  for (const { name, measurement, testKeys, scores, malformed } of cases) {
    const run = () => score({ test_keys: testKeys, ...measurement }, known);
    if (malformed === undefined) {
      t.strictSame({ ...run() }, { ...BASE, ...scores }, name);
    } else {
      const error = t.throws(run, MalformedField, name) as Error;
      t.ok(error.message.startsWith(`${malformed}: `), `${name}: ${error.message}`);
    }
  }
}
