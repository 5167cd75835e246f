/** An hour of 200,000 measurements takes little more memory than one of a tenth of that. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startStores } from '../edge/objects/stores.ts';
import { bundle } from '../support/bundle.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { envelope, makeHost, sampleContent } from './fixture.ts';

/** Different bodies: the others are more links to the same files, which is quicker to make. */
const BODIES = 500;
const MEGABYTE_KB = 1_024;

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});

t.test('memory does not grow with the hour', { timeout: 1_200_000 }, async (t) => {
  const program = bundle(new URL('killable.ts', import.meta.url));
  const folder = stores.kinds.find(({ kind }) => kind === 'folder')!;

  const root = t.testdir();

  /** Runs the uploader on an hour of so many measurements; gives the most memory it had, in KB. */
  const memoryOf = async (count: number): Promise<number> => {
    const dir = join(root, String(count));
    const bodies = join(dir, 'bodies');
    mkdirSync(bodies, { recursive: true });
    const host = await makeHost(dir, folder, clickhouse.url);
    for (let at = 0; at < BODIES; at++)
      writeFileSync(join(bodies, String(at)), envelope(sampleContent(at, 100 + 8 * at)));
    const hour = join(host.spoolDir, 'incoming', '2026082110_IT_tor');
    mkdirSync(hour);
    for (let at = 0; at < count; at++) {
      const hash = at.toString(16).padStart(16, '0');
      const microseconds = String(at).padStart(6, '0');
      linkSync(
        join(bodies, String(at % BODIES)),
        join(hour, `20260821100000.${microseconds}_IT_tor_${hash}.post`),
      );
    }
    const output = execFileSync(process.execPath, [program, host.configFile, 'quiet'], {
      encoding: 'utf8',
    });
    t.same(readdirSync(join(host.spoolDir, 'incoming')), [], `${count}: all are published`);
    const rows = await host.clickhouse.query({
      query: 'SELECT uniqExact(measurement_uid) AS n FROM jsonl',
      format: 'JSONEachRow',
    });
    t.equal(Number((await rows.json<{ n: string }>())[0]!.n), count, `${count}: rows`);
    await host.close();
    return Number(/memory (\d+)/.exec(output)![1]);
  };

  const some = await memoryOf(20_000);
  const many = await memoryOf(200_000);
  const megabytes = (kilobytes: number) => (kilobytes / MEGABYTE_KB).toFixed(0);
  t.comment(`20,000 measurements: ${megabytes(some)} MB; 200,000: ${megabytes(many)} MB`);
  t.ok(many < some + 100 * MEGABYTE_KB, `${megabytes(many)} MB`);
  t.ok(many < 400 * MEGABYTE_KB, `${megabytes(many)} MB`);
});
