import type { FingerprintSet } from '../fingerprints/match.ts';
import type { Measurement } from './measurement.ts';
import { scoreBrowserWeb } from './nettests/browser_web.ts';
import { scoreDash } from './nettests/dash.ts';
import { scoreDnsConsistency } from './nettests/dns_consistency.ts';
import { scoreFacebookMessenger } from './nettests/facebook_messenger.ts';
import { scoreHttpHeaderFieldManipulation } from './nettests/http_header_field_manipulation.ts';
import { scoreHttpInvalidRequestLine } from './nettests/http_invalid_request_line.ts';
import { scoreHttpRequests } from './nettests/http_requests.ts';
import { scoreMeekFrontedRequestsTest } from './nettests/meek_fronted_requests_test.ts';
import { scoreNdt } from './nettests/ndt.ts';
import { scoreOpenvpn } from './nettests/openvpn.ts';
import { scorePsiphon } from './nettests/psiphon.ts';
import { scoreRiseupvpn } from './nettests/riseupvpn.ts';
import { scoreSignal } from './nettests/signal.ts';
import { scoreStunreachability } from './nettests/stunreachability.ts';
import { scoreTcpConnect } from './nettests/tcp_connect.ts';
import { scoreTelegram } from './nettests/telegram.ts';
import { scoreTor } from './nettests/tor.ts';
import { scoreTorsf } from './nettests/torsf.ts';
import { scoreVanillaTor } from './nettests/vanilla_tor.ts';
import { scoreWebConnectivity } from './nettests/web_connectivity.ts';
import { scoreWhatsapp } from './nettests/whatsapp.ts';
import { failedScores, type Scores } from './scores.ts';

/** Scores a measurement of one test. Throws MalformedField when a member cannot be scored. */
export type Nettest = (measurement: Measurement, known: FingerprintSet) => Scores;

/** Test name to scorer, in the order of protocol, scoring 3. */
const NETTESTS: ReadonlyMap<unknown, Nettest> = new Map<unknown, Nettest>([
  ['web_connectivity', scoreWebConnectivity],
  ['facebook_messenger', scoreFacebookMessenger],
  ['telegram', scoreTelegram],
  ['whatsapp', scoreWhatsapp],
  ['signal', scoreSignal],
  ['tor', scoreTor],
  ['vanilla_tor', scoreVanillaTor],
  ['torsf', scoreTorsf],
  ['psiphon', scorePsiphon],
  ['http_header_field_manipulation', scoreHttpHeaderFieldManipulation],
  ['http_invalid_request_line', scoreHttpInvalidRequestLine],
  ['http_requests', scoreHttpRequests],
  ['tcp_connect', scoreTcpConnect],
  ['dash', scoreDash],
  ['meek_fronted_requests_test', scoreMeekFrontedRequestsTest],
  ['stunreachability', scoreStunreachability],
  ['openvpn', scoreOpenvpn],
  ['browser_web', scoreBrowserWeb],
  ['ndt', scoreNdt],
  ['riseupvpn', scoreRiseupvpn],
  ['dns_consistency', scoreDnsConsistency],
]);

/** Scores any measurement; tests without a rule count as failed. */
export function score(measurement: Measurement, known: FingerprintSet): Scores {
  const nettest = NETTESTS.get(measurement.test_name);
  return nettest ? nettest(measurement, known) : failedScores();
}
