/**
 * Quotas of all workers together, over the messages that they and the primary process exchange.
 *
 * Covers src/api/quotas/workerQuotas.ts, src/api/quotas/quotaMiddleware.ts and src/api/quotas/quotaMessages.ts.
 */
import { EventEmitter } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import t from 'tap';
import type { QuotaAnswer, QuotaReport } from '../../../src/api/quotas/quotaMessages.ts';
import { makeSharedQuotas } from '../../../src/api/quotas/sharedQuotas.ts';
import { makeWorkerQuotas, type WorkerQuotas } from '../../../src/api/quotas/workerQuotas.ts';
import { SESSION_AUDIENCE } from '../../../src/core/accounts/claims.ts';
import { parseQuotaLimits } from '../../../src/core/quotas/quotaTable.ts';
import { makeSignedTokens } from '../../../src/edge/tokens/signedTokens.ts';
import { ACCOUNT_KEYS } from '../accounts/support.ts';
import { ask, startService } from '../support.ts';

const ADDRESS = '203.0.113.77';

function setUp(t: { teardown(step: () => unknown): unknown }, limits: string, workers: number) {
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  const shared = makeSharedQuotas(parseQuotaLimits(limits)!, () => clock.nowMs);
  t.teardown(() => shared.close());
  const sent: (QuotaReport | QuotaAnswer)[] = [];
  /** Reports go at once, so that a test knows when. */
  const flushes: (() => void)[] = [];
  const all = Array.from({ length: workers }, () => {
    let quotas: WorkerQuotas | undefined;
    let waiting: QuotaReport[] = [];
    quotas = makeWorkerQuotas({
      tell(report) {
        if (report.kind === 'spent') waiting.push(report);
      },
      nowMs: () => clock.nowMs,
      reportEveryMs: 1,
    });
    flushes.push(() => {
      for (const report of waiting) {
        const answer = shared.answer(report);
        sent.push(report, answer);
        quotas?.heard(answer);
      }
      waiting = [];
    });
    t.teardown(() => quotas?.close());
    return quotas;
  });
  const exchange = async () => {
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (const flush of flushes) flush();
    }
  };
  return { clock, shared, all, sent, exchange };
}

t.test('what one worker served counts for all', async (t) => {
  const { clock, shared, all, exchange } = setUp(t, '100/minute', 2);
  const [one, two] = all as [WorkerQuotas, WorkerQuotas];
  t.equal(one.standing([ADDRESS]), undefined, 'nothing is known');
  await exchange();
  one.spend([ADDRESS], 60);
  two.spend([ADDRESS], 10);
  await exchange();
  t.equal(two.standing([ADDRESS])!.remaining, 30);
  two.spend([ADDRESS], 25);
  t.equal(two.standing([ADDRESS])!.remaining, 5, 'before it is reported');
  two.spend([ADDRESS], 25);
  t.equal(two.standing([ADDRESS])!.remaining, 0);
  await exchange();
  one.spend([ADDRESS], 1);
  await exchange();
  const refused = one.standing([ADDRESS])!;
  t.equal(refused.remaining, 0);
  t.equal(refused.retryAfterS, 14, 'of 121 units spent');
  clock.nowMs += 10_000;
  t.equal(one.standing([ADDRESS])!.retryAfterS, 4);
  clock.nowMs += 4_000;
  t.equal(one.standing([ADDRESS]), undefined, 'it may try');
  t.strictSame(shared.summary()[0]![1], 0.02, 'seconds left');
});

t.test('no address leaves a worker, and a day makes all hashes void', async (t) => {
  const { clock, shared, all, sent, exchange } = setUp(t, '100/minute;1000/day', 1);
  const [one] = all as [WorkerQuotas];
  await exchange();
  one.spend([ADDRESS], 5);
  one.spend(['2001:db8:aaaa:bbbb', 'account 9e9e9e9e'], 5);
  one.spend([], 5);
  await exchange();
  t.equal(shared.clients, 3);
  t.ok(sent.length > 2);
  t.notMatch(inspect([sent, shared.summary()], { depth: 9 }), /203\.0|2001|aaaa|9e9e/);
  const client = shared.summary()[0]![0];
  clock.nowMs += 86_400_000;
  one.spend([ADDRESS], 5);
  await exchange();
  one.spend([ADDRESS], 5);
  await exchange();
  t.notOk(shared.summary().some(([other]) => other === client));
});

