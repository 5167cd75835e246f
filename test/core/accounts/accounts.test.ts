/**
 * Covers src/core/accounts/{accountRoles, claims, emailAddress, keys, loginMail, loginRequest,
 * mailLimits, redirect, roles}.ts, src/core/sql/accountRoles.ts.
 */
import t from 'tap';
import { currentSession } from '../../../src/core/accounts/accountRoles.ts';
import {
  bearerToken,
  loginClaims,
  readLoginClaims,
  readSessionClaims,
  sessionClaims,
} from '../../../src/core/accounts/claims.ts';
import { accountIdOf, parseEmailAddress } from '../../../src/core/accounts/emailAddress.ts';
import { parseAccountKeys } from '../../../src/core/accounts/keys.ts';
import { loginMail } from '../../../src/core/accounts/loginMail.ts';
import { readLoginRequest } from '../../../src/core/accounts/loginRequest.ts';
import { makeMailLimits } from '../../../src/core/accounts/mailLimits.ts';
import { isRedirect, loginLink } from '../../../src/core/accounts/redirect.ts';
import { roleRefusal, type Session } from '../../../src/core/accounts/roles.ts';

t.test('an account is known by a keyed hash of its address', async (t) => {
  const id = 'afd09e56985b9b748a7f6d26e3c28b5a';
  t.equal(accountIdOf('admin@ooni.org', 'super_secure'), id);
  t.equal(accountIdOf('Admin@OONI.org', 'super_secure'), id);
  t.not(accountIdOf('admin@ooni.org', 'super_secur3'), id);
});

t.test('addresses of mail', async (t) => {
  for (const [text, address] of [
    ['nick@example.org', 'nick@example.org'],
    [' Nick.Name+tag@Sub.Example.ORG ', 'nick.name+tag@sub.example.org'],
    ["o'neill@example.org", "o'neill@example.org"],
    ['a@xn--mller-kva.de', 'a@xn--mller-kva.de'],
    ...[
      'nick@localhost',
      'nick@a.localhost',
      'nick@example.test',
      'nick',
      '@example.org',
      'nick@',
      'a@b',
      'nick@example..org',
      '.nick@example.org',
      'nick.@example.org',
      'ni..ck@example.org',
      '-t@example.org',
      '"nick name"@example.org',
      'nick name@example.org',
      'nick@exam_ple.org',
      'nick@-example.org',
      'nick@127.0.0.1',
      'nick@[127.0.0.1]',
      'a@example.org,b@example.org',
      'a@example.org\nBcc: b@example.org',
      'näck@example.org',
      `${'n'.repeat(65)}@example.org`,
      `nick@${'e'.repeat(250)}.org`,
    ].map((bad) => [bad, undefined]),
  ] as [string, string | undefined][])
    t.equal(parseEmailAddress(text), address, text.slice(0, 60));
});

t.test('where a login may lead', async (t) => {
  const hosts = ['explorer.ooni.org'];
  for (const good of [
    'https://explorer.ooni.org',
    'https://explorer.ooni.org/',
    'https://explorer.ooni.org/m/2026?a=b#c',
    'https://explorer.ooni.org?x=1',
  ])
    t.ok(isRedirect(good, hosts), good);
  for (const bad of [
    '',
    'BOGUS',
    'http://explorer.ooni.org/',
    'https://explorer.ooni.org:444/',
    'https://explorer.ooni.org.evil.example/',
    'https://evil.example/?https://explorer.ooni.org',
    'https://explorer.ooni.org@evil.example/',
    'https://a:b@explorer.ooni.org/',
    'https://explorer.ooni.org\\@evil.example/',
    'https://explorer.ooni.org/\\evil',
    'https://explorer.ooni.org/ x',
    'https://explorer.ooni.org/\nx',
    'https://explorer.ooni.org/é',
    'https:/explorer.ooni.org/',
    '//explorer.ooni.org/',
    `https://explorer.ooni.org/${'x'.repeat(2_000)}`,
  ])
    t.notOk(isRedirect(bad, hosts), bad.slice(0, 60));
  t.equal(
    loginLink('https://explorer.ooni.org/m/1', 'a.b.c'),
    'https://explorer.ooni.org/login?token=a.b.c',
  );
  t.match(loginMail('https://x/login?token=a').text, '\nhttps://x/login?token=a\n');
});

const NOW_S = 1_784_000_000;
const SESSION: Session = {
  accountId: 'afd09e56985b9b748a7f6d26e3c28b5a',
  emailAddress: 'nick@example.org',
  role: 'user',
  loginTimeS: NOW_S,
};

t.test('claims', async (t) => {
  const login = { emailAddress: 'a@example.org', redirectTo: 'https://explorer.ooni.org/' };
  const claims = loginClaims(login, NOW_S);
  t.equal(claims.exp, NOW_S + 86_400);
  t.strictSame(readLoginClaims(claims), { ...login, askedForS: NOW_S });
  t.equal(readLoginClaims({ ...claims, email_address: 1 }), undefined);

  const days = { session_days: 2, login_days: 7 };
  const session = sessionClaims(SESSION, days, NOW_S);
  t.equal(session.exp, NOW_S + 2 * 86_400, 'ends with the session');
  t.equal(
    sessionClaims(SESSION, days, NOW_S + 6 * 86_400).exp,
    NOW_S + 7 * 86_400,
    'and with the login, however often it is renewed',
  );
  t.strictSame(readSessionClaims(session), SESSION);
  for (const wrong of [{ account_id: 'x' }, { role: 'root' }, { login_time: '1' }, {}])
    t.strictSame(
      readSessionClaims({ ...session, ...wrong }),
      Object.keys(wrong).length === 0 ? SESSION : undefined,
    );
});

