/**
 * Links of the documents name a file that is there, and a heading of it. Those that stay in docs/ name one that the
 * packages have too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import t from 'tap';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** As a forge names a heading in an address. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(page: string): string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading]) => anchor(heading!));
}

const links = pages.flatMap((page) =>
  [
    ...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g),
  ].map(([, to, section]) => ({
    page,
    target: to === '' ? page : normalize(join(dirname(page), to!)),
    section,
  })),
);

t.test('what is linked is there', async (t) => {
  t.ok(links.length > 100, `links are found: ${links.length}`);
  const broken = links.filter(
    ({ target, section }) =>
      !existsSync(target) || (section !== undefined && !anchorsOf(target).includes(section)),
  );
  t.strictSame(broken, []);
});

t.test('and in the packages, where the page that links it is', async (t) => {
  const script = readFileSync('debian/install-files', 'utf8');
  const [, folders] = /for folder in (.*); do\n.*docs\/\$folder\/\*/.exec(script)!;
  const installed = new Set(['docs', ...folders!.split(' ').map((name) => join('docs', name))]);
  t.strictSame(
    links.filter(
      ({ page, target }) =>
        page.startsWith('docs/') && target.startsWith('docs/') && !installed.has(dirname(target)),
    ),
    [],
  );
});
