/**
 * The commands that the documents tell operators to run are run by the tests as they stand there, or say why
 * they are not.
 */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

const DOCUMENTS = ['install', 'operate', 'metrics', 'accounts'];

/** What runs blocks: `follow "$OPERATE_DOC" NAME`, or `runbook NAME` for short, and the tests beside this one. */
const runners = [
  ...readdirSync('test/system/inside')
    .filter((name) => name.endsWith('.sh'))
    .map((name) => readFileSync(`test/system/inside/${name}`, 'utf8')),
].join('\n');

const isRun = (document: string, name: string) =>
  new RegExp(`follow "?\\$${document.toUpperCase()}_DOC"? ${name}\\b(?!-)`).test(runners) ||
  (document === 'operate' && new RegExp(`\\brunbook ${name}\\b(?!-)`).test(runners));

for (const document of DOCUMENTS)
  t.test(`docs/${document}.md`, async (t) => {
    const lines = readFileSync(`docs/${document}.md`, 'utf8').split('\n');
    const names = new Set<string>();
    let inside = false;
    for (const [at, line] of lines.entries()) {
      const fence = /^ *```(\w*)$/.exec(line);
      if (fence === null) {
        // Such a block has no mark, and looks like what a reader is to type.
        t.ok(inside || !/^ {4}/.test(line), `line ${at + 1} is in no fenced block: ${line}`);
        continue;
      }
      inside = !inside;
      if (!inside || fence[1] !== 'sh') continue;
      const mark = lines[at - 1]!.trim();
      const [, name] = /^<!-- test: ([a-z0-9-]+) -->$/.exec(mark) ?? [];
      if (name === undefined) {
        t.match(
          mark,
          /^<!-- not run: .+ -->$/,
          `the block at line ${at + 1} says why it is not run`,
        );
        continue;
      }
      t.notOk(names.has(name), `${name} is the name of one block`);
      names.add(name);
      t.ok(isRun(document, name), `the acceptance test runs ${name}`);
    }
    t.ok(names.size > 0);
  });
