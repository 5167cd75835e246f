/** What a replay reads, unit by unit: a day of the bucket, or all the local files that were named. */
import { constants } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Layout, parseObjectName } from '../../core/replay/archiveObjects.ts';
import { daysOf } from '../../core/replay/range.ts';
import {
  dayPrefixes,
  type Filter,
  jsonlPrefixes,
  layoutsOf,
  mayBeWanted,
  withoutDoubles,
} from '../../core/replay/selection.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { fileObject, listObjects, type ReplayObject } from './replaySource.ts';

/** Of what is found in a folder, which may be the quarantine, a link is not followed. */
const { O_NOFOLLOW } = constants;

export interface Unit {
  /** `YYYYMMDD`, or `files`. */
  readonly name: string;
  /** Among all units, from 0. */
  readonly index: number;
  readonly objects: readonly ReplayObject[];
}

export interface Plan {
  /** How many units there are. */
  readonly size: number;
  /** Leaves out the units that `isDone` names, without looking for their objects. */
  units(isDone: (unit: string) => boolean): AsyncGenerator<Unit>;
}

/** `layouts`: undefined for those that a day can have. A day's objects are listed when it comes. */
export function planBucket(
  store: ObjectStore,
  filter: Filter & { readonly range: NonNullable<Filter['range']> },
  layouts: readonly Layout[] | undefined,
): Plan {
  const days = [...daysOf(filter.range)];
  const listed = async (prefixes: readonly string[]): Promise<ReplayObject[]> => {
    const found: ReplayObject[] = [];
    for (const prefix of prefixes)
      for await (const object of listObjects(store, prefix, parseObjectName)) found.push(object);
    return found;
  };
  // Sorted by test and country: looked through once, for all days.
  let jsonlByDay: Promise<Map<string, ReplayObject[]>> | undefined;
  const jsonlOf = async (day: string) => {
    jsonlByDay ??= listed(jsonlPrefixes(filter)).then((all) =>
      byDay(all.filter(({ name }) => mayBeWanted(name, filter))),
    );
    return (await jsonlByDay).get(day) ?? [];
  };
  return {
    size: days.length,
    async *units(isDone) {
      for (const [index, day] of days.entries()) {
        if (isDone(day)) continue;
        const objects: ReplayObject[] = [];
        for (const layout of layouts ?? layoutsOf(day))
          objects.push(
            ...(layout === 'jsonl'
              ? await jsonlOf(day)
              : await listed(dayPrefixes(layout, day, filter))),
          );
        yield { name: day, index, objects: wanted(objects, filter) };
      }
    },
  };
}

/** Files, and folders with all files in them that a replay can read: at least one each. Throws FatalError. */
export function planFiles(paths: readonly string[], filter: Filter): Plan {
  return {
    size: 1,
    async *units(isDone) {
      if (isDone('files')) return;
      const objects: ReplayObject[] = [];
      for (const path of paths) objects.push(...(await filesOf(path)));
      yield { name: 'files', index: 0, objects: wanted(objects, filter) };
    },
  };
}

const READABLE = 'ends in .jsonl.gz, .tar.gz, .tar.lz4, .json.lz4, .yaml.lz4, .post or .post.gz';

async function filesOf(path: string): Promise<ReplayObject[]> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) {
      const name = parseObjectName(resolve(path));
      if (name === undefined)
        throw new FatalError(`${path}: expected a folder, or a file that ${READABLE}`, EXIT.usage);
      return [fileObject(path, name, found.size)];
    }
    const objects: ReplayObject[] = [];
    let others = 0;
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const file = join(entry.parentPath, entry.name);
      const name = entry.isFile() ? parseObjectName(resolve(file)) : undefined;
      if (name !== undefined)
        objects.push(fileObject(file, name, (await lstat(file)).size, O_NOFOLLOW));
      else if (!entry.isDirectory()) others++;
    }
    // Of a folder that was named, silence would look like success.
    if (objects.length === 0)
      throw new FatalError(
        `${path}: nothing in it can be replayed: expected a file that ${READABLE}, found ${others} others`,
        EXIT.usage,
      );
    return objects.sort((a, b) => (a.name.key < b.name.key ? -1 : 1));
  } catch (error) {
    if (error instanceof FatalError) throw error;
    throw new FatalError(`cannot read ${path}`, EXIT.io, { cause: error });
  }
}

// Doubles first: a can hides the JSONL of its day even where its own name is not wanted.
function wanted(objects: readonly ReplayObject[], filter: Filter): ReplayObject[] {
  return withoutDoubles(objects).filter(({ name }) => mayBeWanted(name, filter));
}

function byDay(objects: readonly ReplayObject[]): Map<string, ReplayObject[]> {
  const days = new Map<string, ReplayObject[]>();
  for (const object of objects) {
    const day = object.name.since?.slice(0, 8) ?? '';
    const of = days.get(day);
    if (of === undefined) days.set(day, [object]);
    else of.push(object);
  }
  return days;
}
