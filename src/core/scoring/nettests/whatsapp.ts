import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, type Scores } from '../scores.ts';
import { countEndpoints } from '../tcpEndpoints.ts';
import { hasUnknownFailure } from '../unknownFailure.ts';
import { absent, asObject, contains, has, items, objectOrEmpty, truthy } from '../values.ts';

const WEB_URL = 'https://web.whatsapp.com/';
const REGISTRATION_URL = 'https://v.whatsapp.net/v2/register';

/** A bug of old probes, which could not decode the page. */
const DECODING_BUG = "unknown_failure 'ascii' co";

/** protocol, scoring 3.4. */
export function scoreWhatsapp(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const scores = baseScores();
  if (hasUnknownFailure(testKeys)) scores.accuracy = 0;

  const webFailure = testKeys.whatsapp_web_failure;
  const undecoded =
    truthy(webFailure) && contains(webFailure, DECODING_BUG, 'test_keys.whatsapp_web_failure');
  const { requests } = testKeys;
  if (undecoded || !truthy(requests)) {
    scores.accuracy = 0;
    return scores;
  }

  let web: boolean | undefined;
  let registration: boolean | undefined;
  let i = 0;
  for (const item of items(requests, 'test_keys.requests')) {
    const field = `test_keys.requests[${i++}]`;
    const entry = asObject(item, field);
    const { url } = objectOrEmpty(entry.request, `${field}.request`);
    if (url === WEB_URL) web = has(entry, 'failure') && !isFailure(entry.failure);
    else if (url === REGISTRATION_URL) registration = absent(entry.failure);
  }
  if (web === undefined || registration === undefined) {
    scores.accuracy = 0;
    return scores;
  }
  if (!web || !registration) {
    scores.blocking_general = 1;
    return scores;
  }

  const { accessible, unreachable } = countEndpoints(testKeys);
  if (accessible === 0 && unreachable === 0) scores.accuracy = 0;
  else if (accessible === 0) scores.blocking_general = 1;
  scores.analysis = {
    registration_server_accessible: registration,
    whatsapp_web_accessible: web,
    whatsapp_endpoints_accessible: accessible > 0,
  };
  return scores;
}

function isFailure(value: unknown): boolean {
  return value !== null && value !== '' && value !== false && value !== 0;
}