t.test('workers ask who has the least left', async (t) => {
  const shared = makeSharedQuotas(parseQuotaLimits('100/minute')!);
  t.teardown(() => shared.close());
  const channel = new EventEmitter();
  const quotas = makeWorkerQuotas({
    tell: (message) => void setImmediate(() => channel.emit('message', message)),
    nowMs: Date.now,
    reportEveryMs: 1,
  });
  t.teardown(() => quotas.close());
  shared.serve({
    on: channel.on.bind(channel) as never,
    send(message: unknown) {
      setImmediate(() => quotas.heard(message as QuotaAnswer));
      return true;
    },
  });
  t.strictSame(await quotas.summary(), []);
  while (shared.clients === 0) {
    quotas.spend([ADDRESS], 50);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const both = await Promise.all([quotas.summary(), quotas.summary()]);
  t.strictSame(both[0], both[1]);
  t.match(both[0]?.[0]?.[0], /^[\w-]{16}$/);
  const alone = makeWorkerQuotas({ tell: () => {}, nowMs: Date.now, summaryWithinMs: 1 });
  t.teardown(() => alone.close());
  t.equal(await alone.summary(), undefined, 'a primary process that does not answer');
});

t.test('requests', async (t) => {
  const { all, exchange, shared } = setUp(t, '2/hour', 1);
  const api = await startService(t, {
    quotas: all[0],
    config: { quota_exempt_addresses: ['203.0.113.5'] },
  });
  const from = (address: string, path = '/api/v1/measurements?limit=0') =>
    ask(api.url + path, {
      headers: { 'X-Forwarded-For': address, Origin: 'https://explorer.ooni.org' },
    });
  await exchange();
  for (let each = 0; each < 4; each++) t.equal((await from(ADDRESS)).status, 200);
  await exchange();
  const refused = await from(ADDRESS);
  t.equal(refused.status, 429);
  t.match(refused.json, { error: 'quota exceeded', message: /api\/v1\/export.*api\/v1\/files/ });
  t.equal(refused.headers.get('x-ratelimit-remaining'), '0');
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/);
  t.equal(refused.headers.get('access-control-allow-origin'), 'https://explorer.ooni.org');
  t.equal(refused.headers.get('x-forwarded-for'), null);
  for (const path of ['/live', '/version', '/api/v1/test-helpers'])
    t.equal((await from(ADDRESS, path)).status, 200, path);
  const report = await ask(`${api.url}/report/x/close`, {
    method: 'POST',
    headers: { 'X-Forwarded-For': ADDRESS },
  });
  t.equal(report.status, 200, 'what probes do is free');
  for (let each = 0; each < 4; each++) {
    const other = await from('203.0.113.5');
    t.equal(other.status, 200);
    t.equal(other.headers.get('x-ratelimit-remaining'), null, 'exempt');
  }
  await exchange();
  t.equal(shared.clients, 1);
  t.equal((await from('203.0.113.78')).status, 200, 'another client');
  await exchange();
  t.equal((await from('203.0.113.78')).headers.get('x-ratelimit-remaining'), '0');
});

