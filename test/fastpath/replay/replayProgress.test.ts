import t from 'tap';
import { noCounts, openProgress } from '../../../src/fastpath/replay/replayProgress.ts';
import { makeTerminal } from '../../support/terminal.ts';

t.test('on a terminal: a bar with the counts, and log lines above it', async (t) => {
  const { stream, shown } = makeTerminal(true);
  const { log, show, stop } = openProgress('info', stream);
  show(0.25, 'raw/a.jsonl.gz', { ...noCounts(), objects: 3, rows: 200, failed: 1 });
  log.info('something');
  stop();
  const all = shown();
  t.match(all, / 25% raw\/a\.jsonl\.gz: 3 objects, 200 rows, 1 failed, 0\/s, \S+ left/);
  t.match(all, /\r\x1b\[K[^\n]*something/);
});

t.test('elsewhere: no bar', async (t) => {
  const { stream, shown } = makeTerminal(false);
  const { log, show, stop } = openProgress('info', stream);
  show(0.25, 'raw/a.jsonl.gz', noCounts());
  log.info('something');
  stop();
  t.match(shown(), /^[^\r\x1b]*something[^\r\x1b]*$/);
});
