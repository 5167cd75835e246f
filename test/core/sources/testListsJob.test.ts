/** Covers src/core/sources/testListsJob.ts. */
import t from 'tap';
import { faultText, type SourceFile } from '../../../src/core/sources/job.ts';
import { testListsJob } from '../../../src/core/sources/testListsJob.ts';
import { file, LIST_HEADER, listFile } from './files.ts';

const parsed = (files: readonly SourceFile[]) => {
  const result = testListsJob.parse(files);
  if (result.kind === 'invalid') throw new Error(result.reason);
  return result.content;
};

t.test('lists by country and the global one', async (t) => {
  const content = parsed([
    listFile('it', ['https://WWW.Example.org:8443/a?b=c,NEWS', 'http://192.0.2.1,HUMR']),
    listFile('global', ['https://example.com/,GRP']),
    listFile('cis', ['https://example.net/,GRP']),
    file('lists/00-LEGEND-category_codes.csv', 'code\n'),
    file('README.md', '# lists'),
  ]);
  t.strictSame(
    content.tables[0]!.lines.map((line) => Object.values(JSON.parse(line))),
    [
      ['example.com', 'https://example.com/', 'ZZ', 'GRP'],
      ['www.example.org', 'https://WWW.Example.org:8443/a?b=c', 'it', 'NEWS'],
      ['192.0.2.1', 'http://192.0.2.1', 'it', 'HUMR'],
    ],
  );
  t.strictSame(Object.fromEntries(content.tables[0]!.byCountry), { ZZ: 1, IT: 2 });
  t.equal(content.rows, 3);
});

t.test('lists below another folder are not those that are meant', async (t) => {
  const row = (name: string) => [`https://${name}.example/,NEWS`];
  const moved = (folder: string, list: SourceFile) => ({ ...list, name: `${folder}/${list.name}` });
  const { tables } = parsed([
    moved('repository-main', listFile('global', row('good'))),
    moved('repository-main/archive', listFile('global', row('old'))),
    moved('repository-main/archive', listFile('it', row('older'))),
  ]);
  t.match(tables[0]!.lines, [/good/]);
  t.equal(tables[0]!.lines.length, 1);
});

t.test(
  'the order in which files come does not matter to the hash, their content does',
  async (t) => {
    const files = [
      listFile('it', ['https://a.it/,NEWS']),
      listFile('global', ['https://b.com/,GRP']),
    ];
    const { sha256 } = parsed(files);
    t.equal(parsed([...files].reverse()).sha256, sha256);
    t.not(parsed([files[0]!, listFile('global', ['https://b.com/,NEWS'])]).sha256, sha256);
  },
);

t.test('rows at fault are left out, and told of', async (t) => {
  const cases: [string, string, RegExp | undefined][] = [
    ['a name', 'example.org', /^lists\/global.csv:2: url: expected http/],
    ['another protocol', 'ftp://example.org/', /url/],
    ['no dot', 'http://localhost/', /url/],
    ['an IPv6 address', 'http://[::1]/', /url/],
    ['no IPv4 address', 'http://256.1.1.1/', /url/],
    ['user and password', 'http://user:secret@example.org/', /url/],
    ['a backslash', 'http://example.org/\\evil', /url/],
    ['a blank', 'http://example.org/a b', /url/],
    ['a tab', 'http://example.org/\tb', /url/],
    ['a line break', '"http://example.org/\nb"', /url/],
    ['a script', 'javascript:alert(1)', /url/],
    ['a port that is none', 'http://example.org:65536/', /url/],
    ['port 0', 'http://example.org:0/', /url/],
    ['an endless one', `http://example.org/${'a'.repeat(2_048)}`, /url/],
    ['a label too long', `http://${'a'.repeat(64)}.org/`, /url/],
    ['a port', 'http://example.org:8080/', undefined],
    ['a query without path', 'http://example.org?x', undefined],
    ['punycode', 'http://xn--bcher-kva.example/', undefined],
    ['other letters in the path', 'https://example.org/é/中', undefined],
    ['a dot at the end', 'http://example.org./', undefined],
  ];
  for (const [name, url, fault] of cases) {
    const content = parsed([listFile('global', [`${url},NEWS`])]);
    t.equal(content.rows, fault === undefined ? 1 : 0, name);
    if (fault === undefined) t.strictSame(content.faults, [], name);
    else t.match(faultText(content.faults[0]!), fault, name);
  }
  const content = parsed([
    listFile('global', [
      'https://a.com/,NEWS',
      'https://a.com/,NEWS',
      'https://a.com/,GRP',
      'https://b.com/,news',
      'https://c.com/,',
    ]),
  ]);
  t.strictSame(content.faults.map(faultText), [
    'lists/global.csv:3: url https://a.com/ again, after line 2',
    'lists/global.csv:4: url https://a.com/ again, after line 2',
    'lists/global.csv:5: category_code: expected two to ten capitals, found "news"',
    'lists/global.csv:6: category_code: expected two to ten capitals, found ""',
  ]);
  t.equal(content.rows, 1);
});