t.test(
  'of an address and of whose token it is, both pay and both must have something left',
  async (t) => {
    const { all, exchange, shared } = setUp(t, '2/hour', 2);
    const api = await startService(t, {
      quotas: all[0],
      secrets: { accountKeys: ACCOUNT_KEYS },
      config: { quota_exempt_addresses: ['203.0.113.5'] },
    });
    const now = Math.floor(Date.now() / 1000);
    const tokenOf = (account: string, keys: readonly string[] = ACCOUNT_KEYS.signingKeys) =>
      makeSignedTokens(keys).sign({
        nbf: now - 10,
        exp: now + 1_000,
        aud: SESSION_AUDIENCE,
        login_time: now,
        role: 'user',
        account_id: account.repeat(32),
        email_address: 'a@example.org',
      });
    const from = async (address: string, bearer?: string) =>
      ask(`${api.url}/api/v1/measurements?limit=0`, {
        headers: {
          'X-Forwarded-For': address,
          ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
        },
      });
    const [a, b] = [await tokenOf('a'), await tokenOf('b')];
    await exchange();
    for (const address of ['203.0.113.1', '203.0.113.2', '2001:db8::1'])
      t.equal((await from(address, a)).status, 200);
    await exchange();
    t.equal(shared.clients, 4, 'three addresses, one account');
    const refused = await from('203.0.113.9', a);
    t.match(refused, { status: 429, json: { error: 'quota exceeded' } }, 'from any address');
    t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/);
    // Another process of the host that has heard of the account.
    all[1]!.spend(['203.0.113.9', `account ${'a'.repeat(32)}`], 0);
    await exchange();
    t.equal(all[1]!.standing(['203.0.113.9', `account ${'a'.repeat(32)}`])!.remaining, 0);
    t.equal((await from('203.0.113.9')).status, 200, 'the address alone');
    t.equal((await from('203.0.113.5', a)).status, 200, 'an exempt address');

    t.equal((await from('2001:db8::2', b)).status, 200, 'the same network of IPv6');
    await exchange();
    const tired = await from('2001:db8:0:0:ffff::3', await tokenOf('c'));
    t.equal(tired.status, 429, 'a new account gives a used-up network nothing');
    const forged = await tokenOf('a', ['another-key-another-key-another-key']);
    t.equal((await from('203.0.113.10', forged)).status, 200, 'nobody spends what is of others');
  },
);

t.test('feedback has limits, for its account wherever it comes from', async (t) => {
  const { all, exchange } = setUp(t, '50/hour', 1);
  const api = await startService(t, { quotas: all[0], secrets: { accountKeys: ACCOUNT_KEYS } });
  const now = Math.floor(Date.now() / 1000);
  const token = await makeSignedTokens(ACCOUNT_KEYS.signingKeys).sign({
    nbf: now - 10,
    exp: now + 1_000,
    aud: SESSION_AUDIENCE,
    login_time: now,
    role: 'user',
    account_id: 'd'.repeat(32),
    email_address: 'd@example.org',
  });
  const give = (address: string) =>
    ask(`${api.url}/api/_/measurement_feedback`, {
      method: 'POST',
      body: '{}',
      headers: { 'X-Forwarded-For': address, Authorization: `Bearer ${token}` },
    });
  await exchange();
  // There is no database here: what matters is that it was let through.
  for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.3'])
    t.equal((await give(address)).status, 500);
  await exchange();
  t.equal((await give('203.0.113.4')).status, 429);
});

t.test('a database that does not answer does not use up a quota at once', async (t) => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  for (const path of ['/api/v1/measurements?limit=1', '/ui/search']) {
    const { all, exchange, shared } = setUp(t, '150/hour', 1);
    await exchange();
    // It is given up two seconds after its time: 210 units and more, by the clock.
    const api = await startService(t, {
      quotas: all[0],
      clickhouseUrl: `http://127.0.0.1:${port}`,
      config: { query_timeout_ms: 100 },
    });
    const status = async () =>
      (await ask(api.url + path, { headers: { 'X-Forwarded-For': ADDRESS } })).status;
    const leftSeconds = () => shared.summary()[0]?.[1];
    t.equal(await status(), 504, path);
    while (leftSeconds() === undefined) await exchange();
    const left = leftSeconds();
    t.equal(await status(), 504, `${path}, and asked again`);
    while (leftSeconds() === left) await exchange();
    t.equal(await status(), 429, `${path}: it costs something`);
  }
});
