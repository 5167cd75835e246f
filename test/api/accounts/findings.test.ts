/**
 * Findings on the real engine: the calls of Explorer and the app, and two who edit at once.
 *
 * Covers src/api/edits.ts, src/api/routes/findings/{findingReads, findingWrites}.ts.
 */
import t from 'tap';
import { startSmtp } from '../../support/smtp.ts';
import { ask, startDatabase, startService } from '../support.ts';
import { ACCOUNT_KEYS, as, giveRole, json, logIn } from './support.ts';

const START_MS = Date.parse('2026-07-15T12:00:00Z');
let nowMs = START_MS;
const smtp = await startSmtp();
t.teardown(() => smtp.close());
const { url, client, lines } = await startService(t, {
  clickhouseUrl: await startDatabase(t),
  nowMs: () => nowMs,
  secrets: { accountKeys: ACCOUNT_KEYS },
  config: { mail: { from: 'noreply@example.org', smtp_url: smtp.url } },
});
await giveRole(client, 'admin@ooni.org', 'admin', START_MS);
const admin = await logIn(url, smtp, 'admin@ooni.org');
const user = await logIn(url, smtp, 'user@example.org');

const INCIDENTS = `${url}/api/v1/incidents`;
const call = (action: string, body: unknown, bearer?: string) =>
  ask(`${INCIDENTS}/${action}`, json(body, bearer));
const show = (name: string, bearer?: string) => ask(`${INCIDENTS}/show/${name}`, as(bearer));
const search = async (query = '', bearer?: string) =>
  (await ask(`${INCIDENTS}/search${query}`, as(bearer))).json.incidents as {
    id: string;
    [name: string]: unknown;
  }[];
const FINDING = {
  title: 'Example throttled in Exampleland',
  text: '# What we saw',
  short_description: 'Slow.',
  start_time: '2026-07-01T00:00:00Z',
  end_time: '2026-07-02T10:11:12Z',
  reported_by: 'OONI',
  event_type: 'incident',
  ASNs: [12389],
  CCs: ['RU'],
  themes: ['social_media'],
  test_names: ['web_connectivity'],
  domains: ['example.org'],
  links: ['https://explorer.ooni.org/chart/mat?probe_cc=RU'],
  email_address: 'admin@ooni.org',
};
const create = async (more: object = {}) => {
  const created = await call('create', { ...FINDING, ...more }, admin);
  return (created.json as { id: string }).id;
};

t.test('who may create, and what', async (t) => {
  t.match(await call('create', FINDING), {
    status: 401,
    json: { detail: 'Authentication required' },
  });
  t.match(await call('create', FINDING, user), {
    status: 401,
    json: { error: 'Role not authorized' },
  });
  for (const [body, status] of [
    [{ ...FINDING, email_address: 'user@example.org' }, 400],
    [{ ...FINDING, title: '' }, 422],
    [{ ...FINDING, text: '' }, 422],
    [{ ...FINDING, end_time: '2026-06-30' }, 422],
    ['no object', 422],
  ] as const)
    t.equal((await call('create', body, admin)).status, status);
  t.strictSame(await search('', admin), []);
  const created = await call('create', FINDING, admin);
  t.match(created, { status: 200, json: { r: 1, id: /^\d{2,12}$/ } });
  t.equal(created.headers.get('cache-control'), 'no-cache');
  await call('delete', { id: created.json.id }, admin);
});

t.test('a draft is for admins, what is published for everybody', async (t) => {
  const id = await create();
  const hidden = { status: 404, json: { detail: 'OONI Finding not found' } };
  t.match(await show(id), hidden);
  t.match(await show(id, user), hidden, 'logging in is open to everybody');
  t.strictSame(await search(), []);
  const shown = await show(id, admin);
  t.match(shown.json.incident, {
    id,
    email_address: 'admin@ooni.org',
    slug: '2026-example-throttled-in-exampleland',
    text: '# What we saw',
    start_time: '2026-07-01T00:00:00.000000Z',
    end_time: '2026-07-02T10:11:12.000000Z',
    create_time: '2026-07-15T12:00:00.000000Z',
    creator_account_id: '',
    published: false,
    mine: true,
    tags: [],
  });
  t.equal(Object.keys(shown.json.incident).length, 22);

  t.match(await call('publish', { id }, user), { status: 401 });
  t.match(await call('publish', { id: '7' }, admin), { status: 404 });
  t.match(await call('random', { id }, admin), {
    status: 400,
    json: { detail: 'Invalid query action' },
  });
  t.match(await call('random', { id }, user), { status: 401 });
  nowMs = START_MS + 60_000;
  t.strictSame((await call('publish', { ...FINDING, id }, admin)).json, { r: 1, id });
  nowMs = START_MS;

  const [entry] = await search('?country_code=RU');
  t.match(entry, {
    id,
    email_address: '',
    mine: false,
    published: true,
    update_time: '2026-07-15T12:01:00.000000Z',
  });
  t.notOk(entry && 'text' in entry);
  for (const name of ['title', 'short_description', 'create_time', 'reported_by', 'themes'])
    t.ok(entry && name in entry, `the app and Explorer read ${name}`);
  t.match((await show('2026-example-throttled-in-exampleland')).json.incident, { id });
  t.equal((await show(id)).headers.get('cache-control'), 'no-cache');

  t.match(await call('unpublish', { id }, admin), { status: 200 });
  t.match(await show(id), hidden);
  t.match(await call('delete', { id }, admin), { status: 200, json: {} });
  t.match(await show(id, admin), hidden);
  t.match(await call('delete', { id }, admin), hidden);
  const left = await client.query({
    query: 'SELECT id FROM findings',
    format: 'JSONEachRow',
  });
  t.strictSame(await left.json(), [], 'no former version of it is kept');
});

