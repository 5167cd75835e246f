/**
 * Covers src/edge/layout/layout.ts: bodies of many kinds, usual and damaged, and arguments of every kind, under the
 * compiler's checks of memory and of undefined behaviour.
 */
import t from 'tap';
import { runSanitized } from '../../support/sanitizedModule.ts';
import type { FuzzReport } from './fuzzProgram.ts';

const { status, signal, stdout, stderr } = runSanitized(
  new URL('./fuzzProgram.ts', import.meta.url),
);

t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
const report = JSON.parse(stdout) as FuzzReport;
t.ok(report.found > 1_000 && report.left > 500, JSON.stringify(report));
t.strictSame(report.wrong, []);
