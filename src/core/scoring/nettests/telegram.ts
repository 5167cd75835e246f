import { displayed } from '../displayed.ts';
import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { countEndpoints } from '../tcpEndpoints.ts';
import { has, isObject, items, MalformedField, stored } from '../values.ts';

const WEB_URLS: readonly unknown[] = ['https://web.telegram.org/', 'http://web.telegram.org/'];

/** What a side scores when nothing was measured of it. */
const UNKNOWN_SHARE = 0.5;

/** protocol, scoring 3.3. The probe's own verdicts on TCP and HTTP are ignored. */
export function scoreTelegram(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const endpoints = countEndpoints(testKeys);

  let httpSuccesses = 0;
  let httpFailures = 0;
  let webFailure: unknown = null;
  const field = 'test_keys.requests';
  let i = 0;
  for (const entry of items(testKeys.requests ?? [], field)) {
    const request = isObject(entry) ? entry.request : undefined;
    if (!isObject(entry) || !isObject(request) || !has(request, 'url')) return failedScores();
    const { failure } = entry;
    if (failure === undefined) {
      throw new MalformedField(`${field}[${i}].failure`, 'text or null', failure);
    }
    i++;
    if (WEB_URLS.includes(request.url)) webFailure = failure ?? webFailure;
    else if (failure === null) httpSuccesses++;
    else httpFailures++;
  }

  let blocking = share(endpoints.unreachable, endpoints.accessible);
  blocking += share(httpFailures, httpSuccesses);
  if (testKeys.telegram_web_status === 'blocked') blocking += 1;

  const scores: Scores = {
    ...baseScores(),
    blocking_general: blocking,
    web_failure: stored(webFailure, `${field}[].failure`),
    accessible_endpoints: endpoints.accessible,
    unreachable_endpoints: endpoints.unreachable,
    http_success_cnt: httpSuccesses,
    http_failure_cnt: httpFailures,
  };
  if (webFailure !== null) scores.msg = `failure: ${displayed(webFailure)}`;
  return scores;
}

function share(bad: number, good: number): number {
  return bad + good > 0 ? bad / (bad + good) : UNKNOWN_SHARE;
}
