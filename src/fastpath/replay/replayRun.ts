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
import { type BatchReplayer, batchesOf } from './batch.ts';
import { makeBudget, makePace } from './budget.ts';
import { readItems } from './read.ts';
import type { Plan } from './replayPlan.ts';
import type { Counts } from './replayProgress.ts';
import type { Rows } from './replayRows.ts';
import { ObjectGone, type ReplayObject } from './replaySource.ts';
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

/** A unit of the plan while its objects are worked on. */
interface OpenUnit {
  readonly name: string;
  readonly index: number;
  readonly sizeBytes: number;
  readBytes: number;
  /** Objects that are not done, and one more while there are objects to be begun. */
  open: number;
  damaged: boolean;
}

/** Resolves with whether everything was read (and not stopped before). Throws FatalError. */
export async function runReplay(parts: ReplayParts): Promise<'all' | 'stopped'> {
  const { plan, resume, counts, log } = parts;
  const budget = makeBudget(IN_MEMORY_BYTES);
  const pace = makePace(parts.rate);
  const batchItems =
    parts.rate === 0 ? BATCH_ITEMS : Math.min(BATCH_ITEMS, Math.max(1, Math.ceil(parts.rate / 4)));
  const scoring = new Set<Promise<unknown>>();
  let stopping = false;
  let fatal: unknown;
  let current: OpenUnit | undefined;

  let exhausted = false;

  let abort!: (error: unknown) => void;
  const aborted = new Promise<void>((end) => {
    abort = (error) => {
      fatal ??= error;
      end();
    };
  });
  void parts.stop.then(() => {
    stopping = true;
  });
  void parts.abort.then(abort);
  void resume.failed.then(abort);

  async function* objects(): AsyncGenerator<{ unit: OpenUnit; object: ReplayObject }> {
    for await (const { name, index, objects } of plan.units(resume.isUnitDone)) {
      const sizeBytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0);
      const unit: OpenUnit = { name, index, sizeBytes, readBytes: 0, open: 1, damaged: false };
      current = unit;
      for (const object of objects) {
        if (resume.isObjectDone(name, object.name.key)) {
          unit.readBytes += object.sizeBytes;
          continue;
        }
        unit.open++;
        yield { unit, object };
      }
      leave(unit);
    }
    exhausted = true;
  }

  const leave = (unit: OpenUnit) => {
    if (--unit.open === 0 && !unit.damaged) resume.unitDone(unit.name);
  };

  async function* counted(unit: OpenUnit, object: ReplayObject): AsyncGenerator<Uint8Array> {
    for await (const chunk of object.bytes()) {
      unit.readBytes += chunk.length;
      yield chunk;
    }
  }

  const readObject = async (unit: OpenUnit, object: ReplayObject) => {
    const { key } = object.name;
    /** Batches whose rows are not confirmed, and one more while it is read. */
    let open = 1;
    let damaged = false;
    const leaveObject = () => {
      if (--open > 0) return;
      counts.objects++;
      if (damaged) unit.damaged = true;
      else resume.objectDone(unit.name, key);
      leave(unit);
    };
    try {
      const items = readItems(object.name, counted(unit, object));
      for await (const batch of batchesOf(items, batchItems)) {
        await pace(batch.items.length);
        const held = await budget.take(batch.costBytes);
        if (fatal !== undefined) return;
        open++;
        const work = parts.replayer.replay(key, batch.items).finally(held.giveBack);
        const tracked = work.then(
          ({ written }) => void written.then(leaveObject),
          (error) => abort(error),
        );
        scoring.add(tracked);
        void tracked.then(() => scoring.delete(tracked));
      }
    } catch (error) {
      if (error instanceof FatalError) throw error;
      if (error instanceof ObjectGone) {
        log.warning('object left out: it was removed', { object: key });
      } else {
        damaged = true;
        counts.damagedObjects++;
        log.err('object is damaged: what could be read of it was replayed; look at the archive', {
          object: key,
          error: errorText(error),
        });
      }
    }
    leaveObject();
  };

  const upcoming = objects();
  const readObjects = async () => {
    while (!stopping && fatal === undefined) {
      const next = await upcoming.next();
      if (next.done) return;
      await readObject(next.value.unit, next.value.object);
    }
  };

  const timer = setInterval(() => {
    if (current === undefined) return;
    const part = current.sizeBytes === 0 ? 0 : current.readBytes / current.sizeBytes;
    parts.onProgress((current.index + part) / plan.size, current.name);
  }, PROGRESS_EVERY_MS);

  const everything = async () => {
    await Promise.all(Array.from({ length: OBJECTS_AT_ONCE }, readObjects));
    await Promise.all(scoring);
    await parts.rows.finish();
  };
  try {
    await Promise.race([everything().catch(abort), aborted]);
    if (fatal === undefined) return exhausted ? 'all' : 'stopped';
    await parts.rows.abandon();
    throw fatal;
  } finally {
    clearInterval(timer);
  }
}
