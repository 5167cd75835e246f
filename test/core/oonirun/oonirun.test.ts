/**
 * Covers src/core/oonirun/{engineRequest, link, linkAnswer, linkRules, nettest}.ts,
 * src/core/endpoints/oonirun/linkSearch.ts,
 * src/core/sql/oonirunLinks.ts.
 */
import t from 'tap';
import type { Session } from '../../../src/core/accounts/roles.ts';
import {
  isLinkId,
  linkSearchParameters,
  parseRevision,
} from '../../../src/core/endpoints/oonirun/linkSearch.ts';
import { inputsOf, readEngineRequest } from '../../../src/core/oonirun/engineRequest.ts';
import { editedLink, newLink, readLink } from '../../../src/core/oonirun/link.ts';
import { linkAnswer } from '../../../src/core/oonirun/linkAnswer.ts';
import {
  createRefusal,
  editRefusal,
  linkRefusal,
  MAX_LINKS_OF_ACCOUNT,
} from '../../../src/core/oonirun/linkRules.ts';
import { withTargets } from '../../../src/core/oonirun/nettest.ts';
import {
  type LinkRow,
  linkOfRow,
  linkRow,
  linksQuery,
} from '../../../src/core/sql/oonirunLinks.ts';

const NETTEST = { test_name: 'web_connectivity', inputs: ['https://a.org/', 'https://b.org/'] };
const BODY = {
  name: 'Name',
  short_description: 'Short',
  description: 'Long',
  author: 'Nick@example.org',
  nettests: [NETTEST],
};
const read = (more: object = {}) => {
  const check = readLink({ ...BODY, ...more });
  if (check.kind !== 'ok') throw new Error(JSON.stringify(check));
  return check.text;
};
const NOW_S = 1_784_000_000;

t.test('a link that fits', async (t) => {
  t.match(read({ name_intl: { it: 'Nome', de: null }, color: '#aAbB00', unknown: 1 }), {
    author: 'nick@example.org',
    nameIntl: { it: 'Nome' },
    descriptionIntl: null,
    icon: null,
    color: '#aAbB00',
    expirationS: null,
    nettests: [
      {
        ...NETTEST,
        options: {},
        is_background_run_enabled_default: false,
        is_manual_run_enabled_default: false,
        targets_name: null,
        inputs_extra: null,
      },
    ],
  });
  t.match(
    read({
      nettests: [{ test_name: 'web_connectivity', targets_name: 'websites_list_prioritized' }],
    }),
    {
      nettests: [{ targets_name: 'websites_list_prioritized', inputs: null }],
    },
  );
});

t.test('and what does not', async (t) => {
  const nettest = (more: object) => ({ nettests: [{ ...NETTEST, ...more }] });
  for (const [body, loc] of [
    [{ name: 'x' }, 'name'],
    [{ name: 'x'.repeat(51) }, 'name'],
    [{ short_description: 'x'.repeat(201) }, 'short_description'],
    [{ description: '' }, 'description'],
    [{ author: 'x' }, 'author'],
    [{ color: 'red' }, 'color'],
    [{ color: '#12345' }, 'color'],
    [{ name_intl: { it: 'x' } }, 'name_intl.it'],
    [{ name_intl: ['x'] }, 'name_intl'],
    [{ expiration_date: 'never' }, 'expiration_date'],
    [{ nettests: [] }, 'nettests'],
    [{ nettests: undefined }, 'nettests'],
    [{ nettests: ['x'] }, 'nettests.0'],
    [nettest({ test_name: 'x' }), 'nettests.0.test_name'],
    [nettest({ inputs: 'x' }), 'nettests.0.inputs'],
    [nettest({ inputs_extra: [{}] }), 'nettests.0.inputs_extra'],
    [nettest({ inputs: undefined, inputs_extra: [{}] }), 'nettests.0.inputs_extra'],
    [nettest({ options: [] }), 'nettests.0.options'],
    [{ nettests: [{ ...NETTEST, inputs: Array(5_000).fill('x'.repeat(100)) }] }, 'nettests'],
    [
      {
        description_intl: Object.fromEntries(
          ['it', 'de', 'fr', 'ar'].flatMap((language) =>
            Array.from({ length: 4 }, (_, part) => [`${language}-${part}`, 'x'.repeat(20_000)]),
          ),
        ),
      },
      'description_intl',
    ],
  ] as [object, string][]) {
    const check = readLink({ ...BODY, ...body });
    t.strictSame(
      check.kind === 'invalid' && check.issues.map((issue) => issue.loc.slice(1).join('.')),
      [loc],
      JSON.stringify(body).slice(0, 60),
    );
  }
  for (const more of [
    { targets_name: 'websites_list_prioritized' },
    { targets_name: 'websites_list_prioritized', inputs: undefined, inputs_extra: [] },
    { targets_name: 'another', inputs: undefined },
  ])
    t.match(readLink({ ...BODY, ...nettest(more) }), { kind: 'refused', error: /targets_name/ });
});

