/**
 * Logging in, sessions and roles, on the real engine and an SMTP server.
 *
 * Covers src/api/{rowWriter, sessions}.ts, src/api/routes/quotaRoutes.ts, src/api/routes/accounts/{loginRoutes,
 * roleRoutes, withoutAccounts}.ts, src/api/families/accountFamilies.ts, src/core/sql/migrations/0007_accounts.ts.
 */
import { connect } from 'node:net';
import t from 'tap';
import { makeWorkerQuotas } from '../../../src/api/quotas/workerQuotas.ts';
import { accountIdOf } from '../../../src/core/accounts/emailAddress.ts';
import { accountRow } from '../../../src/core/sql/accountRoles.ts';
import { makeSignedTokens } from '../../../src/edge/tokens/signedTokens.ts';
import { startSmtp } from '../../support/smtp.ts';
import { ask, startDatabase, startService } from '../support.ts';
import { ACCOUNT_KEYS, as, EXPLORER, giveRole, json, logIn, mailedToken } from './support.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-07-15T12:00:00Z');
let nowMs = START_MS;
const smtp = await startSmtp();
t.teardown(() => smtp.close());
const clickhouseUrl = await startDatabase(t);
const config = {
  mail: { from: 'OONI <noreply@example.org>', smtp_url: smtp.url },
  accounts: { session_days: 2, login_days: 7 },
};
const { url, client, lines, service } = await startService(t, {
  clickhouseUrl,
  nowMs: () => nowMs,
  secrets: { accountKeys: ACCOUNT_KEYS },
  config,
});
const REGISTER = `${url}/api/v1/user_register`;
const METADATA = `${url}/api/_/account_metadata`;
const REFRESH = `${url}/api/v1/user_refresh_token`;
const V2 = `${url}/api/v2/ooniauth`;
const redirect_to = `${EXPLORER}/m/2026?x=1`;

t.beforeEach(() => {
  nowMs = START_MS;
});

t.test('register, mail, login, metadata: as Explorer does it', async (t) => {
  const registered = await ask(REGISTER, json({ email_address: 'Nick@Example.org', redirect_to }));
  t.match(registered, { status: 200, json: { msg: 'ok' } });
  t.equal(registered.headers.get('access-control-allow-origin'), EXPLORER);
  t.equal(registered.headers.get('cache-control'), 'no-cache');
  t.match(smtp.mails.at(-1), { to: ['nick@example.org'] });
  t.match(smtp.mails.at(-1)?.text, `${EXPLORER}/login?token=`);

  const token = mailedToken(smtp, 'nick@example.org');
  const login = await ask(`${url}/api/v1/user_login?k=${token}`);
  t.match(login, {
    status: 200,
    json: { redirect_to, email_address: 'nick@example.org', bearer: /^ey/ },
  });
  t.equal(login.headers.get('cache-control'), 'no-cache', 'no cache keeps a session');
  t.match(await ask(`${url}/api/v1/user_login?k=${token}`), { status: 200 }, 'within a day again');

  const metadata = await ask(METADATA, as(login.json.bearer));
  t.strictSame(metadata.json, { logged_in: true, role: 'user' });
  t.match(metadata.headers.get('vary'), /Authorization/);
  for (const bearer of [undefined, 'BOGUS', token])
    t.match(await ask(METADATA, as(bearer)), {
      status: 200,
      json: { logged_in: false, role: '' },
    });

  nowMs = START_MS + DAY_MS + 1_000;
  t.match(await ask(`${url}/api/v1/user_login?k=${token}`), {
    status: 401,
    json: { detail: 'Expired token', error: 'Expired token' },
  });
});

