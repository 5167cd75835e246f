/**
 * A process that stores through a native module which was compiled with a disk that fails (faultyDisk.h):
 * faultyProgram MODULE FOLDER. What became of each deposit goes to its standard output, as JSON.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DepositDoor } from '../../../../src/edge/spool/deposit/native.ts';
import { openSeen } from '../../../../src/edge/spool/seen.ts';
import { openSpool } from '../../../../src/edge/spool/spool.ts';
import { openNative } from '../../../support/nativeDepositor.ts';
import { ODD_ARGUMENTS } from '../../../support/oddArguments.ts';
import { randomChoices } from '../../../support/random.ts';
import { depositOf, filesBelow, NOW_MS } from './deposits.ts';

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

export interface FaultyReport {
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

async function runFaulty(module: string, folder: string): Promise<void> {
  const depositIn = async (fail: string, call: string): Promise<Outcome> => {
    const dir = mkdtempSync(join(folder, 'spool-'));
    let memoryFaults = 0;
    const parts = { spool: await openSpool(dir), seen: openSeen(dir) };
    const depositor = openNative({ ...parts, onMemoryFault: () => memoryFaults++ }, module);
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

  const trace = join(folder, 'trace');
  process.env.TRACE = trace;
  await depositIn('', '');
  delete process.env.TRACE;
  // The second deposit of the same spool is in it too.
  const traced = readFileSync(trace, 'utf8').trimEnd().split('\n');
  const calls = traced.slice(0, traced.indexOf('open', 1));
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
    const given: unknown[] = [dir, 'hour', name, `${name}.tmp`, `k${tries}`, 'a/b/c'];
    given.push('20260821', '20260820', '20260822', Buffer.from(name));
    for (let changes = 1 + below(2); changes > 0; changes--)
      given[below(given.length)] = ODD_ARGUMENTS[below(ODD_ARGUMENTS.length)];
    if (below(10) === 0) given.length = below(given.length);
    try {
      const answer = (await deposit(...given)) as { outcome?: unknown };
      if (typeof answer.outcome !== 'string') unanswered.push(String(tries));
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