t.test('new links and edits', async (t) => {
  const link = newLink(read(), '10000', 'a', NOW_S);
  t.match(link, { revision: 1, expirationS: NOW_S + 180 * 86_400, dateCreatedS: NOW_S });
  const renamed = editedLink(link, read({ name: 'New' }), NOW_S + 1);
  t.match(renamed, { name: 'New', revision: 1, revisionCreatedS: NOW_S, dateUpdatedS: NOW_S + 1 });
  t.equal(renamed.expirationS, link.expirationS, 'an edit without an end keeps it');
  const extra = read({ nettests: [{ ...NETTEST, inputs_extra: [{ a: 1 }, {}] }] });
  const second = editedLink(renamed, extra, NOW_S + 2);
  t.match(second, { revision: 2, revisionCreatedS: NOW_S + 2, dateCreatedS: NOW_S });
  t.equal(editedLink(second, extra, NOW_S + 3).revision, 2, 'the same tests are no new revision');

  const row = JSON.parse(linkRow(second, { edit: 3, write_id: 'w' })) as Record<string, string>;
  const iso = (name: string) => `${row[name]!.replace(' ', 'T')}Z`;
  const back = linkOfRow({
    ...(row as unknown as LinkRow),
    id: row.oonirun_link_id!,
    date_created: iso('date_created'),
    date_updated: iso('date_updated'),
    expiration_date: iso('expiration_date'),
    revision_created: iso('revision_created'),
  });
  t.strictSame(back, second);

  const answer = linkAnswer(second, 'a', NOW_S);
  t.match(answer, { is_mine: true, is_expired: false, revision: '2', color: null });
  t.match(answer.date_created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$/);
  t.equal(Object.keys(answer).length, 17);
  t.match(linkAnswer(second, undefined, link.expirationS), { is_mine: false, is_expired: true });
});

t.test('who may', async (t) => {
  const user: Session = {
    accountId: 'a',
    emailAddress: 'nick@example.org',
    role: 'user',
    loginTimeS: 0,
  };
  const admin: Session = { ...user, accountId: 'b', emailAddress: 'x@example.org', role: 'admin' };
  t.equal(createRefusal(read(), user, 0), undefined);
  t.match(
    createRefusal(read(), admin, 0),
    { status: 400 },
    'an author is who writes, even an admin',
  );
  t.match(createRefusal(read(), user, MAX_LINKS_OF_ACCOUNT), { status: 400 });
  t.equal(editRefusal(read(), admin), undefined);
  t.match(editRefusal(read({ author: 'x@example.org' }), user), { status: 403 });
  const link = newLink(read(), '10000', 'a', NOW_S);
  t.equal(linkRefusal(link, user, NOW_S, 499), undefined);
  t.equal(linkRefusal(link, admin, NOW_S, 500), undefined);
  t.match(linkRefusal(link, { ...user, accountId: 'c' }, NOW_S, 1), { status: 404 });
  t.match(linkRefusal(undefined, admin, NOW_S, 0), { status: 404 });
  t.match(linkRefusal(link, user, NOW_S, 500), { status: 403, detail: /500 times/ });
  t.match(linkRefusal(link, user, link.expirationS, 1), { status: 403, detail: /expired/ });
});

t.test('what an engine asks', async (t) => {
  // As probe-cli 3.31 sends it.
  const body = {
    is_charging: true,
    run_type: 'manual',
    probe_cc: 'it',
    probe_asn: 'AS3269',
    network_type: 'wifi',
    website_category_codes: [],
  };
  const ask = (more: object = {}, agent = '') => readEngineRequest({ ...body, ...more }, agent);
  t.match(ask(), { place: { cc: 'IT', asn: 3269 }, wanted: { limit: 9_999 } });
  t.match(ask({ run_type: 'timed' }), { wanted: { limit: 100 } });
  t.match(ask({ run_type: 'timed', is_charging: false }), { wanted: { limit: 20 } });
  t.match(ask({ website_category_codes: ['NEWS'], probe_asn: '1' }), {
    place: { asn: 1 },
    wanted: { categories: new Set(['NEWS']) },
  });
  t.match(ask({}, 'ooniprobe-cli,3.31.0,linux,ooniprobe-engine,3.31.0,3.31.0'), { kind: 'ok' });
  for (const [more, agent] of [
    [{ run_type: 'often' }, ''],
    [{ is_charging: null }, ''],
    [{ is_charging: 'yes' }, ''],
    [{ probe_asn: 'ASx' }, ''],
    [{ probe_cc: 'ITA' }, ''],
    [{ network_type: 'string' }, ''],
    [{}, 'ooniprobe-cli'],
    [{}, 'a,b,c,d,e,f,g'],
  ] as const) {
    const check = ask(more, agent);
    t.equal(check.kind === 'invalid' && check.issues.length, 1, JSON.stringify([more, agent]));
  }
  t.strictSame(inputsOf(['{"category_code":"NEWS","url":"https://a.org/","country_code":"IT"}']), {
    inputs: ['https://a.org/'],
    inputs_extra: [{ category_code: 'NEWS', country_code: 'IT' }],
  });
  const { nettests } = read({
    nettests: [
      NETTEST,
      { test_name: 'web_connectivity', targets_name: 'websites_list_prioritized' },
    ],
  });
  t.strictSame(
    withTargets(nettests, () => ({ inputs: ['x'], inputs_extra: [{}] })).map(
      ({ inputs }) => inputs,
    ),
    [NETTEST.inputs, ['x']],
  );
});

t.test('names in a path', async (t) => {
  t.strictSame(['10000', '', 'x', '-1', '1'.repeat(19)].map(isLinkId), [
    true,
    false,
    false,
    false,
    false,
  ]);
  t.strictSame(['latest', '2', '0', 'x', '', '-1'].map(parseRevision), [
    'latest',
    2,
    0,
    undefined,
    undefined,
    undefined,
  ]);
  const { sql, values } = linksQuery({ creatorAccountId: 'a', withExpired: false, nowS: NOW_S });
  t.match(sql, /creator_account_id = \{creator_account_id:String\}/);
  t.match(values, { creator_account_id: 'a', now: '2026-07-14 03:33:20' });
  t.strictSame(Object.keys(linkSearchParameters), ['is_mine', 'is_expired']);
});
