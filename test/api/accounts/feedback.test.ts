/** Covers src/api/routes/accounts/feedbackRoutes.ts, on the real engine. */
import t from 'tap';
import { startSmtp } from '../../support/smtp.ts';
import { ask, startDatabase, startService } from '../support.ts';
import { ACCOUNT_KEYS, as, json, logIn } from './support.ts';

const smtp = await startSmtp();
t.teardown(() => smtp.close());
const { url, client } = await startService(t, {
  clickhouseUrl: await startDatabase(t),
  secrets: { accountKeys: ACCOUNT_KEYS },
  config: { mail: { from: 'noreply@example.org', smtp_url: smtp.url } },
});
const UID = '20260711000037.071498_IT_webconnectivity_86ed734cd2032b58';
const FEEDBACK = `${url}/api/_/measurement_feedback`;

await client.insert({
  table: 'msmt_feedback',
  format: 'JSONEachRow',
  values: ['ok', 'ok', 'blocked'].map((status, index) => ({
    measurement_uid: UID,
    account_id: `${index}`.repeat(32),
    status,
  })),
});

t.test('feedback is read by anyone', async (t) => {
  const answer = await ask(`${FEEDBACK}/${UID}`);
  t.strictSame(answer.json, { summary: { blocked: 1, ok: 2 } });
  t.equal(answer.headers.get('cache-control'), 'max-age=0');
  t.match(answer.headers.get('vary'), /Authorization/);
  t.strictSame((await ask(`${FEEDBACK}/unknown`)).json, { summary: {} });
  t.strictSame((await ask(`${FEEDBACK}/${UID}`, as('BOGUS'))).json, answer.json);
});

t.test('and given by whoever is logged in, who may change their mind', async (t) => {
  const bearer = await logIn(url, smtp, 'nick@example.org');
  const give = (status: unknown, token?: string) =>
    ask(FEEDBACK, json({ measurement_uid: UID, status }, token));
  t.match(await give('ok'), {
    status: 401,
    json: { error: 'Authentication required', detail: 'Authentication required' },
  });
  t.match(await give('fine', bearer), { status: 400, json: { error: 'Invalid status' } });
  const given = await give('ok', bearer);
  t.match(given, { status: 200, json: {} });
  t.equal(given.headers.get('cache-control'), 'no-cache');
  const own = () => ask(`${FEEDBACK}/${UID}`, as(bearer));
  t.strictSame((await own()).json, { summary: { blocked: 1, ok: 3 }, user_feedback: 'ok' });
  t.match(await give('blocked', bearer), { status: 200 });
  t.strictSame((await own()).json, { summary: { blocked: 2, ok: 2 }, user_feedback: 'blocked' });
  const stored = await client.query({
    query: 'SELECT account_id FROM msmt_feedback',
    format: 'JSONEachRow',
  });
  t.notMatch(JSON.stringify(await stored.json()), '@', 'no address is stored');
});