t.test('a list that is written by many hands is read all the same', async (t) => {
  const list = (...rows: string[]) => file('lists/global.csv', rows.join('\n'));
  const content = parsed([
    list(
      `${LIST_HEADER}\r`,
      'https://a.com/,NEWS,News,2026-01-01,test,\r',
      'https://b.com/,NEWS,News,2026-01-01,test,a line that ends otherwise',
      'https://c.com/,NEWS,News,2026-01-01,test,the book "A Book" was banned\r',
      'https://d.com/,NEWS,News,2026-01-01,test\r',
      'https://e.com/,NEWS,"of two lines\r',
      'and more",2026-01-01,test,,',
      'https://f.com/',
      '"https://g.com/",NEWS,"quoted "twice" over",2026-01-01,test,',
      'https://h.com/a,b,NEWS,News,2026-01-01,test,',
      '',
      'https://i.com/,NEWS,,2026-01-01,test,',
    ),
  ]);
  t.strictSame(
    content.tables[0]!.lines.map((line) => JSON.parse(line).url),
    ['a', 'b', 'c', 'd', 'e', 'g', 'i'].map((name) => `https://${name}.com/`),
  );
  t.strictSame(content.faults.map(faultText), [
    'lists/global.csv:5: expected 6 cells, found 5; taken all the same',
    'lists/global.csv:6: expected 6 cells, found 7; taken all the same',
    'lists/global.csv:8: category_code: expected two to ten capitals, found ""',
    'lists/global.csv:10: category_code: expected two to ten capitals, found "b"',
    'lists/global.csv:11: url: expected http(s)://, a host name or IPv4 address, and a path, found ""',
  ]);
  const wide = parsed([list('url,category_code,notes,', 'https://a.com/,NEWS,')]);
  t.equal(wide.rows, 1, 'a column too many in the first line');
});

t.test('a hostile URL does not cost seconds', async (t) => {
  const before = process.cpuUsage().user;
  const label = 'a-'.repeat(30);
  parsed([listFile('global', [`http://${`${label}a.`.repeat(33)}!/,NEWS`])]);
  t.ok(process.cpuUsage().user - before < 2_000_000);
});

t.test('without the global list, or with a list that is none, nothing is taken', async (t) => {
  t.strictSame(testListsJob.parse([listFile('it', [])]), {
    kind: 'invalid',
    reason: 'lists/global.csv is not there',
  });
  const page = testListsJob.parse([
    listFile('global', []),
    file('lists/it.csv', '<html>404</html>'),
  ]);
  t.match(page, { kind: 'invalid', reason: /^lists\/it.csv: .*found a page of HTML/ });
  const cut = testListsJob.parse([file('lists/global.csv', `${LIST_HEADER}\nhttp://a.org/,"NE`)]);
  t.match(cut, { kind: 'invalid', reason: /^lists\/global.csv:2: expected CSV/ });
});

t.test('lists of too many rows are not read to their end', async (t) => {
  const half = 'https://a.example/,NEWS\n'.repeat(500_000);
  const list = (name: string): SourceFile =>
    file(`lists/${name}.csv`, `url,category_code\n${half}`);
  t.match(testListsJob.parse([list('global'), list('it')]), {
    kind: 'invalid',
    reason: 'lists/it.csv: expected 499999 rows at most',
  });
});
