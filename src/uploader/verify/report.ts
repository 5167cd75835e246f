/** What a check of the archive found. */
import { printable } from '../../core/text/printable.ts';

/** A problem breaks the verdict; a warning is for somebody to look at. */
export type Severity = 'problem' | 'warning';

export interface Report {
  problem(subject: string, text: string): void;
  warning(subject: string, text: string): void;
  readonly problems: number;
  readonly warnings: number;
}

/** Findings written out at once; a tampered archive may have very many. */
const MAX_WRITTEN = 1_000;

/** Hands each finding to `write` as it comes; beyond a bound they are only counted. */
export function openReport(write: (line: string) => void): Report {
  const counts = { problem: 0, warning: 0 };
  const add = (severity: Severity, subject: string, text: string) => {
    counts[severity]++;
    const found = counts.problem + counts.warning;
    // Names and reasons come from the archive that is checked.
    if (found <= MAX_WRITTEN) write(printable(`${severity}: ${subject}: ${text}`));
    if (found === MAX_WRITTEN) write('… more findings are only counted');
  };
  return {
    problem: (subject, text) => add('problem', subject, text),
    warning: (subject, text) => add('warning', subject, text),
    get problems() {
      return counts.problem;
    },
    get warnings() {
      return counts.warning;
    },
  };
}
