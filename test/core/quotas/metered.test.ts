/** What costs, and who is one client. */
import t from 'tap';
import { clientOf, costUnits, isMetered } from '../../../src/core/quotas/metered.ts';

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
  ])
    t.equal(isMetered(path), true, path);
  for (const path of [
    '/report',
    '/report/2024',
    '/report/2024/close',
    '/api/v1/submit_measurement',
    '/api/v1/check-in',
    '/api/v1/test-helpers',
    '/api/v1/test-list/urls',
    '/api/v1/user_login',
    '/api/_/account_metadata',
    '/api/_/check_report_id'.replace('/_/', '/x/'),
    '/health',
    '/',
  ])
    t.equal(isMetered(path), false, path);
  t.end();
});

t.test('clients', (t) => {
  const cases: [string, string][] = [
    ['', ''],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ];
  for (const [address, client] of cases) t.equal(clientOf(address), client, address);
  t.end();
});

t.test('costs', (t) => {
  t.strictSame([0, 9, 10, 19.9, 25_000].map(costUnits), [1, 1, 1, 1, 2_500]);
  t.end();
});
