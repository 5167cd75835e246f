/**
 * Removals on their way, each a folder `<state_dir>/removals/<can>/`: the new tar and JSONL, the
 * index of the new JSONL, and the plan. The plan is written last; from then on what is to be done is
 * fixed, and each step of it can be repeated with the same result. A folder without a plan is of a
 * removal that was not begun: it is thrown away.
 */
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { splitLines } from '../../core/archive/lines.ts';
import { type CanName, canText, parseCan } from '../../core/archive/names.ts';
import type { Replaced } from '../../core/archive/removal.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { isMissing, syncFolder, writeDurably } from '../durable.ts';
import type { IndexLine } from '../outgoing.ts';

/** One body that goes: what the log says of it. */
export interface RemovedLine {
  readonly uid: string;
  readonly line: number;
  readonly sha256: string;
}

export interface RemovalPlan {
  readonly version: 1;
  readonly can: string;
  readonly reason: string;
  readonly time: string;
  /** Leaves of the log when this was planned: the removal's own entries come after them. */
  readonly log_size: number;
  readonly removed: readonly RemovedLine[];
  readonly jsonl: Replaced;
  readonly tar: Replaced;
}

export interface PlanFiles {
  readonly tar: string;
  readonly jsonl: string;
  readonly index: string;
}

export interface Plans {
  /** Throws away what has no plan; gives the plans that were begun. */
  recover(): Promise<RemovalPlan[]>;
  /** Makes room for a can's new objects. */
  begin(can: CanName): Promise<PlanFiles>;
  files(can: string): PlanFiles;
  /** Lines of the new JSONL, in order. */
  index(can: string): AsyncGenerator<IndexLine>;
  save(plan: RemovalPlan): Promise<void>;
  /** Drops a can's plan and its files. */
  drop(can: string): Promise<void>;
}

const PLAN = 'plan.json';

/** Names of the cans whose removals were begun and not finished; looks only. */
export async function waitingRemovals(stateDir: string): Promise<string[]> {
  const dir = join(stateDir, 'removals');
  const waiting: string[] = [];
  for (const name of await readdir(dir).catch(nothingIfMissing))
    if ((await readdir(join(dir, name)).catch(nothingIfMissing)).includes(PLAN)) waiting.push(name);
  return waiting.sort();
}

export async function openPlans(stateDir: string): Promise<Plans> {
  const dir = join(stateDir, 'removals');
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const folderOf = (can: string) => join(dir, can);
  const files = (can: string): PlanFiles => ({
    tar: join(folderOf(can), 'tar.gz'),
    jsonl: join(folderOf(can), 'jsonl.gz'),
    index: join(folderOf(can), 'index'),
  });
  const drop = async (can: string) => {
    // The plan first: without it the rest is thrown away.
    await rm(join(folderOf(can), PLAN), { force: true });
    await rm(folderOf(can), { recursive: true, force: true });
    await syncFolder(dir);
  };
  return {
    files,
    drop,

    async recover() {
      const plans: RemovalPlan[] = [];
      for (const name of (await readdir(dir)).sort()) {
        if (parseCan(name) === undefined) continue;
        const plan = await readPlan(join(folderOf(name), PLAN));
        if (plan === undefined) await drop(name);
        else plans.push(plan);
      }
      return plans;
    },

    async begin(can) {
      await drop(canText(can));
      await mkdir(folderOf(canText(can)), { recursive: true, mode: 0o750 });
      await syncFolder(dir);
      return files(canText(can));
    },

    async *index(can) {
      for await (const line of splitLines(createReadStream(files(can).index)))
        yield JSON.parse(line.toString('utf8')) as IndexLine;
    },

    save: (plan) =>
      writeDurably(join(folderOf(plan.can), PLAN), `${JSON.stringify(plan, null, 1)}\n`),
  };
}

async function readPlan(file: string): Promise<RemovalPlan | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const plan = JSON.parse(text) as RemovalPlan;
    if (plan.version === 1 && parseCan(plan.can) !== undefined) return plan;
  } catch {
    // Not JSON: the same advice.
  }
  throw new FatalError(
    `${file}: expected a plan of version 1. Restore it, or remove its folder and ask for the removal again`,
    EXIT.io,
  );
}

function nothingIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
  throw error;
}
