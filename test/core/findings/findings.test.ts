/**
 * Covers src/core/findings/{finding, findingAnswer, findingRules}.ts,
 * src/core/endpoints/findings/findingSearch.ts, src/core/sql/{edits, findings}.ts.
 */
import t from 'tap';
import type { Session } from '../../../src/core/accounts/roles.ts';
import { findingSearchParameters } from '../../../src/core/endpoints/findings/findingSearch.ts';
import {
  defaultSlug,
  filterAsns,
  findingId,
  readFinding,
} from '../../../src/core/findings/finding.ts';
import { findingEntry } from '../../../src/core/findings/findingAnswer.ts';
import type { FindingRow } from '../../../src/core/findings/findingRow.ts';
import {
  createRefusal,
  deleteRefusal,
  isVisible,
  mayChange,
  updated,
  updateRefusal,
} from '../../../src/core/findings/findingRules.ts';
import { editsSinceQuery } from '../../../src/core/sql/edits.ts';
import {
  FINDINGS,
  findingOfRow,
  findingRow,
  findingSearchQuery,
} from '../../../src/core/sql/findings.ts';

const BODY = { title: 'A title', text: 'Text', start_time: '2026-07-01' };
const read = (body: object) => {
  const check = readFinding({ ...BODY, ...body });
  if (check.kind === 'invalid') throw new Error(JSON.stringify(check.issues));
  return check.text;
};

t.test('a finding that fits', async (t) => {
  const text = read({
    end_time: '2026-07-02T00:00:01.900+02:00',
    ASNs: [12389, '137'],
    CCs: ['RU'],
    email_address: ' Admin@OONI.org ',
    published: true,
    unknown: 1,
    id: 'ignored',
  });
  t.match(text, {
    startTimeS: Date.parse('2026-07-01T00:00:00Z') / 1_000,
    endTimeS: Date.parse('2026-07-01T22:00:01Z') / 1_000,
    asns: [12389, 137],
    ccs: ['RU'],
    themes: [],
    slug: null,
    emailAddress: 'admin@ooni.org',
    published: true,
    shortDescription: '',
  });
  t.notOk('id' in text);
});

t.test('and what does not', async (t) => {
  for (const [body, names] of [
    [{ title: '' }, ['title']],
    [{ text: '  ' }, ['text']],
    [{ title: undefined, text: null, start_time: undefined }, ['title', 'text', 'start_time']],
    [{ start_time: 'yesterday' }, ['start_time']],
    [{ start_time: '1800-01-01' }, ['start_time']],
    [{ end_time: '2026-06-30T23:59:59Z' }, ['end_time']],
    [{ ASNs: ['AS1'] }, ['ASNs']],
    [{ CCs: 'RU' }, ['CCs']],
    [{ published: 'yes' }, ['published']],
    [{ slug: '2026' }, ['slug']],
    [{ slug: 'a/b' }, ['slug']],
    [{ links: Array.from({ length: 3_000 }, () => 'x') }, ['links']],
  ] as [object, string[]][]) {
    const check = readFinding({ ...BODY, ...body });
    t.strictSame(
      check.kind === 'invalid' && check.issues.map(({ loc }) => loc[1]),
      names,
      JSON.stringify(body).slice(0, 60),
    );
  }
  t.equal(readFinding({ ...BODY, end_time: '2026-07-01T00:00:00.5Z' }).kind, 'ok', 'same second');
  t.equal(readFinding([]).kind, 'invalid');
});

t.test('slugs and ids', async (t) => {
  const startS = Date.parse('2026-07-01T00:00:00Z') / 1_000;
  t.equal(defaultSlug("Iran's Wi-Fi: blocked!", startS), '2026-irans-wi-fi-blocked');
  t.equal(defaultSlug('x'.repeat(100), startS).length, 64);
  const second = defaultSlug('x'.repeat(100), startS, 2);
  t.ok(second.endsWith('x-2') && second.length === 64, 'a number is not cut off');
  t.equal(findingId(3301122334, '1'), '330112233401');
  t.equal(findingId(0xffffffff, 'n1'), '429496729500');
  t.strictSame(filterAsns(['AS1', '2', 'x']), [1, 2]);
  t.strictSame(filterAsns(['x']), [], 'what is none matches nothing, and not everything');
  t.equal(filterAsns(undefined), undefined);
});