t.test('tokens that are none', async (t) => {
  const bearer = await logIn(url, smtp, 'tokens@example.org');
  for (const k of ['BOGUS', '', bearer, 'a.b.c'])
    t.match(await ask(`${url}/api/v1/user_login?k=${k}`), {
      status: 401,
      json: { detail: 'Invalid credentials', error: 'Invalid credentials' },
    });
  t.match(await ask(`${url}/api/v1/user_login`), { status: 401 });
  const notYet = await makeSignedTokens(ACCOUNT_KEYS.signingKeys).sign({
    nbf: START_MS / 1_000 + 60,
    exp: START_MS / 1_000 + 120,
    aud: 'register',
    email_address: 'a@example.org',
    redirect_to,
  });
  t.match(await ask(`${url}/api/v1/user_login?k=${notYet}`), { status: 401 });
});

t.test('a session is renewed until its login is too old', async (t) => {
  let bearer = await logIn(url, smtp, 'renew@example.org');
  for (let day = 1; day <= 6; day++) {
    nowMs = START_MS + day * DAY_MS;
    const answer = await ask(REFRESH, as(bearer));
    t.equal(answer.status, 200, `day ${day}`);
    bearer = answer.json.bearer;
  }
  nowMs = START_MS + 7 * DAY_MS;
  t.match(await ask(REFRESH, as(bearer)), { status: 401, json: { detail: 'Expired token' } });
  nowMs = START_MS;
  t.match(await ask(REFRESH), { status: 401, json: { error: 'Authentication required' } });
  t.match(await ask(REFRESH, as('x')), { status: 401, json: { error: 'Invalid credentials' } });
});

t.test('the second version, as run.ooni.org calls it', async (t) => {
  const address = 'run@example.org';
  const asked = await ask(
    `${V2}/user-login`,
    json({ email_address: address, redirect_to: 'https://run.ooni.org/' }),
  );
  t.strictSame(asked.json, {
    email_address: address,
    login_token_expiration: '2026-07-16T12:00:00.000000Z',
  });
  const session = await ask(
    `${V2}/user-session`,
    json({ login_token: mailedToken(smtp, address) }),
  );
  const whoever = {
    email_address: address,
    account_id: /^[0-9a-f]{32}$/,
    role: 'user',
    login_time: '2026-07-15T12:00:00.000000Z',
    is_logged_in: true,
  };
  t.match(session, {
    status: 200,
    json: { ...whoever, redirect_to: 'https://run.ooni.org/', session_token: /^ey/ },
  });
  const bearer = session.json.session_token;
  t.match((await ask(`${V2}/user-session`, as(bearer))).json, { ...whoever, session_token: '' });
  for (const body of [{}, null])
    t.match((await ask(`${V2}/user-session`, json(body, bearer))).json, {
      ...whoever,
      redirect_to: '',
      session_token: /^ey/,
    });
  t.match(
    await ask(`${V2}/user-session`, { method: 'POST', ...as(bearer) }),
    { status: 200 },
    'without a body',
  );
  t.match(await ask(`${V2}/user-session`, json({})), {
    status: 401,
    json: { detail: 'no valid session found' },
  });
  for (const login_token of ['BOGUS', 7])
    t.match(await ask(`${V2}/user-session`, json({ login_token }, bearer)), {
      status: 401,
      json: { error: 'Invalid credentials' },
    });
  t.strictSame((await ask(`${V2}/user-session`)).json, {
    session_token: '',
    redirect_to: '',
    email_address: '',
    account_id: '',
    role: '',
    login_time: null,
    is_logged_in: false,
  });
});

t.test('what does not fit is told, and costs no mail', async (t) => {
  const before = smtp.mails.length;
  for (const [body, loc] of [
    [{ email_address: 'nick@localhost', redirect_to }, ['body', 'email_address']],
    [{ email_address: 'n@example.org', redirect_to: 'BOGUS' }, ['body', 'redirect_to']],
    [
      { email_address: 'n@example.org', redirect_to: 'https://evil.example/' },
      ['body', 'redirect_to'],
    ],
  ] as const)
    t.match(await ask(REGISTER, json(body)), { status: 422, json: { detail: [{ loc }] } });
  t.match(
    await ask(REGISTER, { method: 'POST', body: new URLSearchParams({ email_address: 'a@b.cd' }) }),
    { status: 422, json: { detail: [{ type: 'json_invalid' }] } },
  );
  t.match(await ask(REGISTER, json({ email_address: 'x'.repeat(20_000) })), { status: 413 });
  t.match(await ask(REGISTER, { method: 'POST', body: '['.repeat(5_000) }), { status: 422 });
  t.equal(smtp.mails.length, before);
});

