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

t.test('what nobody in good faith says', async (t) => {
  const bearer = await logIn(url, smtp, 'hostile@example.org');
  const give = (body: unknown) => ask(FEEDBACK, json(body, bearer));
  t.equal((await give({ measurement_uid: UID, status: 'x'.repeat(100_000) })).status, 413);
  t.equal((await give({ measurement_uid: ['x'], status: 'ok' })).status, 400);
  t.equal((await ask(FEEDBACK, { ...json({}, bearer), body: '[[[[' })).status, 422);
  const odd = `'); DROP TABLE msmt_feedback --\0<b>`;
  t.equal((await give({ measurement_uid: odd, status: 'down' })).status, 200);
  t.strictSame((await ask(`${FEEDBACK}/${encodeURIComponent(odd)}`)).json, {
    summary: { down: 1 },
  });
  t.strictSame((await ask(`${FEEDBACK}/${encodeURIComponent('x'.repeat(5_000))}`)).json, {
    summary: {},
  });
});

t.test('one account at several places at once says one thing', async (t) => {
  const bearer = await logIn(url, smtp, 'twice@example.org');
  const uid = UID.replace('86ed', '86ee');
  const statuses = ['ok', 'blocked', 'down', 'ok', 'blocked.dns'];
  const given = await Promise.all(
    statuses.map((status) => ask(FEEDBACK, json({ measurement_uid: uid, status }, bearer))),
  );
  for (const { status } of given) t.equal(status, 200);
  const { summary, user_feedback } = (await ask(`${FEEDBACK}/${uid}`, as(bearer))).json;
  t.strictSame(Object.values(summary), [1]);
  t.strictSame(Object.keys(summary), [user_feedback]);
});
