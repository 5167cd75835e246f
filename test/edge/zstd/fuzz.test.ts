/**
 * Covers src/edge/zstd/native.ts: damaged and hostile data of many kinds, under the compiler's checks of memory and
 * of undefined behaviour, held against the reference.
 */
import t from 'tap';
import { runSanitized } from '../../support/sanitizedModule.ts';
import type { FuzzReport } from './fuzzProgram.ts';

const { status, signal, stdout, stderr } = runSanitized(
  new URL('./fuzzProgram.ts', import.meta.url),
);

t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
const report = JSON.parse(stdout) as FuzzReport;
t.ok(report.accepted > 200 && report.refused > 1_000, JSON.stringify(report));
t.strictSame(report.wrong, []);
