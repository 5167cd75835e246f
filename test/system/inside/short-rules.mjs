// The alert rules with other times, on standard output, so that a test need not wait for hours: what lasts minutes lasts
// seconds. (That the times of the rules themselves are as meant is what `make alerts` tests.)
import { readFileSync } from 'node:fs';

const CHANGES = [
  [/\bfor: \w+/g, 'for: 2s'],
  [/\[\d+m\]/g, '[15s]'],
  [/\[\d+[hd]\]/g, '[20s]'],
  // Of hours and what is beside them: ten seconds each.
  [/\b(\d+) \* 3600\b/g, '$1 * 10'],
  [/\* ooni_fetch_period_seconds \+ 900\b/g, '* ooni_fetch_period_seconds / 360 + 5'],
  [/(oldest_pending_age_seconds >) 300\b/g, '$1 5'],
];
let rules = readFileSync(process.argv[2], 'utf8');
for (const [pattern, text] of CHANGES) {
  if (rules.search(pattern) < 0) throw new Error(`no rule has ${pattern}`);
  rules = rules.replace(pattern, text);
}
process.stdout.write(rules);
