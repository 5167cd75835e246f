/**
 * Every parameter of every read, with what nobody in good faith sends: a refusal or an answer, never a fault
 * of ours, and the database says nothing of itself. On the real engine.
 */
import t from 'tap';
import { DESCRIBED_ROUTES } from '../../src/core/endpoints/described.ts';
import { ENDPOINTS } from '../../src/core/endpoints/registry.ts';
import { ask, startDatabase, startService } from './support.ts';

const api = await startService(t, { clickhouseUrl: await startDatabase(t) });

const VALUES: Readonly<Record<string, string>> = {
  nul: '\0',
  'nul inside': 'abc\0def',
  quotes: `it's "x" \`y\``,
  backslashes: '\\\\n\\',
  'end of a statement': "'; DROP TABLE fastpath; --",
  'a bound value': '{since:UInt32}',
  lines: 'a\r\nSet-Cookie: b=c\t',
  'no character': '\ud800'.toWellFormed(),
  'beyond the first plane': '\u{1f600}\u202e',
  'a huge number': '9'.repeat(400),
  'a negative number': '-9223372036854775809',
  'no number': 'NaN',
  'a far day': '9999-12-31T23:59:59+23:59',
  'a long text': 'x'.repeat(4_000),
  'many items': Array.from({ length: 1_500 }, (_, each) => each).join(','),
  'a path': '../../../../etc/passwd',
  markup: '<script>alert(1)</script>',
};

/** So that what is asked for is looked for. */
const GIVEN = {
  day: '2026-07-11',
  probe_cc: 'IT',
  probe_asn: '1',
  asn: '1',
  domain: 'example.org',
  input: 'https://example.org/',
  measurement_uid: '20260711174409.000001_IT_ndt_0123456789abcdef',
  test_name: 'signal',
  axis_x: 'domain',
};

const routes = [...DESCRIBED_ROUTES, ...ENDPOINTS].filter(
  ({ method, path }) => method === 'get' && !/login|session|refresh|health|\/live/.test(path),
);

/** So many, with each parameter by itself; the others with all at once. */
const BY_THEMSELVES = ['nul inside', 'end of a statement', 'a long text'];

t.test('each by itself, and all at once', async (t) => {
  t.ok(routes.length > 35);
  for (const [name, value] of Object.entries(VALUES)) {
    const requests = routes.flatMap(({ path, parameters }) => {
      const names = Object.keys(parameters);
      const filled = path.replaceAll(/:\w+/g, () => encodeURIComponent(value));
      const all = new URLSearchParams(names.map((each) => [each, value]));
      const alone = BY_THEMSELVES.includes(name) ? names : [];
      return [
        `${filled}?${all}`,
        ...alone.map((each) => `${filled}?${new URLSearchParams({ ...GIVEN, [each]: value })}`),
      ];
    });
    const faults: string[] = [];
    const look = async (path: string) => {
      const { status, text, headers } = await ask(api.url + path);
      // 503: what is not set up here, and says so.
      if (status >= 500 && status !== 503) faults.push(`${status} ${path.slice(0, 200)}: ${text}`);
      if (/DB::|Code: \d+|clickhouse/i.test(text)) faults.push(`${path.slice(0, 200)}: ${text}`);
      if (headers.get('set-cookie') !== null) faults.push(`a header of the client's: ${path}`);
    };
    // Some at once: what is waited for is the engine.
    for (let from = 0; from < requests.length; from += 16)
      await Promise.all(requests.slice(from, from + 16).map(look));
    t.strictSame(faults, [], name);
  }
  t.strictSame(
    // An empty database has no test list.
    api.lines.filter((line) => /^(err|crit|warning)/.test(line) && !/test list/.test(line)),
    [],
    'and nothing for an operator to look at',
  );
});
