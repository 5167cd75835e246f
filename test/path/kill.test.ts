/**
 * kill -9 of any program at any moment during a stream of submissions, then restart: every
 * measurement that got a 200 is in `fastpath` once and, after the uploader ran, in the bucket once.
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import t from 'tap';
import { BUCKET, type Program, startStack } from '../../scripts/run/stack.ts';
import { measurementText, type Submission, submit } from './submit.ts';

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 24);
const stack = await startStack({
  stateDir: t.testdir(),
  logs: 'files',
  apiToml: 'workers = 2\n',
  fastpathToml: 'sweep_interval_ms = 300\nworkers = 2\n',
});
t.teardown(() => stack.stop());

// A small generator, so that a failing run can be told apart from bad luck by its seed.
let seed = 20261124;
const random = (below: number) => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return Math.floor((seed / 2147483648) * below);
};

t.test(
  'accepted measurements survive kill -9 of any program',
  { timeout: 50_000 * ROUNDS },
  async (t) => {
    let api: Program = await stack.startApi();
    let fastpath: Program = await stack.startFastpath();
    const accepted: Submission[] = [];
    let serial = 0;
    let streaming = true;
    const stream = Array.from({ length: 4 }, async () => {
      while (streaming) {
        const done = await submit(stack.apiUrl, measurementText(serial++));
        if (done !== undefined) accepted.push(done);
        else await sleep(20);
      }
    });

    for (let round = 0; round < ROUNDS; round++) {
      await sleep(random(400));
      switch (round % 3) {
        case 0:
          await api.stop('SIGKILL');
          api = await stack.startApi();
          break;
        case 1:
          await fastpath.stop('SIGKILL');
          fastpath = await stack.startFastpath();
          break;
        default: {
          const uploader = stack.spawnUploader('--open-hours');
          await sleep(random(700));
          const ended = once(uploader, 'exit');
          if (uploader.kill('SIGKILL')) await ended;
        }
      }
    }
    await sleep(200);
    streaming = false;
    await Promise.all(stream);
    t.ok(accepted.length > 100, `${accepted.length} measurements were accepted`);

    while (readdirSync(join(stack.spoolDir, 'pending')).length > 0) await sleep(50);
    // Which of them a killed uploader had canned already does not matter.
    t.equal(await stack.runUploader('--open-hours'), 0);

    const stored = await stack.query<{ uid: string; n: number }>(
      'SELECT measurement_uid AS uid, count() AS n FROM fastpath GROUP BY uid',
    );
    const rows = new Map(stored.map(({ uid, n }) => [uid, n]));
    t.strictSame(
      accepted.filter(({ measurementUid }) => rows.get(measurementUid) !== 1),
      [],
      'each accepted measurement has one row',
    );

    const lines = await archivedLines();
    const index = await stack.query<{ uid: string; s3path: string; linenum: number }>(
      'SELECT measurement_uid AS uid, s3path, linenum FROM jsonl',
    );
    const indexed = new Map(index.map((row) => [row.uid, row]));
    t.equal(indexed.size, index.length, 'no measurement is indexed twice');
    const wrong = accepted.filter(({ measurementUid, content }) => {
      const row = indexed.get(measurementUid);
      const line = row && lines.get(row.s3path)?.[row.linenum];
      // The report id is the server's; everything else must be as it was sent.
      return line?.replace(/,"report_id":"[^"]*"}$/, '}') !== content;
    });
    t.strictSame(wrong, [], 'each accepted measurement is in the bucket as it was sent');
    const serials = [...lines.values()].flat().map((line) => /"serial":(\d+)\.00/.exec(line)?.[1]);
    t.equal(new Set(serials).size, serials.length, 'no measurement is in the bucket twice');
    t.strictSame(
      readdirSync(join(stack.spoolDir, 'incoming'), { recursive: true }).filter((name) =>
        String(name).endsWith('.post'),
      ),
      [],
      'the spool is empty',
    );
    t.strictSame(readdirSync(join(stack.spoolDir, 'quarantine')), []);
  },
);

/** Lines of every JSONL object in the bucket, by key. */
async function archivedLines(): Promise<Map<string, string[]>> {
  const s3 = stack.s3.client();
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'raw/' }));
  const lines = new Map<string, string[]>();
  for (const { Key } of listed.Contents ?? []) {
    if (!Key!.endsWith('.jsonl.gz')) continue;
    const object = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const text = gunzipSync(await object.Body!.transformToByteArray()).toString('utf8');
    lines.set(Key!, text.split('\n').slice(0, -1));
  }
  s3.destroy();
  return lines;
}
