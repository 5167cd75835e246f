/** Covers src/api/fetch/openJob.ts: what a download runs with. Jobs themselves: test/edge/clickhouse/sourceTables.test.ts. */
import t from 'tap';
import { downloadOptions } from '../../../src/api/fetch/openJob.ts';
import type { ApiConfig } from '../../../src/config/api.ts';
import { fetchSection } from '../../../src/config/fetch.ts';

const optionsOf = (section: object, env: NodeJS.ProcessEnv) =>
  downloadOptions({ fetch: fetchSection.parse(section) } as ApiConfig, env);

t.test('the proxy: of the config, else of the environment', async (t) => {
  const [one, two, mine] = ['http://one:1', 'http://two:2', 'http://mine:3'];
  const cases: [object, NodeJS.ProcessEnv, string | undefined][] = [
    [{}, {}, undefined],
    [{}, { https_proxy: one, HTTPS_PROXY: two }, one],
    [{}, { HTTPS_PROXY: two }, two],
    [{}, { https_proxy: '', HTTPS_PROXY: '' }, undefined],
    [{ proxy: mine }, { https_proxy: one }, mine],
  ];
  for (const [section, env, expected] of cases) t.equal(optionsOf(section, env).proxy, expected);
  const withoutProxy = (env: NodeJS.ProcessEnv) => optionsOf({}, env).noProxy;
  t.equal(withoutProxy({ no_proxy: 'a', NO_PROXY: 'b' }), 'a');
  t.equal(withoutProxy({ no_proxy: '', NO_PROXY: 'b' }), 'b');
});

t.test('private networks: refused until the config allows them', async (t) => {
  t.strictSame(
    [{}, { private_addresses: true }].map((section) => optionsOf(section, {}).allowed('10.0.0.1')),
    [false, true],
  );
});
