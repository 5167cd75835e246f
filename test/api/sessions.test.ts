/** Whose request it is, without any database. More of src/api/sessions.ts in test/api/accounts. */
import type { Context } from 'koa';
import t from 'tap';
import type { Database } from '../../src/api/database.ts';
import { makeSessions } from '../../src/api/sessions.ts';
import { makeSignedTokens } from '../../src/edge/tokens/signedTokens.ts';

const NOW = Date.parse('2026-08-21T10:15:00Z');

t.test('the token of a request is looked at once, whoever asks for it', async (t) => {
  const tokens = makeSignedTokens(['k'.repeat(32)]);
  let looks = 0;
  const sessions = makeSessions({
    tokens: {
      ...tokens,
      check(...given) {
        looks++;
        return tokens.check(...given);
      },
    },
    days: { session_days: 90, login_days: 365 },
    // Nobody may ask it here.
    database: undefined as unknown as Database,
    nowMs: () => NOW,
  });
  const asking = (authorization: string) =>
    ({
      req: {},
      get: (name: string) => (name === 'Authorization' ? authorization : ''),
    }) as unknown as Context;
  const forged = asking(`Bearer ${await tokens.sign({ aud: 'user_auth' })}x`);
  for (let again = 0; again < 3; again++) t.equal(await sessions.named(forged), undefined);
  t.equal(looks, 1);
  await sessions.named(asking('Bearer another'));
  t.equal(looks, 2, 'another request is another matter');
  await sessions.named(asking(''));
  t.equal(looks, 2);
});
