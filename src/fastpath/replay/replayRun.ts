/**
 * A replay: reads objects, has their measurements scored, upserts the rows, and writes down which
 * objects are done. An object is done when ClickHouse has confirmed all its rows, and each measurement
 * without one is in the log; so stopping anywhere costs nothing but a repetition.
 *
 * Several objects are read at once, since most are small and far away; rows of many objects share a
 * batch. Memory is bounded by bytes between reading and scoring, and by rows in the writer.
 */
import { errorText, type Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { type Batch, type BatchReplayer, batchesOf } from './batch.ts';
import { type Held, makeBudget, makePace } from './budget.ts';
import { type OpenObject, type OpenUnit, openUnit } from './openUnit.ts';
import { readItems } from './read.ts';
import type { Plan } from './replayPlan.ts';
import type { Counts } from './replayProgress.ts';
import type { Rows } from './replayRows.ts';
import { ObjectGone, type ReplayObject } from './replaySource.ts';
import { makeReplayStates, type ReplayStates } from './replayState.ts';
import type { Resume } from './resume.ts';

export interface ReplayParts {
  readonly plan: Plan;
  readonly replayer: BatchReplayer;
  readonly rows: Rows;
  readonly resume: Resume;
  readonly counts: Counts;
  readonly log: Log;
  /** Measurements per second; 0: no limit. */
  readonly rate: number;
  /** Resolves when nothing new shall be begun. */
  readonly stop: Promise<unknown>;
  /** Resolves with the reason when everything shall end at once. */
  readonly abort: Promise<FatalError>;
  /** Called now and then; `fraction` is of everything. */
  readonly onProgress: (fraction: number, at: string) => void;
}

const OBJECTS_AT_ONCE = 8;
const BATCH_ITEMS = 256;
const IN_MEMORY_BYTES = 128 * 1024 * 1024;
const PROGRESS_EVERY_MS = 500;

/** Resolves with whether everything was read (and not stopped before). Throws FatalError. */
export async function runReplay(parts: ReplayParts): Promise<'all' | 'stopped'> {
  const { plan, resume } = parts;
  const states = makeReplayStates();
  let current:
    | { readonly name: string; readonly index: number; readonly unit: OpenUnit }
    | undefined;
  void parts.stop.then(states.stop);
  void parts.abort.then(states.fail);
  void resume.failed.then(states.fail);

  async function* objects(): AsyncGenerator<Begun> {
    for await (const { name, index, objects } of plan.units(resume.isUnitDone)) {
      const sizeBytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0);
      const unit = openUnit(name, sizeBytes, resume, parts.counts);
      current = { name, index, unit };
      for (const object of objects) {
        const { key } = object.name;
        if (resume.isObjectDone(name, key)) unit.read(object.sizeBytes);
        else yield { unit, object, open: unit.begin(key) };
      }
      unit.allBegun();
    }
    states.allBegun();
  }

  const reader = makeReader(parts, states);
  const upcoming = objects();
  const readObjects = async () => {
    while (states.now.kind === 'reading') {
      const next = await upcoming.next();
      if (next.done) return;
      await reader.read(next.value);
    }
  };

  const timer = setInterval(() => {
    if (current === undefined) return;
    parts.onProgress((current.index + current.unit.fraction) / plan.size, current.name);
  }, PROGRESS_EVERY_MS);

  const everything = async () => {
    await Promise.all(Array.from({ length: OBJECTS_AT_ONCE }, readObjects));
    await reader.scored();
    await parts.rows.finish();
  };
  try {
    await Promise.race([everything().catch(states.fail), states.failed]);
    const ended = states.now;
    if (ended.kind !== 'failed') return ended.kind === 'all begun' ? 'all' : 'stopped';
    await parts.rows.abandon();
    throw ended.error;
  } finally {
    clearInterval(timer);
  }
}

/** An object whose turn has come. */
interface Begun {
  readonly unit: OpenUnit;
  readonly object: ReplayObject;
  readonly open: OpenObject;
}

interface Reader {
  /** Reads an object and gives its batches to be scored. Throws FatalError. */
  read(begun: Begun): Promise<void>;
  /** Resolves when all batches are scored. */
  scored(): Promise<void>;
}

function makeReader(parts: ReplayParts, states: ReplayStates): Reader {
  const { rate, replayer, log } = parts;
  const budget = makeBudget(IN_MEMORY_BYTES);
  const pace = makePace(rate);
  const batchItems =
    rate === 0 ? BATCH_ITEMS : Math.min(BATCH_ITEMS, Math.max(1, Math.ceil(rate / 4)));
  const scoring = new Set<Promise<void>>();

  const score = (key: string, batch: Batch, held: Held, confirmed: () => void) => {
    const tracked: Promise<void> = replayer
      .replay(key, batch.items)
      .finally(held.giveBack)
      .then(({ written }) => void written.then(confirmed), states.fail)
      .finally(() => scoring.delete(tracked));
    scoring.add(tracked);
  };

  return {
    async read({ unit, object, open }) {
      const { key } = object.name;
      let how: 'whole' | 'gone' | 'damaged' = 'whole';
      try {
        const items = readItems(object.name, counted(object, unit.read));
        for await (const batch of batchesOf(items, batchItems)) {
          await pace(batch.items.length);
          const held = await budget.take(batch.costBytes);
          if (states.now.kind === 'failed') return;
          score(key, batch, held, open.beginBatch());
        }
      } catch (error) {
        if (error instanceof FatalError) throw error;
        if (error instanceof ObjectGone) {
          how = 'gone';
          log.warning('object left out: it was removed', { object: key });
        } else {
          how = 'damaged';
          log.err('object is damaged: what could be read of it was replayed; look at the archive', {
            object: key,
            error: errorText(error),
          });
        }
      }
      open.end(how);
    },
    async scored() {
      await Promise.all(scoring);
    },
  };
}

async function* counted(
  object: ReplayObject,
  read: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of object.bytes()) {
    read(chunk.length);
    yield chunk;
  }
}