t.test('searching', async (t) => {
  const ids = [
    await create({ published: true, title: 'A' }),
    await create({
      published: true,
      title: 'B',
      start_time: '2026-07-03',
      end_time: null,
      themes: ['news_media', 'x'],
      CCs: ['IT', 'FR'],
      ASNs: [137, 30722],
      domains: ['b.org'],
    }),
  ];
  for (const [query, found] of [
    ['', [1, 0]],
    ['?theme=news_media', [1]],
    ['?theme=news_media&theme=social_media', [1, 0]],
    ['?theme=social_media&country_code=IT', []],
    ['?country_code=fr', [1]],
    ['?asn=AS137', [1]],
    ['?asn=12389&asn=30722', [1, 0]],
    ['?asn=x', []],
    ['?domain=b.org', [1]],
    ['?domain=B.org', []],
    ['?only_mine=true', []],
    ['?only_mine=false&unknown=1', [1, 0]],
  ] as const)
    t.strictSame(
      (await search(query)).map(({ id }) => ids.indexOf(id)),
      found,
      query,
    );
  t.equal((await search('?only_mine=true', admin)).length, 2);
  t.equal((await search('?only_mine=true', user)).length, 0);
  t.equal((await ask(`${INCIDENTS}/search?only_mine=perhaps`)).status, 422);
  for (const id of ids) await call('delete', { id }, admin);
});

t.test('editing', async (t) => {
  const id = await create({ published: true });
  const update = (body: object, bearer = admin) =>
    call('update', { ...FINDING, id, ...body }, bearer);
  t.match(await update({ id: '7' }), { status: 404 });
  t.match(await update({ title: '' }), { status: 422 });
  t.match(await update({}, user), { status: 403, json: { detail: /email address/ } });
  const own = { email_address: 'user@example.org' };
  t.match(await update({ ...own, published: true }, user), {
    status: 403,
    json: { detail: 'You are not allowed to publish' },
  });
  t.match(await update({ ...own, published: false }, user), { status: 404 }, "somebody else's");
  t.match(await call('delete', { id, ...own, email_address: 'x' }, user), { status: 403 });
  t.match(await call('delete', { id, ...own }, user), { status: 404 });

  t.match(await update({ title: 'New', slug: 'my-slug', published: true, CCs: [] }), {
    json: { r: 1, id },
  });
  t.match((await show('my-slug')).json.incident, { title: 'New', CCs: [], id });
  await update({ title: 'Newer', published: true });
  t.match((await show('my-slug')).json.incident, { title: 'Newer' }, 'a slug is kept');

  const other = await create({ published: true });
  t.match((await show(other)).json.incident, { slug: '2026-example-throttled-in-exampleland' });
  const third = await create({ published: true });
  t.match((await show(third)).json.incident, { slug: '2026-example-throttled-in-exampleland-2' });
  t.match(await call('create', { ...FINDING, slug: 'my-slug' }, admin), {
    status: 400,
    json: { error: 'Slug already exists' },
  });
  t.match(await update({ slug: '2026-example-throttled-in-exampleland' }), { status: 400 });
  t.match(await update({ slug: 'my-slug' }), { status: 200 }, 'its own is no other one');
  for (const each of [id, other, third]) await call('delete', { id: each }, admin);
});

