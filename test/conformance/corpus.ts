/**
 * Scores the golden cases and compares them with what the reference computed:
 * `node --import=tsx test/conformance/corpus.ts [id or group …]`.
 *
 * The cases are no part of this project. They are read from `$OONI_SHARED/corpus`, by default
 * `../shared/corpus` beside the project, and skipped when they are not there.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseFingerprintsCsv } from '../../src/core/fingerprints/fingerprint.ts';
import { compileFingerprints, type FingerprintSet } from '../../src/core/fingerprints/match.ts';
import type { Outcome } from '../../src/core/scoring/outcome.ts';
import { scorePost } from '../../src/core/scoring/scorePost.ts';
import { differences } from './differences.ts';

interface Case {
  readonly id: string;
  readonly group: string;
  readonly fingerprints: 'test' | 'real';
  readonly measurement_uid: string;
  readonly measurement: unknown;
  readonly expected?: { readonly row?: Record<string, unknown>; readonly discarded?: unknown };
  readonly upstream_bug?: unknown;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = path.resolve(process.env.OONI_SHARED ?? path.join(ROOT, '../shared'));
const CASES = path.join(SHARED, 'corpus/cases.jsonl.gz');

function loadFingerprints(folder: string): FingerprintSet {
  const read = (name: string) =>
    parseFingerprintsCsv(readFileSync(path.join(SHARED, folder, name), 'utf8'));
  return compileFingerprints(read('fingerprints_dns.csv'), read('fingerprints_http.csv'));
}

/** What is wrong with an outcome, one line each; nothing when it is right. */
function faults({ expected, upstream_bug: upstreamBug }: Case, outcome: Outcome): string[] {
  // The reference lost this one. Any answer will do, but a bug of ours is not an answer.
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

function main(wanted: readonly string[]): number {
  if (!existsSync(CASES)) {
    console.log(`skipped: no golden cases at ${CASES} (set OONI_SHARED to where they are)`);
    return 0;
  }
  const known = {
    test: loadFingerprints('corpus/fingerprints-test'),
    real: loadFingerprints('fixtures/fingerprints'),
  };
  const cases = gunzipSync(readFileSync(CASES))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Case)
    .filter(
      ({ id, group }) => wanted.length === 0 || wanted.includes(id) || wanted.includes(group),
    );

  let failed = 0;
  for (const golden of cases) {
    const post = Buffer.from(JSON.stringify(golden.measurement));
    const outcome = scorePost(post, golden.measurement_uid, known[golden.fingerprints]);
    const lines = faults(golden, outcome);
    if (lines.length === 0) continue;
    failed++;
    console.log(`FAILED ${golden.id}\n${lines.map((line) => `    ${line}`).join('\n')}`);
  }
  console.log(`${cases.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
