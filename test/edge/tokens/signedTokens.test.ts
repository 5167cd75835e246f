import { createHmac } from 'node:crypto';
import t from 'tap';
import { makeSignedTokens } from '../../../src/edge/tokens/signedTokens.ts';

const OLD = 'old-key-old-key-old-key-old-key-1';
const NEW = 'new-key-new-key-new-key-new-key-1';
const NOW_MS = Date.parse('2026-07-15T12:00:00Z');
const NOW_S = NOW_MS / 1_000;
const claims = { nbf: NOW_S, exp: NOW_S + 60, aud: 'user_auth', role: 'user' };

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signed = (header: object, payload: object, key = NEW) => {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
};

t.test('claims in their order, and HS256', async (t) => {
  const token = await makeSignedTokens([NEW]).sign(claims);
  t.equal(token, signed({ alg: 'HS256', typ: 'JWT' }, claims));
  t.match(await makeSignedTokens([NEW]).check(token, 'user_auth', NOW_MS), { kind: 'ok', claims });
});

t.test('a key is changed without an interruption', async (t) => {
  const before = await makeSignedTokens([OLD]).sign(claims);
  const both = makeSignedTokens([NEW, OLD]);
  const after = await both.sign(claims);
  t.match(await both.check(before, 'user_auth', NOW_MS), { kind: 'ok' });
  t.match(await both.check(after, 'user_auth', NOW_MS), { kind: 'ok' });
  t.match(await makeSignedTokens([NEW]).check(before, 'user_auth', NOW_MS), { kind: 'invalid' });
  t.match(await makeSignedTokens([NEW]).check(after, 'user_auth', NOW_MS), { kind: 'ok' });
});

t.test('whatever else is refused', async (t) => {
  const { check } = makeSignedTokens([NEW, OLD]);
  const header = { alg: 'HS256', typ: 'JWT' };
  const cases: [name: string, token: string, kind: string, nowMs?: number][] = [
    ['nothing', '', 'invalid'],
    ['no token', 'BOGUS', 'invalid'],
    ['another key', signed(header, claims, 'x'.repeat(32)), 'invalid'],
    ['another audience', signed(header, { ...claims, aud: 'register' }), 'invalid'],
    ['no audience', signed(header, { exp: claims.exp }), 'invalid'],
    ['no signature', `${encode({ alg: 'none' })}.${encode(claims)}.`, 'invalid'],
    ['another algorithm', signed({ alg: 'HS512' }, claims), 'invalid'],
    ['changed', signed(header, claims).replace('.', '.A'), 'invalid'],
    ['no object', signed(header, [1] as unknown as object), 'invalid'],
    ['too long', signed(header, { ...claims, x: 'x'.repeat(9_000) }), 'invalid'],
    ['not yet', signed(header, { ...claims, nbf: NOW_S + 1 }), 'invalid'],
    ['just over', signed(header, claims), 'expired', NOW_MS + 60_000],
    ['just good', signed(header, claims), 'ok', NOW_MS + 59_000],
  ];
  for (const [name, token, kind, nowMs = NOW_MS] of cases)
    t.equal((await check(token, 'user_auth', nowMs)).kind, kind, name);
  t.equal(
    (await check(signed(header, { ...claims, nbf: NOW_S + 30 }), 'user_auth', NOW_MS, 60)).kind,
    'ok',
    'clocks of hosts may differ where a caller says so',
  );
});