t.test('mails have limits', async (t) => {
  const { url } = await startService(t, {
    clickhouseUrl,
    secrets: { accountKeys: ACCOUNT_KEYS },
    config: { ...config, accounts: { mails_per_client: 4, mails_per_address: 2 } },
  });
  const register = (name: string) =>
    ask(
      `${url}/api/v1/user_register`,
      json({ email_address: `${name}@limits.example.org`, redirect_to }),
    );
  for (let round = 0; round < 3; round++)
    t.match(await register('a'), { status: 200, json: { msg: 'ok' } }, 'no word of the others');
  const got = () => smtp.mails.filter(({ to }) => to[0] === 'a@limits.example.org').length;
  t.equal(got(), 2, 'the third is not sent: the link in the others is good');
  t.match(await register('b'), { status: 200 });
  const refused = await register('c');
  t.equal(refused.status, 429);
  t.ok(Number(refused.headers.get('retry-after')) > 0);
  t.equal(refused.headers.get('access-control-allow-origin'), EXPLORER);
});

t.test('a mail that cannot be sent', async (t) => {
  smtp.recipientAnswer = '550 <ADDRESS> is not known';
  t.teardown(() => {
    smtp.recipientAnswer = '250 ok';
  });
  t.match(await ask(REGISTER, json({ email_address: 'secret@example.org', redirect_to })), {
    status: 500,
    json: { detail: 'Unable to send the email' },
  });
  t.match(lines.join(''), /cannot send a login mail.*550/);
});

t.test('roles', async (t) => {
  await giveRole(client, 'admin@ooni.org', 'admin', START_MS);
  const admin = await logIn(url, smtp, 'admin@ooni.org');
  const user = await logIn(url, smtp, 'user@example.org');
  t.match((await ask(METADATA, as(admin))).json, { role: 'admin' });
  const SET = `${url}/api/v1/set_account_role`;
  const get = (address: string, bearer?: string) =>
    ask(`${url}/api/v1/get_account_role/${address}`, as(bearer));

  for (const [bearer, error] of [
    [undefined, 'Authentication required'],
    [user, 'Role not authorized'],
  ] as const) {
    const body = { email_address: 'user@example.org', role: 'admin' };
    t.match(await ask(SET, json(body, bearer)), { status: 401, json: { detail: error, error } });
    t.match(await get('user@example.org', bearer), { status: 401, json: { error } });
  }
  t.match(await get('user@example.org', admin), {
    status: 400,
    json: { error: 'Account not found' },
  });
  t.match(await get('user', admin), { status: 400, json: { error: 'Invalid email address' } });
  for (const [body, error] of [
    [{ email_address: 'x', role: 'admin' }, 'Invalid email address'],
    [{ email_address: 'user@example.org', role: 'pope' }, 'Invalid role'],
    [[], 'Invalid email address'],
  ] as const)
    t.match(await ask(SET, json(body, admin)), { status: 400, json: { error } });

  nowMs = START_MS + 1;
  const body = { email_address: 'User@example.org', role: 'admin' };
  t.match(await ask(SET, json(body, admin)), { status: 200, json: {} });
  t.strictSame((await get('user@example.org', admin)).json, { role: 'admin' });
  t.match((await ask(METADATA, as(user))).json, { role: 'admin' }, 'at once, in a running session');
  nowMs = START_MS + 2;
  await ask(SET, json({ ...body, role: 'user' }, user));
  t.match((await ask(METADATA, as(user))).json, { role: 'user' }, 'and gone at once');
  t.match(await get('user@example.org', user), { status: 401 });
});

