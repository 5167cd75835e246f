/** The answer to a check-in, put together from texts that are JSON already (protocol, probes 3.5). */

import { formatAsn } from '../measurement/asNumber.ts';
import { makeReportIds, REPORT_ID_RANDOM_BYTES } from '../measurement/reportId.ts';
import type { Place } from '../prioritisation/place.ts';
import type { Features } from './features.ts';
import type { Location } from './location.ts';
import type { TestHelpers } from './testHelpers.ts';

/** All that it is made from; `urlTexts`: each entry of the list as JSON. */
export function checkInAnswer(parts: {
  /** Of the client's address: what is said here, whatever the probe claims. */
  readonly located: Location;
  readonly place: Place;
  readonly features: Features;
  readonly testHelpers: TestHelpers;
  readonly urlTexts: readonly string[];
  /** Names of letters, digits and `_`. */
  readonly nettests: readonly string[];
  readonly collectorId: string;
  readonly nowMs: number;
  /** So many bytes from a cryptographic source. */
  readonly random: (count: number) => Uint8Array;
}): string {
  const { located, place, collectorId, nowMs } = parts;
  // A probe cannot do without the list.
  const nettests = [...new Set([...parts.nettests, WEB_CONNECTIVITY])];
  const random = parts.random(REPORT_ID_RANDOM_BYTES * nettests.length);
  const where = { probeCc: place.cc, probeAsn: place.asn, collectorId };
  const reportIds = makeReportIds(nettests, where, nowMs, random);
  const tests = nettests.map((testName, at) => {
    const urls = testName === WEB_CONNECTIVITY ? `,"urls":[${parts.urlTexts.join(',')}]` : '';
    return `"${testName}":{"report_id":"${reportIds[at]}"${urls}}`;
  });
  const head = JSON.stringify({
    v: 1,
    probe_cc: located.cc,
    probe_asn: formatAsn(located.asn),
    probe_network_name: located.networkName,
    utc_time: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    conf: { features: parts.features, test_helpers: parts.testHelpers },
  });
  return `${head.slice(0, -1)},"tests":{${tests.join(',')}}}`;
}

const WEB_CONNECTIVITY = 'web_connectivity';
