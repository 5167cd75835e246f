// Every citation of the protocol, like `(protocol, data 4.1 and 7.1; scoring 2)`, names a section that
// docs/protocol has. Part of `make check`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGES = 'docs/protocol';
const pages = new Map(
  readdirSync(PAGES)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => {
      const text = readFileSync(join(PAGES, name), 'utf8');
      const sections = [...text.matchAll(/^#+ (?:Appendix )?([A-Z]?\.?\d[\d.]*?)\.? /gm)];
      return [name.slice(0, -3), new Set(sections.map(([, number]) => number))];
    }),
);

/** Sections that a citation's text names, as [page, section]. */
function cited(text) {
  const found = [];
  let page;
  for (const [, name, section] of text.matchAll(
    /\b([a-z]+)\b(?= [A-Z]?\.?\d| appendix)|(?<![\w.–-])((?:[A-Z]\.)?\d{1,2}(?:\.\d{1,2})*)(?![\w–-])/g,
  ))
    if (name !== undefined) page = pages.has(name) ? name : page;
    else if (page !== undefined) found.push([page, section]);
  return found;
}

let wrong = 0;
for (const folder of ['src', 'test', 'scripts', 'bench'])
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(ts|mjs|sh)$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    // A citation may go over the end of a line of comment.
    const text = readFileSync(file, 'utf8').replace(/\n\s*(?:\*|\/\/)\s*/g, ' ');
    for (const [citation] of text.matchAll(
      /\bprotocol, (?:probes|data|scoring|archive)\b[^)'`*]{0,160}/g,
    ))
      for (const [page, section] of cited(citation))
        if (!pages.get(page).has(section)) {
          console.error(`${file}: docs/protocol/${page}.md has no section ${section}`);
          wrong++;
        }
    if (/\bcontract[, ](?:probe-services|data-api|fastpath|storage)/.test(text)) {
      console.error(`${file}: cites something that is not in the repository`);
      wrong++;
    }
  }
if (wrong > 0) process.exit(1);
