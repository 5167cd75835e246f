import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { absent, contains, MalformedField, truthy } from '../values.ts';

/** The last line of a log in which Tor got through, in its older and its newer wording. */
const BOOTSTRAPPED = ['Bootstrapped 100%: Done', 'Bootstrapped 100% (done): Done'];

const COMPLETE_PERCENT = 100;

/** A bootstrap that stops late may be throttling or a slow network: it weighs less. */
const WEIGHT_PER_PERCENT = 0.004;

/** protocol, scoring 3.7. */
export function scoreVanillaTor(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const logs = truthy(testKeys.tor_logs) ? testKeys.tor_logs : testKeys.tor_log;
  if (absent(logs)) return failedScores();

  const scores = baseScores();
  if (BOOTSTRAPPED.some((line) => contains(logs, line, 'test_keys.tor_logs'))) return scores;

  const progress = clampPercent(toNumber(testKeys.tor_progress ?? 0));
  if (progress < COMPLETE_PERCENT) scores.blocking_general = 1 - progress * WEIGHT_PER_PERCENT;
  return scores;
}

// Each digit can be matched in one way only, or a long text would take hours.
const DECIMAL = /^\s*[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?\s*$/i;
const NOT_FINITE = /^\s*([+-]?)(inf|infinity|nan)\s*$/i;

function toNumber(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  if (typeof value === 'string') {
    if (DECIMAL.test(value)) return Number(value.replaceAll('_', ''));
    const [, sign, word] = NOT_FINITE.exec(value) ?? [];
    if (word !== undefined) {
      const size = word.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
      return sign === '-' ? -size : size;
    }
  }
  throw new MalformedField('test_keys.tor_progress', 'a number', value);
}

/** Not a number counts as no progress. */
function clampPercent(progress: number): number {
  return progress > 0 ? Math.min(progress, COMPLETE_PERCENT) : 0;
}
