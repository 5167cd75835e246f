/**
 * OONI Run links on the real engine: the calls of run.ooni.org, the app and probe-cli 3.31.
 *
 * Covers src/api/routes/oonirun/{linkReads, linkWrites}.ts, src/api/families/oonirunFamilies.ts.
 */
import t from 'tap';
import { startTamperingProxy } from '../../support/clickhouseProxy.ts';
import { startSmtp } from '../../support/smtp.ts';
import { ask, startDatabase, startService } from '../support.ts';
import { ACCOUNT_KEYS, as, giveRole, json, logIn } from './support.ts';

const START_MS = Date.parse('2026-07-15T12:00:00Z');
let nowMs = START_MS;
const smtp = await startSmtp();
t.teardown(() => smtp.close());
const clickhouseUrl = await startDatabase(t);
const { url, client, lines } = await startService(t, {
  clickhouseUrl,
  nowMs: () => nowMs,
  secrets: { accountKeys: ACCOUNT_KEYS },
  config: { mail: { from: 'noreply@example.org', smtp_url: smtp.url } },
});
await giveRole(client, 'admin@ooni.org', 'admin', START_MS);
const admin = await logIn(url, smtp, 'admin@ooni.org');
const nick = await logIn(url, smtp, 'nick@example.org');
const other = await logIn(url, smtp, 'other@example.org');

const LINKS = `${url}/api/v2/oonirun/links`;
const LINK = {
  name: 'A link',
  short_description: 'For a test',
  description: 'A longer text',
  author: 'nick@example.org',
  nettests: [
    {
      test_name: 'web_connectivity',
      inputs: ['https://a.org/', 'https://b.org/'],
      inputs_extra: [{ category_code: 'NEWS' }, {}],
      options: { HTTP3Enabled: true },
      is_background_run_enabled_default: true,
    },
    { test_name: 'web_connectivity', targets_name: 'websites_list_prioritized' },
  ],
  color: '#aabbcc',
};
const post = (body: unknown, bearer?: string) => ask(LINKS, json(body, bearer));
const put = (id: string, body: unknown, bearer?: string) =>
  ask(`${LINKS}/${id}`, { ...json(body, bearer), method: 'PUT' });
const get = (path: string, bearer?: string) => ask(`${LINKS}${path}`, as(bearer));
const NOT_FOUND = { status: 404, json: { detail: 'OONI Run link not found' } };

t.test('a link is made, read and edited', async (t) => {
  t.match(await post(LINK), { status: 401, json: { error: 'Authentication required' } });
  t.match(await post(LINK, other), { status: 400, json: { detail: /must match/ } });
  t.match(await post({ ...LINK, nettests: [] }, nick), { status: 422 });
  t.match(
    await post(
      { ...LINK, nettests: [{ ...LINK.nettests[0], targets_name: 'websites_list_prioritized' }] },
      nick,
    ),
    { status: 422, json: { detail: { error: /targets_name/ } } },
  );

  const made = await post(LINK, nick);
  t.match(made, {
    status: 200,
    json: {
      oonirun_link_id: '10000',
      revision: '1',
      is_mine: true,
      is_expired: false,
      date_created: '2026-07-15T12:00:00.000000Z',
      date_updated: '2026-07-15T12:00:00.000000Z',
      expiration_date: '2027-01-11T12:00:00.000000Z',
      color: '#aabbcc',
      icon: null,
      name_intl: null,
    },
  });
  t.strictSame(made.json.nettests[0].inputs_extra, LINK.nettests[0]!.inputs_extra);
  const read = await get('/10000');
  t.strictSame(read.json, { ...made.json, is_mine: false }, 'what is answered is what was stored');
  for (const name of ['name_intl', 'short_description_intl', 'description_intl', 'icon', 'color'])
    t.ok(name in read.json, `the app needs ${name}, be it null`);

  t.match(await put('10000', LINK), { status: 401 });
  t.match(await put('10000', LINK, other), { status: 403, json: { detail: /email_address/ } });
  const stolen = { ...LINK, author: 'other@example.org' };
  t.match(await put('10000', stolen, other), NOT_FOUND, "somebody else's");
  t.match(await put('99999', stolen, other), NOT_FOUND);
  t.match(await put('x', LINK, nick), NOT_FOUND);

  nowMs = START_MS + 60_000;
  t.match((await put('10000', { ...LINK, name: 'Renamed' }, nick)).json, {
    name: 'Renamed',
    revision: '1',
    date_updated: '2026-07-15T12:01:00.000000Z',
    is_mine: true,
  });
  const nettests = [{ test_name: 'signal' }];
  t.match((await put('10000', { ...LINK, nettests }, admin)).json, {
    revision: '2',
    is_mine: false,
  });
  nowMs = START_MS;
  t.match(
    (await get('/10000', nick)).json,
    { is_mine: true },
    "an admin's edit takes it from nobody",
  );
});

t.test('revisions', async (t) => {
  t.strictSame((await get('/10000/revisions')).json, { revisions: ['2', '1'] });
  t.match((await get('/10000/full-descriptor/1')).json, {
    revision: '1',
    name: 'A link',
    nettests: [{ inputs: ['https://a.org/', 'https://b.org/'] }, {}],
  });
  t.match((await get('/10000/full-descriptor/latest')).json, {
    revision: '2',
    nettests: [{ test_name: 'signal', inputs: null, options: {} }],
  });
  for (const path of [
    '/10000/full-descriptor/0',
    '/10000/full-descriptor/3',
    '/10001',
    '/10001/revisions',
    '/10001/full-descriptor/latest',
    '/x',
    '/x/revisions',
    `/${'9'.repeat(30)}`,
  ])
    t.match(await get(path), NOT_FOUND, path);
  t.match(await get('/10000/full-descriptor/x'), { status: 422 });
});

