/**
 * Scores cases and compares the rows with those that they expect:
 * `node --import=tsx test/conformance/corpus.ts [id or group …]`.
 *
 * Two sets of the same format. The project's own sample has a case for each verdict of each nettest, worked
 * out by the rules of docs/protocol/scoring.md; it is always there. The golden cases, whose rows the ancestor
 * computed, are no part of this project: they are read from `$OONI_SHARED/corpus`, by default
 * `../shared/corpus` beside it, when they are there.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCases } from './scoringCases.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = path.resolve(process.env.OONI_SHARED ?? path.join(ROOT, '../shared'));
const GOLDEN = path.join(SHARED, 'corpus/cases.jsonl.gz');
const SAMPLE = path.join(ROOT, 'test/conformance/sample/corpus');

function main(wanted: readonly string[]): number {
  const say = (line: string) => console.log(line);
  const sample = runCases(
    readFileSync(path.join(SAMPLE, 'cases.jsonl')),
    { sample: path.join(SAMPLE, 'fingerprints-sample') },
    wanted,
    say,
  );
  console.log(`own sample: ${sample.passed} passed, ${sample.failed} failed`);
  if (!existsSync(GOLDEN)) {
    console.log(`golden cases: none at ${GOLDEN} (OONI_SHARED says where)`);
    return sample.failed === 0 ? 0 : 1;
  }
  const golden = runCases(
    readFileSync(GOLDEN),
    {
      test: path.join(SHARED, 'corpus/fingerprints-test'),
      real: path.join(SHARED, 'fixtures/fingerprints'),
    },
    wanted,
    say,
  );
  console.log(`golden cases: ${golden.passed} passed, ${golden.failed} failed`);
  return sample.failed + golden.failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