t.test('sessions that were ended stay so, whatever row of the account comes after', async (t) => {
  const bearer = await logIn(url, smtp, 'ended@example.org');
  t.match((await ask(METADATA, as(bearer))).json, { logged_in: true });
  const rows = [
    { role: 'user', sessionsSinceS: START_MS / 1_000 + 1 },
    // Of somebody who had not seen that.
    { role: 'admin', sessionsSinceS: 0 },
  ];
  for (const [index, row] of rows.entries())
    await client.insert({
      table: 'account_roles',
      values: [
        JSON.parse(
          accountRow(
            { accountId: accountIdOf('ended@example.org', ACCOUNT_KEYS.hashingKey), ...row },
            START_MS + index,
          ),
        ),
      ],
      format: 'JSONEachRow',
    });
  t.strictSame((await ask(METADATA, as(bearer))).json, { logged_in: false, role: '' });
  t.match(await ask(REFRESH, as(bearer)), { status: 401, json: { detail: 'Expired token' } });
});

t.test('two admins who give roles at once', async (t) => {
  await giveRole(client, 'one@ooni.org', 'admin', START_MS);
  await giveRole(client, 'two@ooni.org', 'admin', START_MS);
  const [one, two] = [
    await logIn(url, smtp, 'one@ooni.org'),
    await logIn(url, smtp, 'two@ooni.org'),
  ];
  const give = (bearer: string, address: string, role: string) =>
    ask(`${url}/api/v1/set_account_role`, json({ email_address: address, role }, bearer));
  // Of one account, and each of the other's.
  const answers = await Promise.all([
    give(one, 'both@example.org', 'admin'),
    give(two, 'both@example.org', 'user'),
    give(one, 'two@ooni.org', 'user'),
    give(two, 'one@ooni.org', 'user'),
  ]);
  // Who is no admin any more when it is asked is refused.
  for (const { status } of answers) t.match(String(status), /^(200|401)$/);
  t.equal(answers[0]!.status, 200);
  const roles = await Promise.all(
    [one, two].map(async (bearer) => (await ask(METADATA, as(bearer))).json.role),
  );
  const confirmed = [answers[3]!, answers[2]!].map(({ status }) => status === 200);
  for (const [index, role] of roles.entries())
    t.equal(
      role,
      confirmed[index] ? 'user' : 'admin',
      'what was confirmed holds, and nothing else',
    );
});

t.test('keys are changed while people are logged in', async (t) => {
  const [old] = ACCOUNT_KEYS.signingKeys as [string];
  const next = 'another-key-another-key-another-key-2';
  const bearer = await logIn(url, smtp, 'keys@example.org');
  await ask(REGISTER, json({ email_address: 'keys@example.org', redirect_to }));
  const link = mailedToken(smtp, 'keys@example.org');
  const withKeys = async (...signingKeys: string[]) =>
    (
      await startService(t, {
        clickhouseUrl,
        nowMs: () => nowMs,
        secrets: { accountKeys: { ...ACCOUNT_KEYS, signingKeys } },
        config,
      })
    ).url;
  const [both, later] = [await withKeys(next, old), await withKeys(next)];
  t.match((await ask(`${both}/api/_/account_metadata`, as(bearer))).json, { logged_in: true });
  t.match(await ask(`${both}/api/v1/user_login?k=${link}`), { status: 200 }, 'a mailed link too');
  const renewed = (await ask(`${both}/api/v1/user_refresh_token`, as(bearer))).json.bearer;
  t.match((await ask(`${later}/api/_/account_metadata`, as(renewed))).json, { logged_in: true });
  t.match((await ask(`${later}/api/_/account_metadata`, as(bearer))).json, { logged_in: false });
  t.match(await ask(`${later}/api/v1/user_login?k=${link}`), { status: 401 });
});

