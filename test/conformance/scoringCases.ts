/** Cases of scoring: one JSON object a line, each with a measurement and the row that it must become. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseFingerprintsCsv } from '../../src/core/fingerprints/fingerprint.ts';
import { compileFingerprints, type FingerprintSet } from '../../src/core/fingerprints/match.ts';
import type { Outcome } from '../../src/core/scoring/outcome.ts';
import { scorePost } from '../../src/core/scoring/scorePost.ts';
import { differences } from './differences.ts';

interface Case {
  readonly id: string;
  /** Name of the test, or a topic. */
  readonly group: string;
  /** Name of the set of fingerprints that was loaded. */
  readonly fingerprints: string;
  readonly measurement_uid: string;
  /** A measurement, or an envelope with one. */
  readonly measurement: unknown;
  readonly expected?: { readonly row?: Record<string, unknown>; readonly discarded?: unknown };
  readonly upstream_bug?: unknown;
}

/** Runs all cases, or those whose id or group is wanted, and says what is wrong with each that fails. */
export function runCases(
  file: Buffer,
  folders: Readonly<Record<string, string>>,
  wanted: readonly string[],
  say: (line: string) => void,
): { readonly passed: number; readonly failed: number; readonly groups: ReadonlySet<string> } {
  const known = new Map(
    Object.entries(folders).map(([name, folder]) => [name, loadFingerprints(folder)]),
  );
  const text = (file[0] === 0x1f ? gunzipSync(file) : file).toString('utf8');
  const cases = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Case)
    .filter(
      ({ id, group }) => wanted.length === 0 || wanted.includes(id) || wanted.includes(group),
    );
  let failed = 0;
  for (const one of cases) {
    const post = Buffer.from(JSON.stringify(one.measurement));
    const lines = faults(one, scorePost(post, one.measurement_uid, known.get(one.fingerprints)!));
    if (lines.length === 0) continue;
    failed++;
    say(`FAILED ${one.id}\n${lines.map((line) => `    ${line}`).join('\n')}`);
  }
  const groups = new Set(cases.map(({ group }) => group));
  return { passed: cases.length - failed, failed, groups };
}

function loadFingerprints(folder: string): FingerprintSet {
  const read = (name: string) =>
    parseFingerprintsCsv(readFileSync(path.join(folder, name), 'utf8'));
  return compileFingerprints(read('fingerprints_dns.csv'), read('fingerprints_http.csv'));
}

/** What is wrong with an outcome, one line each; nothing when it is right. */
function faults({ expected, upstream_bug: upstreamBug }: Case, outcome: Outcome): string[] {
  // The ancestor lost this one. Any answer will do, but a bug of ours is not an answer.
  if (upstreamBug) {
    const failed = outcome.kind === 'quarantine' && outcome.reason.startsWith('scoring failed');
    return failed ? [outcome.reason] : [];
  }
  if (expected?.discarded) {
    return outcome.kind === 'discard' ? [] : [`expected a discard, found ${outcome.kind}`];
  }
  if (outcome.kind !== 'row') return [`expected a row, found ${outcome.kind}: ${outcome.reason}`];
  const row = outcome.row as unknown as Record<string, unknown>;
  return Object.entries(expected?.row ?? {}).flatMap(([column, value]) =>
    differences(value, row[column], column),
  );
}
