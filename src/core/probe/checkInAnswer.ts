/** The answer to a check-in, put together from texts that are JSON already (protocol, probes 3.5). */

import { formatAsn } from '../measurement/asNumber.ts';
import { makeReportIds, REPORT_ID_RANDOM_BYTES } from '../measurement/reportId.ts';
import { reportIdTestName } from '../nettests/testNameForms.ts';
import type { Place } from '../prioritisation/place.ts';
import type { Location } from './location.ts';

/** What one of them is made from. */
export interface CheckInAnswerParts {
  /** Of the client's address: what is said here, whatever the probe claims. */
  readonly located: Location;
  readonly place: Place;
  /** As JSON, like the next. */
  readonly featuresText: string;
  readonly testHelpersText: string;
  /** Of each entry of the list. */
  readonly urlTexts: readonly string[];
  readonly nowMs: number;
}

/** What is the same in all. */
export interface CheckInAnswerSetting {
  /** Names of letters, digits and `_`. */
  readonly nettests: readonly string[];
  readonly collectorId: string;
  /** So many bytes from a cryptographic source. */
  readonly random: (count: number) => Uint8Array;
}

export function checkInAnswers({
  collectorId,
  random,
  ...setting
}: CheckInAnswerSetting): (parts: CheckInAnswerParts) => string {
  // A probe cannot do without the list.
  const nettests = [...new Set([...setting.nettests, WEB_CONNECTIVITY])];
  const namesInIds = nettests.map(reportIdTestName);
  const chanceBytes = REPORT_ID_RANDOM_BYTES * nettests.length;

  return ({ located, place, featuresText, testHelpersText, urlTexts, nowMs }) => {
    const where = { probeCc: place.cc, probeAsn: place.asn, collectorId };
    const reportIds = makeReportIds(namesInIds, where, nowMs, random(chanceBytes));
    const tests = nettests.map((testName, at) => {
      const urls = testName === WEB_CONNECTIVITY ? `,"urls":[${urlTexts.join(',')}]` : '';
      return `"${testName}":{"report_id":"${reportIds[at]}"${urls}}`;
    });
    const head = JSON.stringify({
      v: 1,
      probe_cc: located.cc,
      probe_asn: formatAsn(located.asn),
      probe_network_name: located.networkName,
      utc_time: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    });
    const conf = `{"features":${featuresText},"test_helpers":${testHelpersText}}`;
    return `${head.slice(0, -1)},"conf":${conf},"tests":{${tests.join(',')}}}`;
  };
}

const WEB_CONNECTIVITY = 'web_connectivity';
