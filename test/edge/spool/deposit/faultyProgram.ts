/**
 * A process that stores through a native module which was compiled with a disk that fails (faultyDisk.h):
 * faultyProgram MODULE FOLDER. What became of each deposit goes to its standard output, as JSON.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { hourFolderName } from '../../../../src/core/measurement/spoolPaths.ts';
import type { Deposit } from '../../../../src/edge/spool/deposit/deposit.ts';
import { type DepositDoor, openDepositor } from '../../../../src/edge/spool/deposit/native.ts';
import { daysLookedAt, openSeen } from '../../../../src/edge/spool/seen.ts';
import { openSpool } from '../../../../src/edge/spool/spool.ts';
import { noFallback } from '../../../support/noFallback.ts';
import { ODD_ARGUMENTS } from '../../../support/oddArguments.ts';
import { randomChoices } from '../../../support/random.ts';
import { claimsIn, depositOf, filesBelow, NOW_MS } from './deposits.ts';

export interface Outcome {
  /** The call that failed; empty: none. */
  readonly call: string;
  /** 'stored', or the code of the error. */
  readonly result: string;
  readonly memoryFaults: number;
  /** Files of measurements that were left by a deposit that failed, or missing after one that did not. */
  readonly wrong: readonly string[];
  /** The same again, once the disk has come back. */
  readonly again: string;
}

export interface BatchOutcome {
  /** The call that failed; empty: none. */
  readonly call: string;
  /** Of each of the batch. */
  readonly outcomes: readonly string[];
  /** Names that are there of each, in incoming/ and pending/. */
  readonly names: readonly number[];
  /** What is left under names that readers look at, and is not a whole measurement. */
  readonly broken: readonly string[];
  /** Names that only a call has, and claims. */
  readonly left: readonly string[];
  /** Whether each is answered as a repetition. */
  readonly remembered: readonly boolean[];
}

export interface FaultyReport {
  /** The same of a batch. */
  readonly batchCalls: readonly string[];
  readonly batchFailing: readonly BatchOutcome[];
  /** The disk gone with each call of a batch, and for all that follow. */
  readonly batchDown: readonly BatchOutcome[];
  /** Of those that share a link, the second has a uid that is taken; each unlinkat(2) of the batch failing. */
  readonly batchTaken: readonly BatchOutcome[];

  /** Calls of a deposit, in their order. */
  readonly calls: readonly string[];
  /** Each call of a deposit failing, with EIO. */
  readonly failing: readonly Outcome[];
  /** Each interrupted by a signal. */
  readonly interrupted: readonly Outcome[];
  /** Arguments that were tried, and those that were neither refused nor answered. */
  readonly arguments: number;
  readonly unanswered: readonly string[];
}

const EIO = 5;
const EINTR = 4;
const BYTES = 2_500;
/** One write(2) each, as faultyDisk.h takes them. */
const BATCH_BYTES = [900, 800, 700];
/** Two of them are of the same hour. */
const HOURS_LATER = [0, 1, 0];