t.test('what probe-cli 3.31 asks for', async (t) => {
  const body = {
    is_charging: true,
    run_type: 'timed',
    probe_cc: 'IT',
    probe_asn: 'AS3269',
    network_type: 'wifi',
    website_category_codes: [],
  };
  const engine = (revision: string, more: object = {}) =>
    ask(`${LINKS}/10000/engine-descriptor/${revision}`, json({ ...body, ...more }));
  const answer = await engine('1');
  t.match(answer, {
    status: 200,
    json: { revision: '1', date_created: '2026-07-15T12:00:00.000000Z' },
  });
  const [first, second] = answer.json.nettests;
  t.match(first, { ...LINK.nettests[0], targets_name: null });
  t.ok(second.inputs.length > 0 && second.inputs.length <= 100, 'a list, although none was loaded');
  t.equal(second.inputs_extra.length, second.inputs.length);
  t.match(second.inputs_extra[0], { category_code: /^[A-Z]+$/, country_code: /^[A-Z]{2}$/ });
  t.match((await engine('latest')).json, {
    revision: '2',
    date_created: '2026-07-15T12:01:00.000000Z',
  });
  t.match(await engine('7'), NOT_FOUND);
  t.match(await engine('x'), { status: 422 });
  t.match(await engine('1', { probe_asn: 'x' }), {
    status: 422,
    json: { detail: [{ loc: ['body', 'probe_asn'] }] },
  });
  t.match(
    await ask(`${LINKS}/10000/engine-descriptor/1`, {
      ...json(body),
      headers: { useragent: 'nonsense' },
    }),
    { status: 422 },
  );
});

t.test('links end', async (t) => {
  const ended = await post({ ...LINK, expiration_date: '2026-07-15T11:00:00Z' }, nick);
  t.match(ended.json, { oonirun_link_id: '10001', is_expired: true });
  t.match(await put('10001', LINK, nick), {
    status: 403,
    json: { detail: 'OONI Run link has expired and cannot be edited' },
  });
  t.match(await get('/10001'), { status: 200, json: { is_expired: true } });
  const ids = async (query: string, bearer?: string) =>
    (await get(query, bearer)).json.oonirun_links.map(
      (link: { oonirun_link_id: string }) => link.oonirun_link_id,
    );
  t.strictSame(await ids(''), ['10000']);
  t.strictSame(await ids('?is_expired=true'), ['10001', '10000']);
  t.strictSame(await ids('?is_mine=true&is_expired=true', nick), ['10001', '10000']);
  t.strictSame(await ids('?is_mine=true', other), []);
  t.strictSame(await ids('?is_mine=true'), []);
  t.match((await get('')).json.oonirun_links[0], { color: '#aabbcc', nettests: [{}] });
  t.equal((await get('?is_mine=perhaps')).status, 422);
});

t.test('several at once', async (t) => {
  const made = await Promise.all([1, 2, 3].map(() => post(LINK, nick)));
  const ids = made
    .filter(({ status }) => status === 200)
    .map(({ json }) => json.oonirun_link_id as string);
  t.equal(new Set(ids).size, ids.length, 'no two links have the same id');
  t.ok(ids.length >= 1);
  const edits = await Promise.all(
    ['signal', 'tor', 'ndt'].map((test_name) =>
      put(ids[0]!, { ...LINK, nettests: [{ test_name }] }, nick),
    ),
  );
  for (const edit of edits.filter(({ status }) => status === 200))
    t.match(
      (await get(`/${ids[0]}/full-descriptor/${edit.json.revision}`)).json.nettests,
      edit.json.nettests,
      'a revision that was confirmed stays what it is',
    );
  t.notMatch(lines.join(''), '@');
});

t.test('a link that was read before opens while the database is away', async (t) => {
  const proxy = await startTamperingProxy(t, clickhouseUrl);
  const probes = await startService(t, { clickhouseUrl: proxy.url });
  const link = `${probes.url}/api/v2/oonirun/links/10000`;
  const engine = () =>
    ask(
      `${link}/engine-descriptor/1`,
      json({
        is_charging: true,
        run_type: 'manual',
        probe_cc: 'IT',
        probe_asn: 'AS3269',
        network_type: 'wifi',
        website_category_codes: [],
      }),
    );
  const before = [await ask(link), await engine()];
  for (const { status } of before) t.equal(status, 200);
  proxy.tamper = 'page';
  const after = [await ask(link), await engine()];
  t.strictSame(
    after.map(({ status, json }) => [status, json.revision, json.nettests[0]]),
    before.map(({ status, json }) => [status, json.revision, json.nettests[0]]),
  );
  t.equal((await ask(`${link}/full-descriptor/1`)).status, 200, 'asked for by its other name');
  t.match(await ask(`${link.replace('10000', '10001')}`), { status: 500 });
  t.ok(proxy.tampered > 3);
});

t.test('long links do not make the list long', async (t) => {
  await client.command({
    query: `INSERT INTO oonirun_links
  (oonirun_link_id, edit, write_id, nettests, description, description_intl, expiration_date)
SELECT 20000 + number, 1, 'w', concat('["', repeat('x', 100000), '"]'), repeat('y', 50000),
  concat('{"it":"', repeat('z', 100000), '"}'), '2100-01-01 00:00:00'
FROM numbers(100)`,
  });
  const { text, json } = await get('');
  const links = json.oonirun_links as { oonirun_link_id: string }[];
  t.equal(links[0]?.oonirun_link_id, '20099', 'the newest first');
  t.ok(links.length > 50 && links.length < 70, `as many as there is room for: ${links.length}`);
  t.ok(text.length < 18_000_000);
});
