import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, type Scores } from '../scores.ts';

/** False means that an endpoint resolved or answered in a way it should not. */
const CONSISTENCY_KEYS = [
  'facebook_b_api_dns_consistent',
  'facebook_b_api_reachable',
  'facebook_b_graph_dns_consistent',
  'facebook_b_graph_reachable',
  'facebook_edge_dns_consistent',
  'facebook_edge_reachable',
  'facebook_external_cdn_dns_consistent',
  'facebook_external_cdn_reachable',
  'facebook_scontent_cdn_dns_consistent',
  'facebook_scontent_cdn_reachable',
  'facebook_star_dns_consistent',
  'facebook_star_reachable',
  'facebook_stun_dns_consistent',
];

/** True means that the probe saw blocking. */
const ANOMALY_KEYS = ['facebook_tcp_blocking', 'facebook_dns_blocking'];

/**
 * Some probes report DNS blocking although every endpoint that matters answered: the CDNs, left out
 * here, resolve differently from place to place.
 */
const TRUE_IN_FALSE_ALARM = [
  'facebook_b_api_dns_consistent',
  'facebook_b_api_reachable',
  'facebook_b_graph_dns_consistent',
  'facebook_b_graph_reachable',
  'facebook_dns_blocking',
  'facebook_edge_dns_consistent',
  'facebook_edge_reachable',
  'facebook_star_dns_consistent',
  'facebook_star_reachable',
  'facebook_stun_dns_consistent',
];

/** protocol, scoring 3.2. */
export function scoreFacebookMessenger(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const scores = baseScores();

  const falseAlarm =
    TRUE_IN_FALSE_ALARM.every((key) => testKeys[key] === true) &&
    testKeys.facebook_tcp_blocking === false;
  if (falseAlarm) return scores;

  for (const [keys, suspicious] of [
    [CONSISTENCY_KEYS, false],
    [ANOMALY_KEYS, true],
  ] as const) {
    for (const key of keys) {
      if (testKeys[key] !== suspicious) continue;
      scores.blocking_general += 0.5;
      scores[key] = suspicious;
    }
  }
  return scores;
}
