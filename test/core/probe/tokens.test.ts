import t from 'tap';
import {
  bearerToken,
  clientIdClaims,
  parseTokenKeys,
  readLogin,
  registeredAt,
  tokenExpiry,
} from '../../../src/core/probe/tokens.ts';

const NOW = Date.parse('2026-08-21T10:15:00.900Z');
const jwt = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.e30.c2ln`;

t.test('who logs in', async (t) => {
  const cases: [body: unknown, kind: string][] = [
    [{ username: jwt, password: 'x' }, 'token'],
    [{ username: jwt, password: '' }, 'token'],
    [{ username: 'BOGUSBOGUS', password: 'x' }, 'legacy'],
    [{ username: '', password: 'x' }, 'legacy'],
    [{ username: 'a.b', password: 'x' }, 'legacy'],
    [{ username: 'a.b.c', password: 'x' }, 'legacy'],
    [{ username: `${Buffer.from('[]').toString('base64url')}.b.c`, password: 'x' }, 'legacy'],
    [{}, 'missing'],
    [{ username: jwt }, 'missing'],
    [{ username: jwt, password: null }, 'missing'],
    [{ username: null, password: 'x' }, 'missing'],
    [{ username: 7, password: 'x' }, 'missing'],
    [null, 'missing'],
    [[], 'missing'],
    [Object.create({ username: jwt, password: 'x' }), 'missing'],
  ];
  for (const [body, kind] of cases) t.equal(readLogin(body).kind, kind, JSON.stringify(body));
});

t.test('when the holder of a token registered', async (t) => {
  const iat = Math.floor(NOW / 1000);
  t.equal(registeredAt(clientIdClaims(NOW), NOW), iat);
  t.equal(registeredAt({ iat: 1 }, NOW), 1, 'long ago');
  t.equal(registeredAt({ iat: iat + 60 }, NOW), iat + 60, "another host's clock");
  t.equal(registeredAt({ iat: iat + 121 }, NOW), undefined, 'in the future');
  for (const claims of [{}, { iat: null }, { iat: '1' }, { iat: 1.5 }, { iat: 1e300 }])
    t.equal(registeredAt(claims, NOW), undefined, JSON.stringify(claims));
});

t.test('the little things', async (t) => {
  t.equal(tokenExpiry(NOW), '2026-08-28T10:15:00Z');
  t.strictSame(bearerToken('Bearer abc'), { kind: 'token', token: 'abc' });
  for (const header of ['', 'Bearer ', 'Bearer', 'bearer abc', 'Basic abc', 'Bearer a b', 'abc'])
    t.strictSame(bearerToken(header), { kind: 'malformed' }, header);
});

t.test('keys', async (t) => {
  const key = (letter: string) => letter.repeat(16);
  t.strictSame(parseTokenKeys(`${key('a')}\n`), [key('a')]);
  t.strictSame(parseTokenKeys(`# new\n${key('a')}\r\n\n# old\n  ${key('b')} \n`), [
    key('a'),
    key('b'),
  ]);
  for (const text of ['', '\n', '# none', 'short', `${key('a')}\nshort`, `${key('a')}\n`.repeat(5)])
    t.equal(parseTokenKeys(text), undefined, text);
});