t.test('who has the least left of the quota is for admins', async (t) => {
  await giveRole(client, 'ops@ooni.org', 'admin', START_MS);
  const admin = await logIn(url, smtp, 'ops@ooni.org');
  const user = await logIn(url, smtp, 'user2@example.org');
  const summary = [['0123456789abcdef', 12.5]] as const;
  let isThere = true;
  const quotas = makeWorkerQuotas({
    tell({ kind }) {
      if (kind === 'quotas_summary' && isThere) setImmediate(() => quotas.heard({ kind, summary }));
    },
    nowMs: Date.now,
    summaryWithinMs: 50,
  });
  t.teardown(() => quotas.close());
  const limited = await startService(t, {
    clickhouseUrl,
    nowMs: () => nowMs,
    secrets: { accountKeys: ACCOUNT_KEYS },
    quotas,
  });
  const get = (bearer?: string, at = limited.url) => ask(`${at}/api/_/quotas_summary`, as(bearer));
  const told = await get(admin);
  t.match(told, { status: 200, json: summary });
  t.equal(told.headers.get('cache-control'), 'no-cache');
  t.match(await get(user), { status: 401, json: { error: 'Role not authorized' } });
  t.match(await get(), { status: 401, json: { error: 'Authentication required' } });
  isThere = false;
  const silent = await get(admin);
  t.match(silent, { status: 503, json: { detail: /summary/ } });
  t.equal(silent.headers.get('retry-after'), '30');
  t.strictSame((await get(admin, url)).json, [], 'a host without limits');
});

t.test(
  'a database that is away is no reason to take anybody for nobody, or an admin',
  async (t) => {
    const bearer = await logIn(url, smtp, 'away@example.org');
    const { url: away } = await startService(t, {
      secrets: { accountKeys: ACCOUNT_KEYS },
      nowMs: () => nowMs,
    });
    t.equal((await ask(`${away}/api/_/account_metadata`, as(bearer))).status, 500);
    t.equal((await ask(`${away}/api/v1/set_account_role`, json({}, bearer))).status, 500);
    t.match(await ask(`${away}/api/_/account_metadata`), { status: 200 }, 'for others nothing');
  },
);

t.test('a host without keys has no accounts', async (t) => {
  const { url } = await startService(t, { clickhouseUrl });
  const bearer = 'x';
  t.match(await ask(`${url}/api/v1/user_register`, json({})), { status: 503 });
  t.strictSame((await ask(`${url}/api/_/account_metadata`, as(bearer))).json, {
    logged_in: false,
    role: '',
  });
  t.match(await ask(`${url}/api/v1/user_login?k=x`), { status: 401 });
  t.match(await ask(`${url}/api/v2/ooniauth/user-session`), { json: { is_logged_in: false } });
  t.match(await ask(`${url}/api/v1/set_account_role`, json({}, bearer)), { status: 401 });
});

t.test('keys without mail', async (t) => {
  const { url, lines } = await startService(t, {
    clickhouseUrl,
    secrets: { accountKeys: ACCOUNT_KEYS },
  });
  t.match(
    await ask(`${url}/api/v1/user_register`, json({ email_address: 'a@b.cd', redirect_to })),
    { status: 503 },
  );
  t.match(lines.join(''), /set mail.from/);
});

t.test('a body that does not come', async (t) => {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('POST /api/v1/user_register HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"a"');
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.destroy();
  t.match(await ask(METADATA), { status: 200 }, 'costs nobody else anything');
});

t.test("nobody's address is anywhere but in mails and tokens", async (t) => {
  t.notMatch(lines.join(''), /@example\.org|secret|nick/i, 'in no log line');
  const metrics = await service.metrics.registry.metrics();
  t.notMatch(metrics, /example\.org/, 'in no metric');
  t.match(metrics, /ooni_api_login_mails_total\{outcome="sent"\}/);
  const rows = await client.query({
    query: 'SELECT toString(tuple(account_id, role)) AS text FROM account_roles',
    format: 'JSONEachRow',
  });
  t.notMatch(JSON.stringify(await rows.json()), '@', 'not in the table of roles');
});
