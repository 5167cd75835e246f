/**
 * Prioritises cases of the probe services and compares the lists, each with several seeds:
 * `node --import=tsx test/conformance/probe.ts [name prefix]`.
 *
 * The project's own sample, worked out by hand, is always there. The golden cases, whose lists the ancestor
 * made, are no part of this project: they are read from `$OONI_SHARED/golden/probe`, by default
 * `../shared/golden/probe` beside it, when they are there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { listDifferences, type PrioritisationCase, prioritised } from './prioritisationCases.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = path.resolve(process.env.OONI_SHARED ?? path.join(ROOT, '../shared'));
const GOLDEN = path.join(SHARED, 'golden/probe');
const SAMPLE = path.join(ROOT, 'test/conformance/sample/probe/cases.json');
const SEEDS = [1, 2, 3];

/** How many fail; what differs is said. */
function failures(cases: readonly PrioritisationCase[]): number {
  let failed = 0;
  for (const golden of cases) {
    const lines = SEEDS.flatMap((seed) => listDifferences(golden, prioritised(golden, seed)));
    if (lines.length === 0) continue;
    failed++;
    console.log(`FAILED ${golden.name}: ${golden.why}`);
    console.log([...new Set(lines)].map((line) => `    ${line}`).join('\n'));
  }
  return failed;
}

function main(prefix = ''): number {
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;
  const wanted = ({ name }: PrioritisationCase) => name.startsWith(prefix);
  const sample = (read(SAMPLE) as PrioritisationCase[]).filter(wanted);
  const failedSample = failures(sample);
  console.log(`own sample: ${sample.length - failedSample} passed, ${failedSample} failed`);
  if (!existsSync(GOLDEN)) {
    console.log(`golden cases: none at ${GOLDEN} (OONI_SHARED says where)`);
    return failedSample === 0 ? 0 : 1;
  }
  // Every folder of cases that is there.
  const golden = readdirSync(GOLDEN, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => read(path.join(GOLDEN, name)) as PrioritisationCase)
    .filter(wanted);
  const failedGolden = failures(golden);
  console.log(`golden cases: ${golden.length - failedGolden} passed, ${failedGolden} failed`);
  return failedSample + failedGolden === 0 ? 0 : 1;
}

process.exitCode = main(process.argv[2]);
