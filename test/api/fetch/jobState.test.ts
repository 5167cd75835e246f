/** Covers src/api/fetch/{jobState,fileHistory}.ts. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openFileHistory } from '../../../src/api/fetch/fileHistory.ts';
import {
  jobMetricsText,
  readState,
  writeJobMetrics,
  writeState,
} from '../../../src/api/fetch/jobState.ts';
import { geoipJob } from '../../../src/core/sources/geoipJob.ts';

const NEVER = { runs: 0, failed_runs: 0, last_success_ms: 0, taken_at_ms: 0, rows: 0 };

t.test('state of a job, which may be lost or damaged', async (t) => {
  const dir = t.testdir({});
  t.strictSame(await readState(dir, geoipJob), NEVER);
  const state = { ...NEVER, runs: 3, last_success_ms: 5_000 };
  await writeState(dir, geoipJob, state);
  t.strictSame(await readState(dir, geoipJob), state);
  for (const text of ['', '{"runs": "many"}', '[]', '{']) {
    writeFileSync(join(dir, 'geoip.state.json'), text);
    t.strictSame(await readState(dir, geoipJob), NEVER, text);
  }
});

t.test('its metrics, readable for all', async (t) => {
  const dir = t.testdir({});
  const state = { runs: 3, failed_runs: 1, last_success_ms: 5_000, taken_at_ms: 4_000, rows: 7 };
  await writeJobMetrics(dir, geoipJob, state);
  const file = join(dir, 'ooni-fetch-geoip.prom');
  t.equal(statSync(file).mode & 0o777, 0o644);
  const text = readFileSync(file, 'utf8');
  t.equal(text, await jobMetricsText(geoipJob, state));
  t.strictSame(
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    [
      'ooni_fetch_runs_total{data="geoip"} 3',
      'ooni_fetch_failed_runs_total{data="geoip"} 1',
      'ooni_fetch_last_success_timestamp_seconds{data="geoip"} 5',
      'ooni_fetch_content_timestamp_seconds{data="geoip"} 4',
      'ooni_fetch_content_rows{data="geoip"} 7',
      'ooni_fetch_period_seconds{data="geoip"} 86400',
    ],
  );
});

t.test('a history in a file', async (t) => {
  const file = join(t.testdir({}), 'history.jsonl');
  const history = openFileHistory(file);
  t.strictSame(await history.read('geoip', 5), []);
  const entry = (n: number) => ({
    kind: 'fetched' as const,
    version: { sha256: `${n}`, source: 's', validators: {}, takenAtMs: n, rows: 0 },
    withdrawn: '',
    host: '7',
  });
  for (const n of [1, 2, 3]) await history.add('geoip', entry(n));
  t.strictSame(await history.read('geoip', 2), [entry(3), entry(2)]);
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"kind":"fet`);
  t.strictSame(await history.read('geoip', 2), [entry(3), entry(2)], 'a line that is not whole');
});