const session = (role: 'admin' | 'user', accountId: string): Session => ({
  accountId,
  role,
  emailAddress: `${accountId}@example.org`,
  loginTimeS: 0,
});
const finding = {
  ...read({}),
  id: '1',
  slug: 's',
  creatorAccountId: 'author',
  createTimeS: 1,
  updateTimeS: 1,
};

t.test('who may do what', async (t) => {
  const admin = session('admin', 'admin');
  const author = session('user', 'author');
  const other = session('user', 'other');
  const visibleTo = (published: boolean) =>
    [undefined, other, author, admin].map((who) => isVisible({ ...finding, published }, who));
  t.strictSame(visibleTo(true), [true, true, true, true]);
  t.strictSame(visibleTo(false), [false, false, true, true], 'a draft is not for everybody');
  t.notOk(isVisible({ published: false, creatorAccountId: '' }, undefined));

  const mailOf = (who: Session) => read({ email_address: who.emailAddress });
  t.equal(createRefusal(mailOf(admin), admin), undefined);
  t.match(createRefusal(mailOf(other), admin), { status: 400 });
  t.equal(updateRefusal(mailOf(other), admin), undefined);
  t.equal(updateRefusal(mailOf(author), author), undefined);
  t.match(updateRefusal(mailOf(other), author), { status: 403, detail: /email address/ });
  t.match(updateRefusal({ ...mailOf(author), published: true }, author), {
    status: 403,
    detail: 'You are not allowed to publish',
  });
  t.match(deleteRefusal('x', author), { status: 403 });
  t.equal(deleteRefusal('x', admin), undefined);
  t.equal(deleteRefusal(author.emailAddress, author), undefined);
  t.strictSame(
    [admin, author, other].map((who) => mayChange(finding, who)),
    [true, true, false],
  );
  t.match(updated(finding, read({ title: 'New' }), 's2', 9), {
    id: '1',
    creatorAccountId: 'author',
    createTimeS: 1,
    updateTimeS: 9,
    title: 'New',
    slug: 's2',
  });
});

t.test('what is sent to the database, and comes back', async (t) => {
  const stored = JSON.parse(findingRow(finding, { edit: 3, write_id: 'w' })) as FindingRow & {
    text: string;
  };
  const iso = (text: string | null) => (text === null ? null : `${text.replace(' ', 'T')}Z`);
  const row = {
    ...stored,
    start_time: iso(stored.start_time)!,
    end_time: iso(stored.end_time),
    create_time: iso(stored.create_time)!,
    update_time: iso(stored.update_time)!,
  };
  t.strictSame(findingOfRow(row), finding);
  t.match(findingEntry({ ...row, email_address: 'a@b.cd' }, session('user', 'author')), {
    email_address: '',
    creator_account_id: '',
    mine: true,
    start_time: '2026-07-01T00:00:00.000000Z',
    end_time: null,
  });
  t.match(findingEntry({ ...row, email_address: 'a@b.cd' }, session('admin', 'x')), {
    email_address: 'a@b.cd',
    mine: false,
  });
});

t.test('searches are bound', async (t) => {
  const search = {
    seesAll: false,
    accountId: undefined,
    onlyMine: true,
    themes: ["x' OR 1"],
    ccs: undefined,
    asns: [],
    domains: undefined,
  };
  const { sql, values } = findingSearchQuery(search);
  t.notMatch(sql, 'OR 1');
  t.match(values, { account_id: '', themes: ["x' OR 1"], ASNs: [] });
  t.match(sql, "creator_account_id != ''", 'nobody is not the author of anything');
  t.match(editsSinceQuery(FINDINGS, '7', 1).values, { since: 0 });
  t.strictSame(Object.keys(findingSearchParameters), [
    'only_mine',
    'theme',
    'country_code',
    'asn',
    'domain',
  ]);
});
