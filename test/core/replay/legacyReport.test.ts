/**
 * Covers src/core/replay/{legacyDns, legacyHttp, legacyYaml}.ts.
 */
import t from 'tap';
import type { JsonObject } from '../../../src/core/json/jsonValue.ts';
import { generatedReportId, legacyMeasurement } from '../../../src/core/replay/legacyReport.ts';
import { parseLegacyYaml } from '../../../src/core/replay/legacyYaml.ts';

const yaml = (text: string) => parseLegacyYaml(text) as JsonObject;

const HEADER = `---
backend_version: 1.1.4
input_hashes: [49cbd2718db506a3]
options: [-f, urls.txt]
probe_asn: AS51896
probe_cc: IS
probe_city: !!binary |
  UmV5a2phdu1r
report_id: PqtugF8dGSTWXGIa4ao2
software_name: ooniprobe
software_version: 1.3.1
start_time: 1446726576.0
test_helpers: {backend: {address: 'http://192.0.2.7', type: http}}
test_name: http_requests
test_version: 0.2.4
...
`;

t.test('YAML becomes what JSON has', async (t) => {
  t.strictSame(
    yaml(`
      binary: !!binary aGVsbG8=
      not_text: !!binary /v8=
      body: !!binary aGVsbG8=
      set: !!set {a, b}
      time: 2013-05-05 10:32:13
      tuple: !!python/tuple [1, 2]
      unicode: !!python/unicode 'x'
      yes_and_no: [yes, off]
      octal: 0o17
      nan: .nan
      twice: 1
      twice: 2
    `),
    {
      binary: 'hello',
      not_text: { format: 'base64', data: '/v8=' },
      body: { format: 'base64', data: 'aGVsbG8=' },
      set: ['a', 'b'],
      time: '2013-05-05 10:32:13',
      tuple: [1, 2],
      unicode: 'x',
      yes_and_no: [true, false],
      octal: '0o17',
      nan: null,
      twice: 2,
    },
  );
  t.throws(() => yaml('a: [1'));
  t.throws(
    () =>
      yaml(`a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]`),
    /alias/,
  );
});

t.test('an entry of http_requests', async (t) => {
  const entry = yaml(`---
agent: agent
body_length_match: true
headers_diff: !!set {}
input: null
options: [-u, http://example.org]
test_start_time: 1446726600.5
requests:
- request:
    body: null
    headers:
    - - User-Agent
      - [Mozilla]
    method: GET
    tor: {is_tor: false}
    url: http://example.org
  response:
    body: !!binary PGh0bWw+
    code: 200
    headers:
    - - Server
      - [nginx, other]
    - - Location
      - [[http://elsewhere.example]]
- request: {headers: [], method: GET, tor: {is_tor: false}, url: 'http://second.example'}
  response: null
- request: {headers: [], method: GET, url: 'shttp://example.org'}
  response: {body: ok, code: 200, headers: []}
...
`);
  // Options of the report's header are those of its entries.
  const { options: _, ...header } = yaml(HEADER);
  const measurement = legacyMeasurement(header, entry);
  t.match(measurement, {
    report_id: 'PqtugF8dGSTWXGIa4ao2',
    test_name: 'http_requests',
    probe_cc: 'IS',
    input: 'http://example.org',
    test_start_time: '2015-11-05 12:29:36',
    measurement_start_time: '2015-11-05 12:30:00',
    software_version: '1.3.1',
    test_helpers: { backend: { address: 'http://192.0.2.7' } },
  });
  const testKeys = measurement.test_keys as JsonObject;
  t.match(testKeys, { agent: 'agent', body_length_match: true, headers_diff: [] });
  t.notOk('agent' in measurement);
  t.strictSame(
    (testKeys.requests as JsonObject[]).map(({ request, response }) => ({ request, response })),
    [
      {
        request: {
          body: null,
          headers: { 'User-Agent': 'Mozilla' },
          method: 'GET',
          tor: { is_tor: false, exit_ip: null, exit_name: null },
          url: 'http://example.org',
        },
        response: {
          body: { format: 'base64', data: 'PGh0bWw+' },
          code: 200,
          headers: { Server: 'nginx', Location: 'http://elsewhere.example' },
        },
      },
      {
        request: {
          headers: {},
          method: 'GET',
          tor: { is_tor: true, exit_ip: null, exit_name: null },
          url: 'http://example.org',
        },
        response: { body: 'ok', code: 200, headers: {} },
      },
      {
        request: {
          headers: {},
          method: 'GET',
          tor: { is_tor: false, exit_ip: null, exit_name: null },
          url: 'http://second.example',
        },
        response: { body: null, headers: {} },
      },
    ],
  );
});