t.test('several who create at once', async (t) => {
  const made = await Promise.all(
    Array.from({ length: 4 }, () => create({ published: true, title: 'The same title' })),
  );
  const entries = await search();
  t.equal(new Set(entries.map(({ slug }) => slug)).size, made.length, 'each has a slug of its own');
  for (const { id, slug } of entries)
    t.equal((await show(String(slug))).json.incident.id, id, `${slug} leads to its own finding`);
  for (const id of made) await call('delete', { id }, admin);

  const asked = await Promise.all(
    [1, 2, 3].map(() => call('create', { ...FINDING, slug: 'wanted', published: true }, admin)),
  );
  const created = asked.filter(({ status }) => status === 200);
  t.ok(created.length <= 1, 'a slug that was asked for is at most one of them');
  for (const { status } of asked) t.match(String(status), /^(200|400)$/);
  t.strictSame(
    (await search()).map(({ id }) => id),
    created.map(({ json }) => json.id),
    'and what was refused is not there',
  );
  for (const { json } of created) await call('delete', { id: json.id }, admin);
});

t.test('whatever is written comes back as it was, and as no markup', async (t) => {
  const hostile = {
    title: '<script>alert(1)</script>\u202e"\'; --',
    text: '<img src=x onerror=alert(1)>\n[x](javascript:alert(1))\n\\\t\u{1f600}',
    short_description: '{{constructor}} %00 $x',
    reported_by: '"><svg/onload=alert(1)>',
    links: ['javascript:alert(1)', 'https://example.org/?a="b"&c'],
    domains: ["it's.example"],
    published: true,
  };
  const id = await create(hostile);
  for (const name of [id, '2026-scriptalert1script---']) {
    const { status, json, headers } = await show(name);
    t.equal(status, 200, name);
    t.match(json.incident, { ...hostile, id });
    t.equal(headers.get('content-type'), 'application/json', 'so that no browser runs it');
  }
  t.match(await search("?domain=it's.example"), [{ id, title: hostile.title }]);
  for (const path of [`${url}/ui/finding/${id}`, `${url}/ui/findings`]) {
    const page = await ask(path);
    t.equal(page.status, 200, path);
    t.match(page.text, 'alert(1)', path);
    t.notMatch(page.text, /<script>alert|<img src=x|<svg.onload|href="javascript:/, path);
    t.match(page.headers.get('content-security-policy'), /script-src/, path);
  }
  await call('delete', { id }, admin);
});

t.test('bodies without end', async (t) => {
  const long = {
    ...FINDING,
    text: 'x'.repeat(500_000),
    links: Array(2_000).fill('https://a.org/'),
  };
  const longest = await call('create', long, admin);
  t.equal(longest.status, 200, 'as long as it may be');
  t.equal((await show(longest.json.id, admin)).json.incident.text.length, 500_000);
  t.match(await call('create', { ...long, text: 'x'.repeat(500_001) }, admin), {
    status: 422,
    json: { detail: [{ loc: ['body', 'text'] }] },
  });
  t.equal((await call('create', { ...long, text: 'x'.repeat(5_000_000) }, admin)).status, 413);
  t.equal(
    (await call('update', { id: longest.json.id, x: '['.repeat(5_000_000) }, admin)).status,
    413,
  );
  t.equal((await call('publish', { id: 'x'.repeat(1_000_000) }, admin)).status, 404);
  // Of whoever may not write, nothing is read.
  t.equal((await call('create', { ...long, text: 'x'.repeat(5_000_000) }, user)).status, 401);
  t.match(await call('delete', { id: longest.json.id }, admin), { status: 200 });
});

t.test('of several who edit at once nobody is told that it worked when it did not', async (t) => {
  const id = await create({ published: false });
  const answers = await Promise.all([
    ...['a', 'b', 'c'].map((tag) => call('update', { ...FINDING, id, title: tag }, admin)),
    call('publish', { id }, admin),
    call('publish', { id }, admin),
  ]);
  for (const { status } of answers) t.match(String(status), /^(200|409)$/);
  const done = answers.filter(({ status }) => status === 200).length;
  const rows = await client.query({
    query: `SELECT edit, count() AS rows FROM findings WHERE id = '${id}' GROUP BY edit ORDER BY edit`,
    format: 'JSONEachRow',
  });
  const edits = await rows.json<{ edit: number; rows: number }>();
  t.strictSame(
    edits.map(({ rows }) => Number(rows)),
    Array.from({ length: done + 1 }, () => 1),
    'each that was confirmed is an edit of its own, and no other is left',
  );
  t.match((await show(id, admin)).json.incident.title, /^[abc]$/);
  await call('delete', { id }, admin);
});

t.test('no address in the log', async (t) => {
  t.notMatch(lines.join(''), '@');
});
