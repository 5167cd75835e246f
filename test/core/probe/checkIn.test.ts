/**
 * What probes of each generation say at check-in, and what they are told (protocol, probes 3.5, 4.5).
 *
 * Covers src/core/probe/{checkIn,checkInAnswer,features}.ts, src/core/endpoints/prioritisation/listRequest.ts.
 */
import t from 'tap';
import { wantedOf } from '../../../src/core/endpoints/prioritisation/listRequest.ts';
import { checkReportId } from '../../../src/core/measurement/reportId.ts';
import { CHECK_IN_NETTESTS } from '../../../src/core/nettests/testNames.ts';
import { seededRandom } from '../../../src/core/prioritisation/random.ts';
import { placeOf, readCheckIn } from '../../../src/core/probe/checkIn.ts';
import { checkInAnswers } from '../../../src/core/probe/checkInAnswer.ts';
import { type FeatureRule, featuresOf } from '../../../src/core/probe/features.ts';
import { UNKNOWN_LOCATION } from '../../../src/core/probe/location.ts';

const NOWHERE = { cc: 'ZZ', asn: 0 };
const all = { categories: undefined };

t.test('what is said', async (t) => {
  const table: [name: string, body: Record<string, unknown>, expected: object][] = [
    ['nothing', {}, { probeCc: undefined, probeAsn: undefined, wanted: { ...all, limit: 100 } }],
    [
      'command line',
      {
        charging: true,
        on_wifi: true,
        platform: 'linux',
        probe_asn: 'AS30722',
        probe_cc: 'IT',
        run_type: 'timed',
        software_name: 'ooniprobe-cli',
        software_version: '3.29.1',
        web_connectivity: { category_codes: [] },
      },
      {
        probeCc: 'IT',
        probeAsn: 30722,
        softwareName: 'ooniprobe-cli',
        softwareVersion: '3.29.1',
        wanted: { ...all, limit: 100 },
      },
    ],
    [
      'app',
      { probe_cc: 'XX', probe_asn: 'AS0', on_wifi: null, charging: false, run_type: 'timed' },
      { probeCc: undefined, probeAsn: undefined, wanted: { ...all, limit: 20 } },
    ],
    ['by hand', { run_type: 'manual', charging: false }, { wanted: { limit: 9999 } }],
    ['charging as text', { charging: ' No ' }, { wanted: { limit: 20 } }],
    ['charging as number', { charging: 0 }, { wanted: { limit: 20 } }],
    ['charging is yes', { charging: 'yes' }, { wanted: { limit: 100 } }],
    ['charging is anything', { charging: { a: 1 }, run_type: null }, { wanted: { limit: 100 } }],
    ['small letters', { probe_cc: 'it', probe_asn: 'as3269' }, { probeCc: 'IT', probeAsn: 3269 }],
    [
      'malformed',
      { probe_cc: 'Z0', probe_asn: 'AS-1' },
      { probeCc: undefined, probeAsn: undefined },
    ],
    [
      'too long',
      { probe_cc: 'USA', probe_asn: 'AS4294967296' },
      { probeCc: undefined, probeAsn: undefined },
    ],
    ['other types', { probe_cc: 3, probe_asn: 3269 }, { probeCc: undefined, probeAsn: undefined }],
    ['largest network', { probe_asn: 'AS4294967295' }, { probeAsn: 4294967295 }],
    ['empty texts', { probe_cc: '', probe_asn: '' }, { probeCc: undefined, probeAsn: undefined }],
    [
      'categories as text',
      { web_connectivity: { category_codes: 'NEWS,HUMR' } },
      { wanted: { categories: new Set(['NEWS', 'HUMR']) } },
    ],
    ['no categories', { web_connectivity: { category_codes: null } }, { wanted: all }],
    ['no web_connectivity', { web_connectivity: null }, { wanted: all }],
    ['web_connectivity as list', { web_connectivity: [] }, { wanted: all }],
  ];
  for (const [name, body, expected] of table) t.match(readCheckIn(body), expected, name);
});

t.test('where it is', async (t) => {
  const table: [cc: string, asn: string, located: [string, number], place: [string, number]][] = [
    ['IT', 'AS3269', ['US', 1], ['IT', 3269]],
    ['ZZ', 'AS0', ['US', 1], ['US', 1]],
    ['XX', 'AS0', ['US', 1], ['US', 1]],
    ['ZZ', 'AS3269', ['US', 1], ['US', 3269]],
    ['IT', 'AS0', ['US', 1], ['IT', 1]],
    ['XX', 'AS0', ['ZZ', 0], ['ZZ', 0]],
    ['IT', 'AS0', ['US', 0], ['IT', 0]],
  ];
  for (const [probe_cc, probe_asn, [cc, asn], [placeCc, placeAsn]] of table)
    t.strictSame(
      placeOf(readCheckIn({ probe_cc, probe_asn }), { cc, asn, networkName: null }),
      { cc: placeCc, asn: placeAsn },
      `${probe_cc} ${probe_asn}`,
    );
});