async function runFaulty(module: string, folder: string): Promise<void> {
  const depositIn = async (fail: string, call: string): Promise<Outcome> => {
    const dir = mkdtempSync(join(folder, 'spool-'));
    let memoryFaults = 0;
    const parts = { spool: await openSpool(dir), seen: openSeen(dir) };
    const depositor = openDepositor(
      { ...parts, onMemoryFault: () => memoryFaults++ },
      noFallback,
      module,
    );
    const deposit = depositOf(BYTES);
    const attempt = () =>
      depositor.deposit(deposit).catch((error: NodeJS.ErrnoException) => error.code ?? 'none');
    process.env.FAIL = fail;
    const result = await attempt();
    process.env.FAIL = '';
    const left = filesBelow(dir, '.post');
    const wrong =
      result === 'stored'
        ? left.filter((name) => !readFileSync(join(dir, name)).equals(deposit.envelope))
        : left;
    if (result === 'stored' && left.length !== 2) wrong.push(`${left.length} names`);
    const again = await attempt();
    rmSync(dir, { recursive: true });
    return { call, result, memoryFaults, wrong, again };
  };

  const native = createRequire(import.meta.url)(module) as DepositDoor;
  /** `taken`: which of them has the uid of a measurement that is there. */
  const batchWith = async (
    set: NodeJS.ProcessEnv,
    call: string,
    taken?: number,
  ): Promise<BatchOutcome> => {
    const dir = mkdtempSync(join(folder, 'spool-'));
    const spool = await openSpool(dir);
    const { textsOf, find } = openSeen(dir);
    const deposits = BATCH_BYTES.map((bytes, at) => depositOf(bytes, HOURS_LATER[at]));
    // The first two have one link, the third its own.
    if (taken !== undefined) await spool.accept(deposits[taken]!.uid, deposits[taken]!.envelope);
    const texts = [...textsOf(deposits.slice(0, 2)), ...textsOf(deposits.slice(2))];
    Object.assign(process.env, set);
    const answers = await native.deposit(
      dir,
      ...daysLookedAt(NOW_MS),
      ...deposits.flatMap(({ uid, key, envelope }, at) => [
        hourFolderName(uid),
        `${uid.text}.post`,
        `${uid.text}.post.tmp`,
        key,
        texts[at]!,
        envelope,
      ]),
    );
    for (const name of Object.keys(set)) delete process.env[name];
    const posts = filesBelow(dir, '.post');
    const namesOf = ({ uid }: Deposit) => posts.filter((name) => name.includes(uid.text));
    const isWhole = (name: string) =>
      deposits.some(
        ({ uid, envelope }) =>
          name.includes(uid.text) && readFileSync(join(dir, name)).equals(envelope),
      );
    const remembered: boolean[] = [];
    for (const { key } of deposits) remembered.push((await find(key, NOW_MS)) !== undefined);
    const outcome = {
      call,
      remembered,
      outcomes: answers.map(({ outcome }) => outcome),
      names: deposits.map((deposit) => namesOf(deposit).length),
      broken: posts.filter((name) => !isWhole(name)),
      left: [...filesBelow(dir, '.tmp'), ...claimsIn(dir)],
    };
    rmSync(dir, { recursive: true });
    return outcome;
  };

  const trace = join(folder, 'trace');
  const traced = (): string[] => {
    const lines = readFileSync(trace, 'utf8').trimEnd().split('\n');
    rmSync(trace);
    return lines;
  };
  process.env.TRACE = trace;
  await depositIn('', '');
  // The second deposit of the same spool is in it too.
  const both = traced();
  const calls = both.slice(0, both.indexOf('open', 1));
  await batchWith({}, '');
  const batchCalls = traced();
  const batchTaken = [await batchWith({}, '', 1)];
  const takenCalls = traced();
  delete process.env.TRACE;
  for (const [at, call] of takenCalls.entries())
    if (call === 'unlinkat')
      batchTaken.push(await batchWith({ FAIL: `${at + 1} ${EIO}` }, call, 1));
  const batchFailing: BatchOutcome[] = [];
  const batchDown: BatchOutcome[] = [];
  for (const [at, call] of batchCalls.entries()) {
    batchFailing.push(await batchWith({ FAIL: `${at + 1} ${EIO}` }, call));
    batchDown.push(await batchWith({ DOWN: `${at + 1}` }, call));
  }
  const failing: Outcome[] = [];
  const interrupted: Outcome[] = [];
  for (const [at, call] of calls.entries()) {
    failing.push(await depositIn(`${at + 1} ${EIO}`, call));
    interrupted.push(await depositIn(`${at + 1} ${EINTR}`, call));
  }
  const report: FaultyReport = {
    calls,
    failing,
    interrupted,
    batchCalls,
    batchFailing,
    batchDown,
    batchTaken,
    ...(await tryArguments(module, folder)),
  };
  process.stdout.write(JSON.stringify(report));
}

/** Anything as an argument, in any number. */
async function tryArguments(module: string, folder: string) {
  const native = createRequire(import.meta.url)(module) as DepositDoor;
  const { below } = randomChoices(20260821);
  const dir = mkdtempSync(join(folder, 'arguments-'));
  await openSpool(dir);
  // Where `..` and `../..` are the test's own too.
  const inner = join(dir, 'inner', 'most');
  mkdirSync(inner, { recursive: true });
  process.chdir(inner);
  const deposit = native.deposit as (...given: unknown[]) => Promise<unknown>;
  const unanswered: string[] = [];
  const TRIES = 1_000;
  for (let tries = 0; tries < TRIES; tries++) {
    const name = `n${tries}`;
    const given: unknown[] = [dir, '20260821', '20260820', '20260822'];
    // One more than a call takes, at most.
    for (let left = 1 + below(17); left > 0; left--)
      given.push(
        `hour${below(3)}`,
        `${name}-${left}`,
        `${name}-${left}.tmp`,
        `k${name}-${left}`,
        'a/b/c',
        Buffer.from(name),
      );
    for (let changes = 1 + below(2); changes > 0; changes--)
      given[below(given.length)] = ODD_ARGUMENTS[below(ODD_ARGUMENTS.length)];
    if (below(10) === 0) given.length = below(given.length);
    try {
      const answers = (await deposit(...given)) as { outcome?: unknown }[];
      if (answers.length === 0 || answers.some(({ outcome }) => typeof outcome !== 'string'))
        unanswered.push(String(tries));
    } catch (error) {
      if (!(error instanceof TypeError)) unanswered.push(String(error));
    }
  }
  // Nothing came to lie outside of where it belongs.
  unanswered.push(
    ...filesBelow(folder).filter(
      (name) => !/^(arguments-[^/]+\/.+|trace|faulty\.node)$/.test(name),
    ),
  );
  rmSync(dir, { recursive: true });
  return { arguments: TRIES, unanswered, nowMs: NOW_MS };
}

await runFaulty(process.argv[2]!, process.argv[3]!);
