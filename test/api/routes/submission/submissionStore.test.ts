/**
 * Several processes that store into one spool at the same instant: their clocks stand still, and all
 * of them are in the same lane, so nothing but the spool keeps them apart.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Stored } from '../../../../src/api/routes/submission/submissionStore.ts';
import { openSeen } from '../../../../src/edge/spool/seen.ts';
import { openSpool } from '../../../../src/edge/spool/spool.ts';
import { claimsIn } from '../../../edge/spool/deposit/deposits.ts';
import { bundle } from '../../../support/bundle.ts';
import type { FromStore, StoreSetup, ToStore } from '../../storeProcess.ts';
import { filesIn } from '../../support.ts';

const PROGRAM = bundle(new URL('../../storeProcess.ts', import.meta.url));
const NOW_MS = Date.UTC(2026, 7, 21, 10, 15, 3);
const HOUR_FOLDER = 'incoming/2026082110_IT_ndt';
const PROCESSES = 4;

interface ChildStore {
  readonly child: ChildProcess;
  store(submissions: readonly ToStore[]): Promise<readonly Stored[]>;
}

async function startStore(
  t: { teardown(step: () => unknown): unknown },
  setup: Partial<StoreSetup> & { readonly spoolDir: string },
): Promise<ChildStore> {
  const whole: StoreSetup = {
    nowMs: NOW_MS,
    claimWaitMs: 60_000,
    native: true,
    hangs: false,
    ...setup,
  };
  const child = fork(PROGRAM, [JSON.stringify(whole)], { execArgv: [], silent: true });
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = new Promise<never>((_resolve, reject) =>
    child.once('close', (code, signal) =>
      reject(new Error(`a process that stores ended with ${code ?? signal}: ${output}`)),
    ),
  );
  // Of no interest where nothing is waited for.
  ended.catch(() => {});
  const said = () =>
    Promise.race([new Promise<FromStore>((resolve) => child.once('message', resolve)), ended]);
  await said();
  return {
    child,
    async store(submissions) {
      const answer = said();
      child.send(submissions);
      const message = await answer;
      return message.kind === 'stored' ? message.results : [];
    },
  };
}

const startAll = (t: { teardown(step: () => unknown): unknown }, spoolDir: string) =>
  // Hosts may have both for a while: they must agree about one spool.
  Promise.all(
    Array.from({ length: PROCESSES }, (_, at) => startStore(t, { spoolDir, native: at % 2 === 0 })),
  );

const envelope = (serial: number) => `{"format":"json","content":{"serial":${serial}}}`;
const keyOf = (text: string) => createHash('sha256').update(text).digest('hex');
const uidOf = (result: Stored) => (result.kind === 'failed' ? '' : result.answer.measurementUid);

/** Fails unless the spool holds exactly these, whole and in both folders. */
function holdsExactly(t: Test, dir: string, stored: ReadonlyMap<string, string>): void {
  const names = [...stored.keys()].map((uid) => `${uid}.post`).sort();
  t.strictSame(readdirSync(join(dir, 'pending')).sort(), names);
  t.strictSame(readdirSync(join(dir, HOUR_FOLDER)).sort(), names);
  for (const [uid, text] of stored)
    for (const folder of ['pending', HOUR_FOLDER])
      t.equal(readFileSync(join(dir, folder, `${uid}.post`), 'utf8'), text);
  t.strictSame(claimsIn(dir), [], 'no claim is left');
}

t.test('the same bytes under different reports: each is stored, none is lost', async (t) => {
  const dir = t.testdir();
  const stores = await startAll(t, dir);
  const serials = Array.from({ length: 100 }, (_, serial) => serial);
  const all = await Promise.all(
    stores.map((store, process) =>
      store.store(
        serials.map((serial) => ({
          key: keyOf(`${process}/${serial}`),
          reportId: `report${process}`,
          envelope: envelope(serial),
        })),
      ),
    ),
  );
  const stored = new Map<string, string>();
  for (const results of all)
    for (const [serial, result] of results.entries()) {
      t.equal(result.kind, 'stored');
      stored.set(uidOf(result), envelope(serial));
    }
  t.equal(stored.size, PROCESSES * serials.length, 'each has a uid of its own');
  holdsExactly(t, dir, stored);
});

t.test('equal submissions: stored once, all get the same answer', async (t) => {
  const dir = t.testdir();
  const stores = await startAll(t, dir);
  const submissions = Array.from({ length: 100 }, (_, serial) => ({
    key: keyOf(String(serial)),
    reportId: 'report',
    envelope: envelope(serial),
  }));
  const all = await Promise.all(stores.map((store) => store.store(submissions)));
  const stored = new Map<string, string>();
  for (const [serial] of submissions.entries()) {
    const results = all.map((ofOne) => ofOne[serial]!);
    t.equal(results.filter(({ kind }) => kind === 'stored').length, 1);
    t.equal(results.filter(({ kind }) => kind === 'repeated').length, PROCESSES - 1);
    t.equal(new Set(results.map(uidOf)).size, 1);
    stored.set(uidOf(results[0]!), envelope(serial));
  }
  holdsExactly(t, dir, stored);
});

t.test('a process that ends before it is ready fails its test, with what it said', async (t) => {
  const spoolDir = join(t.testdir({ file: '' }), 'file');
  await t.rejects(startStore(t, { spoolDir }), { message: /ended with 1: .*ENOTDIR/s });
});

t.test(
  'an equal submission that never ends is waited for, and its process is outlived',
  async (t) => {
    const dir = t.testdir();
    await openSpool(dir);
    const submission = { key: keyOf('x'), reportId: 'report', envelope: envelope(0) };
    const hanging = await startStore(t, { spoolDir: dir, native: false, hangs: true });
    hanging.store([submission]).catch(() => {});
    const seen = openSeen(dir);
    while (!(await seen.isClaimed(submission.key, Date.now()))) await sleep(5);

    const impatient = await startStore(t, { spoolDir: dir, claimWaitMs: 50 });
    t.strictSame(await impatient.store([submission]), [
      { kind: 'failed', detail: 'Measurement could not be stored: an equal one is being stored' },
    ]);
    t.strictSame(filesIn(join(dir, 'incoming')), []);

    t.equal(await seen.takeLeft(submission.key, Date.now()), false, 'its owner runs');
    const patient = await startStore(t, { spoolDir: dir });
    const answer = patient.store([submission]);
    const ended = new Promise((resolve) => hanging.child.once('exit', resolve));
    hanging.child.kill('SIGKILL');
    await ended;
    const [result] = await answer;
    t.equal(result!.kind, 'stored');
    holdsExactly(t, dir, new Map([[uidOf(result!), envelope(0)]]));
  },
);
