/** What the programs and their files tell an operator to read is installed, with the section that is named. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const INSTALLED = '/usr/share/doc/ooni-common/';

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** By name, as debian/install-files puts them there. */
const headings = new Map(
  readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => [
      name,
      new Set([...read(join('docs', name)).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)),
    ]),
);

function read(file: string): string {
  return readFileSync(file, 'utf8');
}

/** Without comments, which are for who has the sources. */
const messages = filesIn('src').map((file) => ({
  file,
  text: read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, ''),
}));
const installed = ['etc', 'systemd', 'completion', 'docs/man']
  .flatMap(filesIn)
  // The marks of comments and manual pages between the words are none of them.
  .map((file) => ({ file, text: read(file).replace(/\n#? */g, ' ') }));

t.test('nothing cites a file of the sources', async (t) => {
  for (const { file, text } of [...messages, ...installed])
    t.notMatch(text, /(?<![\w/])docs\/[\w-]+\.md/, file);
});

t.test('what is cited is there', async (t) => {
  let sections = 0;
  for (const { file, text } of [...messages, ...installed])
    for (const [cited, name, section] of text.matchAll(
      new RegExp(`${INSTALLED}([\\w-]+\\.md)(?:, "([^"]+)")?`, 'g'),
    )) {
      t.ok(headings.has(name!), `${file}: ${cited}`);
      if (section === undefined) continue;
      sections++;
      t.ok(headings.get(name!)?.has(section), `${file}: ${cited}`);
    }
  t.ok(sections >= 10, `sections are cited, and found here: ${sections}`);
});

t.test('the documents are installed under the names that are cited', async (t) => {
  t.match(
    read('debian/install-files'),
    `"$common${INSTALLED.slice(0, -1)}" CHANGELOG.md docs/*.md`,
  );
  t.match(read('debian/rules'), 'dh_compress -X.md', 'and are not compressed');
});

t.test('the protocol tells what this backend does, and not what another did', (t) => {
  for (const file of filesIn('docs/protocol'))
    t.notMatch(read(file), /\bancestor|python backend/i, file);
  t.end();
});
