import t from 'tap';
import { TEST_HELPER_NAMES } from '../../../../src/core/probe/testHelpers.ts';
import { ask, startService } from '../../support.ts';

t.test('what a probe asks first is answered without any database', async (t) => {
  const { url } = await startService(t);
  const answer = await ask(`${url}/api/v1/test-helpers`);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('content-type'), 'application/json');
  t.equal(answer.headers.get('cache-control'), 'no-cache');
  t.strictSame(Object.keys(answer.json), TEST_HELPER_NAMES);
  t.strictSame(answer.json.dns[0], {
    address: '37.218.241.93:57004',
    type: 'legacy',
    front: null,
  });
  t.strictSame(answer.json['web-connectivity'].at(-1), {
    address: 'https://d33d1gs9kpq1c5.cloudfront.net',
    type: 'cloudfront',
    front: 'd33d1gs9kpq1c5.cloudfront.net',
  });
});

t.test('helpers are those of the configuration', async (t) => {
  const { url } = await startService(t, {
    config: {
      test_helpers: {
        web_connectivity: [{ address: 'https://th.example.org', weight: 0.5 }],
        web_connectivity_fronts: [],
      },
    },
  });
  const { json } = await ask(`${url}/api/v1/test-helpers`);
  t.strictSame(json['web-connectivity'], [
    { address: 'https://th.example.org', type: 'https', front: null },
  ]);
});