t.test('a single request outside of the list', async (t) => {
  const measurement = legacyMeasurement(
    { test_name: 'tor_http_requests_test' },
    { request: { url: 'http://a.example', tor: true }, response: { body: 'x' } },
  );
  t.match(measurement.test_keys, {
    requests: [{ request: { tor: { is_tor: true } }, response: { body: 'x' } }],
    request: undefined,
  });
});

t.test('an entry of dns_consistency', async (t) => {
  const entry = yaml(`---
input: example.org
test_resolvers: [192.0.2.1]
queries:
- addrs: [192.0.2.9]
  answers:
  - ['<RR name=example.org type=A class=IN ttl=60s auth=False>', '<A address=192.0.2.9 ttl=60>']
  - ['<RR name=example.org type=CNAME class=IN ttl=9s auth=False>', '<CNAME name=www.example.net ttl=9>']
  - ['<RR name=example.org type=SOA class=IN ttl=9s auth=False>', '<SOA mname=ns.example rname=mail.example serial=1 ttl=9>']
  - ['<RR name=example.org type=TXT class=IN ttl=9s auth=False>', '<TXT data=x>']
  query: '[Query(''example.org'', 1, 1)]'
  resolver: [192.0.2.1, 53]
- {addrs: [], answers: [], query: nonsense, resolver: null}
...
`);
  const { test_keys } = legacyMeasurement({ test_name: 'DNS tamper' }, entry);
  t.strictSame(test_keys, {
    queries: [
      {
        hostname: 'example.org',
        resolver_hostname: '192.0.2.1',
        resolver_port: 53,
        answers: [
          { ttl: '60', answer_type: 'A', ipv4: '192.0.2.9' },
          { ttl: '9', answer_type: 'CNAME', hostname: 'www.example.net' },
          { ttl: '9', answer_type: 'SOA', hostname: 'ns.example' },
          { ttl: '9', answer_type: 'TXT' },
        ],
        failure: null,
      },
      {
        hostname: null,
        resolver_hostname: null,
        resolver_port: null,
        answers: [],
        failure: 'no_answer',
      },
    ],
  });
});

t.test('times in their old and new forms', async (t) => {
  const cases: [string, JsonObject, JsonObject, [unknown, unknown]][] = [
    [
      'seconds of the test',
      { start_time: 1446726576.9 },
      {},
      ['2015-11-05 12:29:36', '2015-11-05 12:29:36'],
    ],
    [
      'seconds of both',
      { start_time: 1446726576 },
      { test_start_time: 1446726600 },
      ['2015-11-05 12:29:36', '2015-11-05 12:30:00'],
    ],
    [
      'texts',
      { start_time: 1, test_start_time: '2016-01-01 00:00:00' },
      { measurement_start_time: '2016-01-01 00:00:07' },
      ['2016-01-01 00:00:00', '2016-01-01 00:00:07'],
    ],
    ['none', {}, {}, [undefined, undefined]],
  ];
  for (const [name, header, entry, expected] of cases) {
    const { test_start_time, measurement_start_time } = legacyMeasurement(header, entry);
    t.strictSame([test_start_time, measurement_start_time], expected, name);
  }
});

t.test('options, nested reports, the second version of the format', async (t) => {
  t.strictSame(legacyMeasurement({ options: { subargs: ['-x'] } }, {}).options, ['-x']);
  t.match(legacyMeasurement({ report: { probe_cc: 'IT' } }, {}), {
    probe_cc: 'IT',
    report: undefined,
  });
  const modern = {
    data_format_version: '0.2.0',
    test_keys: { a: 1 },
    annotations: { platform: 'x' },
  };
  t.match(legacyMeasurement({ report_id: 'r', test_name: 'ndt' }, modern), modern);
});

t.test('report ids for reports without one', async (t) => {
  // The letters that published data has for these headers.
  t.equal(
    generatedReportId({}),
    '19700101T000000Z_KWnRnnxAmNrJfoqrTxAKhVDgGkiuSYfGDSecYaayqhcqlfOXCX',
  );
  t.equal(
    generatedReportId({ probe_cc: 'UK', test_name: 'web_connectivity', start_time: 1446726576 }),
    '20151105T122936Z_LLWQMcPHNefGtRNzxcgKlXlSjKmRuyyKLycBDGwNiNEbMztVzb',
  );
  const of = (header: JsonObject) => legacyMeasurement(header, {}).report_id;
  t.equal(of({ report_id: null }), generatedReportId({}));
  t.not(of({ probe_city: null }), generatedReportId({}), 'no city is not the city "None"');
  // A city in Latin-1 counts with the letters that are ASCII.
  const city = yaml('probe_city: !!binary UmV5a2phdu1r');
  t.equal(of(city), generatedReportId({ probe_city: 'Reykjavk' }));
});
