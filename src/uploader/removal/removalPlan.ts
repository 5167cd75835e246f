/**
 * Removals on their way, each a folder `<state_dir>/removals/<can>/`: the new tar and JSONL, the
 * index of the new JSONL, and the plan. The plan is written last; from then on what is to be done is
 * fixed, and each step of it can be repeated with the same result. A folder without a plan is of a
 * removal that was not begun: it is thrown away.
 */
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type CanName, canText, parseCan } from '../../core/archive/names.ts';
import type { Replaced } from '../../core/archive/removal.ts';
import { splitLines } from '../../core/text/lines.ts';
import { syncFolder, writeDurably } from '../../disk/durable.ts';
import { isMissing } from '../../disk/missing.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import {
  canName,
  type IndexLine,
  measurementUid,
  parseIndexLine,
  sha256Hex,
} from '../can/manifest.ts';
import { parseStateJson } from '../common/stateJson.ts';

const removedLine = z
  .object({ uid: measurementUid, line: z.int().min(0), sha256: sha256Hex })
  .readonly();
/** One body that goes: what the log says of it. */
export type RemovedLine = z.output<typeof removedLine>;

const replaced: z.ZodType<Replaced> = z.object({ old_sha256: sha256Hex, new_sha256: sha256Hex });

/** What is removed and replaced goes by this alone: all of it is checked when it is read. */
const planSchema = z
  .object({
    version: z.literal(1),
    can: canName,
    reason: z.string(),
    time: z.iso.datetime(),
    /** Leaves of the log when this was planned: the removal's own entries come after them. */
    log_size: z.int().min(0),
    removed: z.array(removedLine).min(1).readonly(),
    jsonl: replaced,
    tar: replaced,
  })
  .readonly();
export type RemovalPlan = z.output<typeof planSchema>;

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
        const plan = await readPlan(join(folderOf(name), PLAN), name);
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
      const { index } = files(can);
      for await (const text of splitLines(createReadStream(index))) {
        const line = parseIndexLine(text);
        if (line.kind === 'invalid') throw damaged(index, `a line of an index: ${line.reason}`);
        yield line.value;
      }
    },

    save: (plan) =>
      writeDurably(join(folderOf(plan.can), PLAN), `${JSON.stringify(plan, null, 1)}\n`),
  };
}

async function readPlan(file: string, can: string): Promise<RemovalPlan | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const parsed = parseStateJson(planSchema, text);
  if (parsed.kind === 'invalid') throw damaged(file, `a plan of version 1: ${parsed.reason}`);
  if (parsed.value.can !== can)
    throw damaged(file, `a plan for ${can}: it is of ${parsed.value.can}`);
  return parsed.value;
}

function damaged(file: string, expected: string): FatalError {
  return new FatalError(
    `${file}: expected ${expected}. Restore it, or remove its folder and ask for the removal again`,
    EXIT.io,
  );
}

function nothingIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
  throw error;
}
