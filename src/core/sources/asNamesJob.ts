/** Names of networks, with their history (protocol, data A.4). */

import { formatAsn, parseBareAsn } from '../measurement/asNumber.ts';
import { sha256Hex } from '../text/sha256.ts';
import type { Fault, Job, Parsed, SourceFile } from './job.ts';

const FILE = 'all_as_org_map.json';
/** Rows left out that are told of one by one; a file of another kind has nothing else. */
const MOST_FAULTS = 1_000;
const EXPECTED = '[org_name, cc, YYYYMMDD, aut_name, source]';

export const asNamesJob: Job = {
  name: 'as-names',
  periodSeconds: 86_400,
  files: [FILE],
  wants: (path) => path === FILE,
  parse: parseAsNames,
  replaces: {
    kind: 'tables',
    tables: [{ table: 'asnmeta', countries: '[upper(cc)]', leastRows: 100_001, mostRows: 999_999 }],
  },
};

/** An object from AS number to a list of what it was called. `line` of a fault: the how-manieth network. */
function parseAsNames(files: readonly SourceFile[]): Parsed {
  const file = files.find(({ name }) => name === FILE);
  if (file === undefined) return { kind: 'invalid', reason: `${FILE} is not there` };
  let networks: unknown;
  try {
    networks = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.bytes));
  } catch (error) {
    return { kind: 'invalid', reason: `${FILE}: expected JSON: ${(error as Error).message}` };
  }
  if (typeof networks !== 'object' || networks === null || Array.isArray(networks))
    return { kind: 'invalid', reason: `${FILE}: expected an object from AS number to names` };
  const lines: string[] = [];
  const faults: Fault[] = [];
  const byCountry = new Map<string, number>();
  let place = 0;
  for (const [number, names] of Object.entries(networks)) {
    place++;
    const fault = (problem: string) => faults.push({ file: FILE, line: place, problem });
    if (faults.length > MOST_FAULTS)
      return { kind: 'invalid', reason: `${FILE}: more than ${MOST_FAULTS} rows are at fault` };
    const asn = parseBareAsn(number);
    if (asn === undefined || !Array.isArray(names)) {
      const found = JSON.stringify(number.slice(0, 40));
      fault(`expected a list of names of an AS number, found ${found}`);
      continue;
    }
    const seen = new Set<string>();
    for (const name of names) {
      const row = rowOf(asn, name);
      if (row === undefined) {
        const found = JSON.stringify(name)?.slice(0, 100);
        fault(`${formatAsn(asn)}: expected ${EXPECTED}, found ${found}`);
        continue;
      }
      const line = JSON.stringify(row);
      if (seen.has(line)) {
        fault(`AS${asn}: the name of ${row.changed} again`);
        continue;
      }
      seen.add(line);
      const cc = row.cc.toUpperCase();
      byCountry.set(cc, (byCountry.get(cc) ?? 0) + 1);
      lines.push(line);
    }
  }
  return {
    kind: 'ok',
    content: {
      tables: [{ table: 'asnmeta', lines, byCountry }],
      rows: lines.length,
      sha256: sha256Hex(file.bytes),
      faults,
      regularExpressions: [],
    },
  };
}

function rowOf(asn: number, name: unknown) {
  if (!Array.isArray(name) || name.length !== 5) return undefined;
  const [org_name, cc, changed, aut_name, source] = name.map((cell) => String(cell ?? ''));
  const day = /^(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.exec(changed!);
  if (day === null) return undefined;
  return {
    asn,
    org_name: org_name!,
    cc: cc!,
    // What a Date column can hold, whatever calendar the day is of.
    changed: day[1]! < '1970' ? '1970-01-01' : `${day[1]}-${day[2]}-${day[3]}`,
    aut_name: aut_name!,
    source: source!,
  };
}
