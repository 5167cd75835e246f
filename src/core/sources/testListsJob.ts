/** Lists of URLs to test, by country, with their categories (protocol, data A.3). */
import { createHash } from 'node:crypto';
import { sha256Hex } from '../text/sha256.ts';
import { csvRecords } from './csvRecords.ts';
import type { Fault, Job, Parsed, SourceFile } from './job.ts';

/** Lists of a country, and the global one. Others, of a region or a legend, are no lists of ours. */
const LIST = /(?:^|\/)lists\/(?:([a-z]{2})|global)\.csv$/;
const GLOBAL = 'ZZ';

/** Host names and IPv4 addresses, without a user and password, with what is after them as it is. */
const URL_SHAPE =
  /^https?:\/\/((?:(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})\.?)|(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d))(?::(\d{1,5}))?(?:[/?#]\S*)?$/i;
/** Texts are cut off nowhere, so they have an end. */
const MOST_URL_CHARS = 2_048;
const CATEGORY = /^[A-Z][A-Z0-9]{1,9}$/;
const MOST_PORT = 65_535;
/** Of all lists together. */
const MOST_ROWS = 999_999;

export const testListsJob: Job = {
  name: 'test-lists',
  periodSeconds: 1_800,
  files: undefined,
  wants: (path) => LIST.test(path),
  parse: parseTestLists,
  replaces: {
    kind: 'tables',
    tables: [
      {
        table: 'citizenlab',
        countries: '[upper(toString(cc))]',
        leastRows: 20_001,
        mostRows: MOST_ROWS,
      },
    ],
  },
};

/** A row at fault is left out: a list is written by many hands, and the rest of it is good. */
function parseTestLists(files: readonly SourceFile[]): Parsed {
  const found = files
    .map((file) => ({ file, match: LIST.exec(file.name), depth: file.name.split('/').length }))
    .filter(({ match }) => match !== null);
  // Of several folders of that name, those of an archive or of tests say, the outermost one is meant.
  const outermost = Math.min(...found.map(({ depth }) => depth));
  const lists = found
    .filter(({ depth }) => depth === outermost)
    .sort((a, b) => (a.file.name < b.file.name ? -1 : 1));
  if (!lists.some(({ match }) => match![1] === undefined))
    return { kind: 'invalid', reason: 'lists/global.csv is not there' };
  const hash = createHash('sha256');
  const lines: string[] = [];
  const faults: Fault[] = [];
  const byCountry = new Map<string, number>();
  let left = MOST_ROWS;
  for (const { file, match } of lists) {
    const cc = match![1] ?? GLOBAL;
    const read = csvRecords(file, ['url', 'category_code'], {
      loose: true,
      mostRecords: left,
    });
    if (read.kind === 'invalid') return read;
    left -= read.records.length;
    const name = `lists/${match![1] ?? 'global'}.csv`;
    hash.update(`${name} ${sha256Hex(file.bytes)}\n`);
    const lineOf = new Map<string, number>();
    for (const { line, row, uneven } of read.records) {
      const { url = '', category_code: category = '' } = row;
      const problem = urlProblem(url) ?? categoryProblem(category);
      const before = lineOf.get(url);
      // What is taken of a row is in its first cells.
      if (uneven !== undefined && problem === undefined)
        faults.push({ file: name, line, problem: `${uneven}; taken all the same` });
      if (problem !== undefined) faults.push({ file: name, line, problem });
      else if (before !== undefined)
        faults.push({ file: name, line, problem: `url ${url} again, after line ${before}` });
      else {
        lineOf.set(url, line);
        lines.push(JSON.stringify({ domain: hostOf(url), url, cc, category_code: category }));
      }
    }
    byCountry.set(cc.toUpperCase(), lineOf.size);
  }
  return {
    kind: 'ok',
    content: {
      tables: [{ table: 'citizenlab', lines, byCountry }],
      rows: lines.length,
      sha256: hash.digest('hex'),
      faults,
      regularExpressions: [],
    },
  };
}

function urlProblem(url: string): string | undefined {
  const expected = 'url: expected http(s)://, a host name or IPv4 address, and a path';
  const match = url.length > MOST_URL_CHARS ? null : URL_SHAPE.exec(url);
  const good =
    match !== null &&
    !/[\\\ufffd]/.test(url) &&
    Number(match[2] ?? 1) <= MOST_PORT &&
    match[2] !== '0';
  return good ? undefined : `${expected}, found ${JSON.stringify(url.slice(0, 100))}`;
}

function categoryProblem(category: string): string | undefined {
  return CATEGORY.test(category)
    ? undefined
    : `category_code: expected two to ten capitals, found ${JSON.stringify(category.slice(0, 100))}`;
}

/** Without port, in lower case, without a final dot. */
function hostOf(url: string): string {
  return URL_SHAPE.exec(url)![1]!.toLowerCase().replace(/\.$/, '');
}
