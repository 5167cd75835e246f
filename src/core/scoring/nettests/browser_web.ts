import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, type Scores } from '../scores.ts';
import { stored } from '../values.ts';

/** protocol, scoring 3.18. */
export function scoreBrowserWeb(measurement: Measurement): Scores {
  const { result, browser_name: browserName, load_time_ms: loadTimeMs } = testKeysOf(measurement);
  const scores: Scores = baseScores();
  if (result === 'error') scores.blocking_general = 1;
  else if (result !== 'ok') scores.accuracy = 0;
  scores.extra = {
    browser_name: stored(browserName ?? '', 'test_keys.browser_name'),
    load_time_ms: stored(loadTimeMs ?? 0, 'test_keys.load_time_ms'),
  };
  return scores;
}
