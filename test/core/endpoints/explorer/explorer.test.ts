/**
 * What the statistics of OONI Explorer refuse. Their answers on the real engine: test/api/explorer.test.ts.
 *
 * Covers src/core/endpoints/explorer/{asnmeta, byMonth, circumvention, constant, countries, countryOverview,
 * domainMetadata, domains, explorerEndpoints, globalOverview, instantMessengers, networks, place,
 * statisticsWindow, testCoverage, vanillaTor, website}.ts, src/core/nettests/testNames.ts,
 * src/core/text/countryNames.ts.
 */
import t from 'tap';
import { type AnyEndpoint, readQuery } from '../../../../src/core/endpoints/endpoint.ts';
import { EXPLORER_ENDPOINTS } from '../../../../src/core/endpoints/explorer/explorerEndpoints.ts';

const endpointAt = (name: string): AnyEndpoint =>
  EXPLORER_ENDPOINTS.find(({ path }) => path === `/api/_/${name}`)!;
const read = (name: string, query: string) =>
  readQuery(endpointAt(name), new URLSearchParams(query), Date.parse('2026-07-15T12:00:00Z'));

t.test('country and network are checked', (t) => {
  const badCountry = { kind: 'refused', status: 400, detail: 'missing or incorrect probe_cc' };
  const badNetwork = { kind: 'refused', status: 400, detail: 'missing or incorrect probe_asn' };
  for (const name of [
    'country_overview',
    'test_coverage',
    'website_networks',
    'website_stats',
    'website_urls',
    'vanilla_tor_stats',
    'im_networks',
    'im_stats',
    'network_stats',
  ])
    for (const query of ['', 'probe_cc=', 'probe_cc=ITA', 'probe_cc=I1', 'probe_cc=%27%27'])
      t.strictSame(read(name, query), badCountry, `${name}?${query}`);
  for (const name of ['website_stats', 'website_urls', 'im_stats'])
    for (const query of ['', '&probe_asn=x', '&probe_asn=AS', '&probe_asn=4294967296'])
      t.strictSame(read(name, `probe_cc=it${query}`), badNetwork, `${name}?${query}`);
  t.match(read('country_overview', 'probe_cc=it'), { kind: 'ok', asked: { cc: 'IT' } });
  t.match(read('website_stats', 'probe_cc=IT&probe_asn=as7&input=https://x/'), {
    kind: 'ok',
    asked: { asn: 7, inputs: ['https://x', 'https://x/'] },
  });
  t.end();
});

t.test('the rest', (t) => {
  const cases: [string, string, object][] = [
    ['website_stats', 'probe_cc=IT&probe_asn=7', { kind: 'refused', detail: 'missing input' }],
    ['im_stats', 'probe_cc=IT&probe_asn=7&test_name=tor', { kind: 'refused' }],
    ['im_stats', 'probe_cc=IT&probe_asn=7&test_name=signal', { kind: 'ok' }],
    ['domain_metadata', '', { kind: 'refused', status: 400 }],
    ['domain_metadata', `domain=${'x'.repeat(254)}`, { kind: 'refused' }],
    ['domain_metadata', 'domain=WWW.X.org', { kind: 'ok', asked: { bare: 'x.org' } }],
    ['asnmeta', 'asn=AS3269', { kind: 'ok', asked: { asn: 3269 } }],
    ['asnmeta', 'asn=TIM', { kind: 'refused', status: 400 }],
    ['website_urls', 'probe_cc=IT&probe_asn=7&limit=0', { kind: 'ok', asked: { limit: 10 } }],
    ['website_urls', 'probe_cc=IT&probe_asn=7&limit=-3', { kind: 'ok', asked: { limit: 10 } }],
    ['website_urls', 'probe_cc=IT&probe_asn=7&offset=-1', { kind: 'invalid' }],
    ['website_urls', 'probe_cc=IT&probe_asn=7&limit=10001', { kind: 'invalid' }],
    ['test_coverage', 'probe_cc=IT', { kind: 'ok', asked: { networks: { testNames: undefined } } }],
    [
      'test_coverage',
      'probe_cc=IT&test_groups=im,x',
      { asked: { networks: { testNames: { length: 4 } } } },
    ],
    ['test_coverage', 'probe_cc=IT&test_groups=x', { asked: { networks: { testNames: [] } } }],
  ];
  for (const [name, query, expected] of cases)
    t.match(read(name, query), expected, `${name}?${query}`);
  t.end();
});