t.test('bearer tokens', async (t) => {
  for (const [header, token] of [
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer', undefined],
    ['Bearer a b', undefined],
    ['Basic abc', undefined],
    ['', undefined],
  ] as const)
    t.equal(bearerToken(header), token, header);
});

t.test('what a session is worth now', async (t) => {
  const row = { account_id: SESSION.accountId, role: 'admin', sessions_since: 0, update_time: '' };
  t.equal(currentSession(SESSION, undefined)?.role, 'user');
  t.equal(currentSession(SESSION, row)?.role, 'admin', 'the role of now, not of the token');
  t.equal(currentSession({ ...SESSION, role: 'admin' }, undefined)?.role, 'user');
  t.equal(currentSession(SESSION, { ...row, role: 'pope' })?.role, 'user');
  t.equal(currentSession(SESSION, { ...row, sessions_since: NOW_S + 1 }), undefined, 'ended');
  t.ok(currentSession(SESSION, { ...row, sessions_since: NOW_S }));
  t.equal(roleRefusal(undefined, ['admin']), 'Authentication required');
  t.equal(roleRefusal(SESSION, ['admin']), 'Role not authorized');
  t.equal(roleRefusal(SESSION, ['admin', 'user']), undefined);
});

t.test('keys', async (t) => {
  const a = 'a'.repeat(32);
  const b = 'b'.repeat(32);
  t.strictSame(
    parseAccountKeys(`# made in July\nhashing_key=h\n\nsigning_key = ${a}\r\nsigning_key=${b}\n`),
    { kind: 'ok', keys: { hashingKey: 'h', signingKeys: [a, b] } },
  );
  for (const [text, expected] of [
    ['', /one line hashing_key/],
    ['hashing_key=h', /signing_key/],
    [`signing_key=${a}`, /one line hashing_key/],
    [`hashing_key=h\nhashing_key=i\nsigning_key=${a}`, /one line hashing_key/],
    ['hashing_key=h\nsigning_key=short', /at least 32 characters/],
    [`hashing_key=h\nsigning_key=${a}\nsigning_key=${a}`, /all differ/],
    [`hashing_key=${a}\nsigning_key=${a}`, /all differ/],
    [`hashing_key=${'h'.repeat(65)}\nsigning_key=${a}`, /at most 64 bytes/],
    [`hashing_key=h\nsigning_key=${a}\nsecret=1`, /alone/],
  ] as const) {
    const check = parseAccountKeys(text);
    t.match(check, { kind: 'invalid', expected });
    t.notMatch(JSON.stringify(check), a, 'no key in what is said');
  }
});

t.test('a request for a login mail', async (t) => {
  const hosts = ['explorer.ooni.org'];
  const redirect_to = 'https://explorer.ooni.org/';
  t.strictSame(readLoginRequest({ email_address: 'A@example.org', redirect_to, x: 1 }, hosts), {
    kind: 'ok',
    login: { emailAddress: 'a@example.org', redirectTo: redirect_to },
  });
  for (const [body, locs] of [
    [{ email_address: 'nick@localhost', redirect_to }, [['body', 'email_address']]],
    [{ email_address: 'a@b.c', redirect_to: 'BOGUS' }, [['body', 'redirect_to']]],
    [
      {},
      [
        ['body', 'email_address'],
        ['body', 'redirect_to'],
      ],
    ],
    [
      { email_address: 1, redirect_to: null },
      [
        ['body', 'email_address'],
        ['body', 'redirect_to'],
      ],
    ],
    [[], [['body']]],
    [null, [['body']]],
  ] as [unknown, string[][]][]) {
    const check = readLoginRequest(body, hosts);
    t.equal(check.kind, 'invalid');
    if (check.kind === 'invalid')
      t.strictSame(
        check.issues.map(({ loc }) => loc),
        locs,
      );
  }
});

t.test('how many mails may be asked for', async (t) => {
  const make = (limits: object = {}) =>
    makeMailLimits({
      secret: Buffer.alloc(16, 1),
      perClient: 3,
      perAddress: 2,
      inAll: 100,
      ...limits,
    });
  const hour = 3_600_000;
  let limits = make();
  const ask = (client: string, address: string, atMs = 0) => limits.ask(client, address, atMs).kind;
  t.strictSame(
    ['1', '2', '3'].map((client) => ask(client, 'a@x.org')),
    ['send', 'send', 'enough'],
    'an address gets two, whoever asks',
  );
  t.equal(ask('4', 'a@x.org', hour), 'send', 'until its hour is over');

  limits = make();
  t.strictSame(
    ['a', 'b', 'c', 'd'].map((name) => ask('1', `${name}@x.org`)),
    ['send', 'send', 'send', 'refused'],
    'a client may ask for three, whomever for',
  );
  t.strictSame(limits.ask('1', 'e@x.org', hour - 60_000), {
    kind: 'refused',
    retryAfterSeconds: 60,
  });
  t.equal(ask('2', 'd@x.org'), 'send', 'another one is not concerned');

  limits = make({ inAll: 2 });
  t.strictSame(
    ['a', 'b', 'c'].map((name) => ask(name, `${name}@x.org`)),
    ['send', 'send', 'refused'],
    'and all together two',
  );

  limits = make({ inAll: 1_000_000 });
  for (let index = 0; index < 30_000; index++) ask(`c${index}`, `a${index}@x.org`, index);
  t.ok(limits.entries <= 20_003, `bounded in memory: ${limits.entries}`);
  ask('z', 'z@x.org', 30_000 + 2 * hour);
  t.ok(limits.entries <= 3, 'and forgotten after their hour');
});
