import t from 'tap';
import { testHelpersSection } from '../../../src/config/probeServices.ts';
import {
  TEST_HELPER_NAMES,
  type TestHelper,
  type TestHelperConfig,
  type TestHelperName,
  testHelperTexts,
  watchedHelpers,
} from '../../../src/core/probe/testHelpers.ts';

/** The same numbers in each run. */
function makeRandom(): () => number {
  let state = 20261125;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4_294_967_296;
  };
}

const testHelpers = (
  config: TestHelperConfig,
  random: () => number,
): Record<TestHelperName, TestHelper[]> => JSON.parse(testHelperTexts(config)(random));

const byDefault = testHelpersSection.parse({});

t.test('the names of old, in their order, each with what old clients need', async (t) => {
  const helpers = testHelpers(byDefault, makeRandom());
  t.strictSame(Object.keys(helpers), TEST_HELPER_NAMES);
  t.strictSame(helpers['http-return-json-headers'], [
    { address: 'http://206.81.31.205:80', type: 'legacy' },
  ]);
  t.equal(helpers['web-connectivity'].length, 7);
  t.strictSame(
    helpers['web-connectivity'].slice(0, 6).map(({ type }) => type),
    Array(6).fill('https'),
  );
});

t.test('behind a content delivery network comes last, always', async (t) => {
  const random = makeRandom();
  for (let run = 0; run < 200; run++)
    t.strictSame(testHelpers(byDefault, random)['web-connectivity'].at(-1), {
      address: 'https://d33d1gs9kpq1c5.cloudfront.net',
      type: 'cloudfront',
      front: 'd33d1gs9kpq1c5.cloudfront.net',
    });
});

/** How often each is first, of 20000 orders. */
function firsts(web_connectivity: Parameters<typeof testHelpers>[0]['web_connectivity']) {
  const random = makeRandom();
  const counts = new Map<string, number>();
  const textOf = testHelperTexts({ ...byDefault, web_connectivity });
  for (let run = 0; run < 20_000; run++) {
    const { address } = JSON.parse(textOf(random))['web-connectivity'][0];
    counts.set(address, (counts.get(address) ?? 0) + 1 / 20_000);
  }
  return counts;
}

t.test('the first place is shared equally where nothing else is said', async (t) => {
  for (const share of firsts(byDefault.web_connectivity).values())
    t.ok(Math.abs(share - 1 / 6) < 0.015, `${share}`);
});

t.test(
  'the first place is shared by weight: a tenth for a canary, the rest for the others',
  async (t) => {
    const shares = firsts([
      { address: 'https://0.th', weight: 0.1 },
      { address: 'https://1.th', weight: 0.3 },
      { address: 'https://2.th', weight: 0.3 },
      { address: 'https://3.th', weight: 0.3 },
    ]);
    t.ok(Math.abs(shares.get('https://0.th')! - 0.1) < 0.015, `${shares.get('https://0.th')}`);
    t.ok(Math.abs(shares.get('https://3.th')! - 0.3) < 0.015, `${shares.get('https://3.th')}`);
  },
);

t.test('weight 0 comes after all others, so that a helper can be emptied', async (t) => {
  const config = {
    ...byDefault,
    web_connectivity: [{ address: 'https://old', weight: 0 }, 'https://new'],
  };
  const random = makeRandom();
  for (let run = 0; run < 200; run++)
    t.strictSame(
      testHelpers(config, random)
        ['web-connectivity'].map(({ address }) => address)
        .slice(0, 2),
      ['https://new', 'https://old'],
    );
  // Nothing of it hangs on the edges of the random numbers.
  for (const edge of [0, 1 - 2 ** -53])
    t.equal(testHelpers(config, () => edge)['web-connectivity'].length, 3);
});

t.test('those of the tests of today are watched as their clients reach them', async (t) => {
  const of = (part: Partial<typeof byDefault>) =>
    watchedHelpers({ ...byDefault, http_return_json_headers: [], tcp_echo: [], ...part }).filter(
      ({ name }) => name !== 'web-connectivity',
    );
  t.strictSame(
    watchedHelpers(byDefault).map(({ name, address }) => `${name} ${address}`),
    [
      ...byDefault.http_return_json_headers.map((address) => `http-return-json-headers ${address}`),
      ...byDefault.tcp_echo.map((address) => `tcp-echo ${address}`),
      ...byDefault.web_connectivity.map((address) => `web-connectivity ${address}`),
      ...byDefault.web_connectivity_fronts.map((front) => `web-connectivity https://${front}`),
    ],
    'those of old tests alone are not',
  );
  for (const [address, host, port] of [
    ['192.0.2.1', '192.0.2.1', 80],
    ['192.0.2.1:7', '192.0.2.1', 7],
    ['http://192.0.2.1:80', '192.0.2.1', 80],
    ['http://a.example/path', 'a.example', 80],
    ['https://a.example', 'a.example', 443],
    ['[2001:db8::1]:8080', '2001:db8::1', 8080],
  ] as const)
    t.strictSame(of({ tcp_echo: [address] })[0]?.ask, { kind: 'tcp', host, port }, address);
  t.strictSame(of({ tcp_echo: ['a:b:c'] }), [], 'what cannot be asked');
  t.strictSame(
    of({ tcp_echo: [{ address: '192.0.2.1', weight: 0 }] }),
    [],
    'what goes out of use may be silent',
  );
  t.strictSame(
    watchedHelpers({ ...byDefault, web_connectivity: ['a.example'] })
      .filter(({ address }) => address === 'a.example')
      .map(({ ask }) => ask),
    [{ kind: 'http', url: 'https://a.example' }],
  );
});
