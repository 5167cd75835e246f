/** What costs, and who is one client. */
import t from 'tap';
import { costUnits, leastUnits } from '../../../src/core/quotas/metered.ts';

t.test('reads of data cost, what probes do does not', (t) => {
  for (const path of [
    '/api/v1/measurements',
    '/api/v1/measurement_meta',
    '/api/v1/raw_measurement',
    '/api/v1/measurement/2024_x',
    '/api/v1/aggregation',
    '/api/v1/aggregation/observations',
    '/api/v1/observations',
    '/api/v1/analysis',
    '/api/v1/detector/changepoints',
    '/api/v1/export',
    '/api/v1/files',
    '/api/_/domains',
    '/api/_/show_countries_prioritization',
    '/api/_/debug_prioritization',
    // The pages that are made of them.
    '/',
    '/ui/search',
    '/ui/measurement/2024_x',
  ])
    t.equal(leastUnits('GET', path), 1, path);
  for (const path of [
    '/report',
    '/report/2024',
    '/report/2024/close',
    '/api/v1/submit_measurement',
    '/api/v1/check-in',
    '/api/v1/test-helpers',
    '/api/v1/test-list/urls',
    '/api/v1/test-list/tor-targets',
    '/api/v1/test-list/psiphon-config',
    '/api/v2/ooniprobe/vpn-config/riseupvpn',
    '/api/v1/manifest',
    '/api/v1/sign_credential',
    '/api/v1/register',
    '/api/v1/login',
    '/api/v1/update/x',
    '/api/v1/collectors',
    '/api/v1/geolookup',
    '/bouncer/net-tests',
    '/robots.txt',
    '/api/_/check_report_id',
    '/api/v1/user_login',
    '/api/_/account_metadata',
    '/api/_/quotas_summary',
    '/health',
    '/ui/style-0123456789abcdef.css',
    '/uix',
  ])
    for (const method of ['GET', 'POST']) t.equal(leastUnits(method, path), undefined, path);
  t.end();
});

t.test('what people write costs more: rows that stay', (t) => {
  const cases: [method: string, path: string, least: number | undefined][] = [
    ['POST', '/api/_/measurement_feedback', 20],
    ['GET', '/api/_/measurement_feedback/2026', undefined],
    ['POST', '/api/v2/oonirun/links', 20],
    ['PUT', '/api/v2/oonirun/links/10009', 20],
    ['GET', '/api/v2/oonirun/links', 1],
    ['GET', '/api/v2/oonirun/links/10009', undefined],
    ['POST', '/api/v2/oonirun/links/10009/engine-descriptor/1', undefined],
  ];
  for (const [method, path, least] of cases)
    t.equal(leastUnits(method, path), least, `${method} ${path}`);
  t.end();
});

t.test('costs', (t) => {
  t.strictSame(
    [0, 9, 10, 19.9, 25_000].map((ms) => costUnits(ms, 1, false)),
    [1, 1, 1, 1, 2_500],
  );
  t.strictSame(
    [0, 199, 210].map((ms) => costUnits(ms, 20, false)),
    [20, 20, 21],
  );
  t.strictSame(
    [0, 500, 1_000, 27_000].map((ms) => costUnits(ms, 1, true)),
    [1, 50, 100, 100],
    'a database that does not answer costs its readers little',
  );
  t.equal(costUnits(27_000, 200, true), 200);
  t.end();
});
