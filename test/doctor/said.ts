/** How tests hold what ooni-doctor says. */
import type { Stats } from 'node:fs';
import type { Test } from 'tap';
import { type Finding, lineOf } from '../../src/doctor/finding.ts';
import type { Read } from '../../src/doctor/host.ts';

export const NOW = Date.parse('2026-11-24T10:00:00Z');
/** Must be in no line. */
export const SECRET = 'hunter2-is-no-secret';

/** A file of root's that was read. */
export const read = (text: string, stats: Partial<Stats> = {}): Read => ({
  kind: 'read',
  text,
  stats: { uid: 0, mode: 0o100600, ...stats } as Stats,
});
export const MISSING = { kind: 'missing' } as const;
export const DENIED = { kind: 'denied', why: 'EACCES' } as const;
export const ran = (code: number | undefined, out = '', errors = '') => ({ code, out, errors });
export const answer = (status: number, text: string) => ({ kind: 'answer', status, text }) as const;

/** Lines of findings, held against what each must begin with. */
export function said(
  t: Pick<Test, 'equal' | 'match'>,
  findings: Finding | readonly Finding[],
  ...begin: string[]
): void {
  const lines = [findings].flat().map(lineOf);
  t.equal(lines.length, begin.length, lines.join(' / '));
  for (const [i, line] of lines.entries()) {
    t.equal(line.slice(0, begin[i]!.length), begin[i]);
    // Whoever reads that something is wrong reads what to do.
    if (!line.startsWith('ok')) t.match(line, /^(FAIL|- {3}) {2}.{5,}: .{8,}$/);
    t.equal(line.includes(SECRET), false);
  }
}
