/** docs/messages.md has every line that is logged at warning or err, and no other (scripts/messages). */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { constantsOf, findMessages, messagesOf } from '../../scripts/messages/found.ts';
import { messagesMarkdown } from '../../scripts/messages/page.ts';

/** `%{x}` stands for a place of a template, which a string must not look like. */
const withPlaces = (code: string) => code.replaceAll('%{', '$' + '{');

const FOUND = findMessages(new URL('../../', import.meta.url).pathname);

t.test('the page is made from the sources: run `make docs`', (t) => {
  const page = readFileSync('docs/messages.md', 'utf8');
  t.equal(page, messagesMarkdown(FOUND));
  // One of each kind: a literal, a constant, a choice, a text with places.
  for (const text of [
    'the database is busy',
    'a key of this can is in the bucket',
    'has not answered for … minutes',
    'cannot store measurements, probes get 503: …',
  ])
    t.match(page, text);
  t.end();
});

t.test('a line without a cause is refused, and so is a cause without a line', (t) => {
  const another = { text: 'not listed', level: 'err', room: 'api', file: 'src/api/x.ts' } as const;
  t.throws(
    () => messagesMarkdown([...FOUND, another]),
    /src\/api\/x.ts: "not listed" has no cause/,
  );
  t.throws(() => messagesMarkdown(FOUND.slice(1)), /nothing says/);
  t.end();
});

t.test('texts are found where they stand', (t) => {
  const constants = new Map([['FULL', 'the disk is full']]);
  const found = (code: string) =>
    messagesOf('src/api/a.ts', withPlaces(code), constants).map(({ text }) => text);
  for (const [code, texts] of [
    ["log.err('it broke', { a: f(1, 'x y') })", ['it broke']],
    ["options.log.warning(\n  'it broke',\n)", ['it broke']],
    ['log.err(`no %{thing[`a %{b}`]} in "%{x}", go`)', ['no … in "…", go']],
    [
      "log.err(many ? 'they broke' : why === 'one' ? 'it broke' : FULL)",
      ['they broke', 'it broke', 'the disk is full'],
    ],
    ['log.err(choice === OTHER.x ? FULL : `it broke`)', ['the disk is full', 'it broke']],
    ['log.err(FULL, fields)', ['the disk is full']],
    ['log.err(`%{FULL}: look`)', ['the disk is full: look']],
    ["throw new FatalError('it cannot', EXIT.io, { cause })", ['it cannot']],
    ["throw new FatalError('--key: needs a value', EXIT.usage)", []],
    ["log.info('all is well'); // log.err('not said', {})", []],
    ["log.err('it\\'s (gone', {})", ["it's (gone"]],
  ] as const)
    t.strictSame(found(code), texts, code);
  for (const code of [
    'log.err(text)',
    'log.warning(`%{what}`)',
    'log.err(`%{what}: %{advice}`)',
    "log[level]('it broke')",
    'server.on(log.err)',
    'throw new FatalError(text, EXIT.io)',
  ])
    t.throws(() => found(code), { message: /^src\/api\/a.ts: / }, code);
  t.strictSame(
    [...constantsOf("const A = 'x y';\nexport const B_C =\n  'long x';\nconst D = 3;\n")],
    [
      ['A', 'x y'],
      ['B_C', 'long x'],
    ],
  );
  t.end();
});

t.test('what an entry points to is there', (t) => {
  const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
  const page = readFileSync('docs/messages.md', 'utf8');
  const links = [...page.matchAll(/([a-z-]+\.md)\)?, "([^"]+)"/g)];
  t.ok(links.length > 20);
  for (const [link, name, heading] of links) {
    t.ok(pages.includes(name!), link);
    t.ok(readFileSync(`docs/${name}`, 'utf8').includes(`# ${heading}`), link);
  }
  t.end();
});