const rule = (more: Partial<FeatureRule>): FeatureRule => ({
  feature: 'x',
  value: true,
  share: 1,
  countries: [],
  asns: [],
  software_names: [],
  ...more,
});

t.test('features', async (t) => {
  const probe = { softwareName: 'ooniprobe-cli', softwareVersion: '3.28.0' };
  const place = { cc: 'IT', asn: 30722 };
  const value = (rules: FeatureRule[], random = () => 0.5, of = probe) =>
    featuresOf({ features: { x: false }, rules }, of, place, random).x;
  const table: [name: string, rules: FeatureRule[], value: boolean][] = [
    ['none', [], false],
    ['for all', [rule({})], true],
    ['the last one counts', [rule({}), rule({ value: false })], false],
    ['country', [rule({ countries: ['IT', 'DE'] })], true],
    ['other country', [rule({ countries: ['DE'] })], false],
    ['network', [rule({ asns: [30722] })], true],
    ['other network', [rule({ asns: [3269] })], false],
    ['software', [rule({ software_names: ['ooniprobe-cli'] })], true],
    ['other software', [rule({ software_names: ['ooniprobe-android'] })], false],
    ['from this version', [rule({ min_software_version: '3.28' })], true],
    ['from a later one', [rule({ min_software_version: '3.28.1' })], false],
    ['up to this version', [rule({ max_software_version: '3.28.0' })], true],
    ['up to an earlier one', [rule({ max_software_version: '3.28.0rc1' })], false],
    ['all conditions', [rule({ countries: ['IT'], asns: [3269] })], false],
    ['more than half', [rule({ share: 0.51 })], true],
    ['half', [rule({ share: 0.5 })], false],
  ];
  for (const [name, rules, expected] of table) t.equal(value(rules), expected, name);
  for (const random of [() => 0, () => 0.999999]) {
    t.equal(value([rule({ share: 0 })], random), false);
    t.equal(value([rule({ share: 1 })], random), true);
  }
  for (const softwareVersion of ['', 'x', '3.28.0-beta!'])
    for (const more of [{ min_software_version: '0' }, { max_software_version: '9' }])
      t.equal(
        value([rule(more)], () => 0, { ...probe, softwareVersion }),
        false,
        softwareVersion,
      );
});

t.test('the answer has every member that a client needs', async (t) => {
  const random = seededRandom(1);
  const text = checkInAnswers({
    nettests: ['dash'],
    collectorId: '4',
    random: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
  })({
    located: { ...UNKNOWN_LOCATION, networkName: 'A "quoted" \\ näme' },
    place: { cc: 'IT', asn: 30722 },
    featuresText: '{"a":true}',
    testHelpersText: '{}',
    urlTexts: ['{"url":"u"}', '{"url":"v"}'],
    nowMs: Date.parse('2026-08-21T10:14:30.999Z'),
  });
  const answer = JSON.parse(text);
  t.equal(text, JSON.stringify(answer), 'as one piece of code would have made it');
  t.match(answer, {
    v: 1,
    probe_cc: 'ZZ',
    probe_asn: 'AS0',
    probe_network_name: 'A "quoted" \\ näme',
    utc_time: '2026-08-21T10:14:30Z',
    conf: { features: { a: true }, test_helpers: {} },
    tests: { web_connectivity: { urls: [{ url: 'u' }, { url: 'v' }] } },
  });
  t.strictSame(Object.keys(answer.tests), ['dash', 'web_connectivity'], 'never without the list');
  const ids = Object.values(answer.tests as Record<string, { report_id: string }>).map(
    ({ report_id }) => report_id,
  );
  t.match(ids[0], /^20260821T101430Z_dash_IT_30722_n4_[A-Za-z0-9]{16}$/);
  t.equal(checkReportId(ids[1]!).kind, 'ok');
  t.not(ids[0]!.slice(-16), ids[1]!.slice(-16));
  t.equal(CHECK_IN_NETTESTS.length, 21);
});

t.test('what a query asks of the list', async (t) => {
  const table: [given: Parameters<typeof wantedOf>[0], place: object, limit: number][] = [
    [{}, NOWHERE, 9999],
    [{ country_code: 'it' }, { cc: 'IT', asn: 0 }, 9999],
    [{ country_code: 'IT', probe_cc: 'US' }, { cc: 'IT', asn: 0 }, 9999],
    [{ country_code: 'nonsense', probe_cc: 'US' }, { cc: 'US', asn: 0 }, 9999],
    [{ probe_cc: 'XX', limit: 0 }, NOWHERE, 9999],
    [{ limit: -1 }, NOWHERE, 9999],
    [{ limit: 1 }, NOWHERE, 1],
    [{ probe_asn: 'AS3269' }, { cc: 'ZZ', asn: 3269 }, 9999],
    [{ probe_asn: ' 3269 ' }, { cc: 'ZZ', asn: 3269 }, 9999],
    [{ probe_asn: 'x' }, NOWHERE, 9999],
  ];
  for (const [given, place, limit] of table) {
    const { place: found, wanted } = wantedOf(given);
    t.strictSame([found, wanted.limit], [place, limit], JSON.stringify(given));
  }
});
