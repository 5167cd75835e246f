/**
 * Which cans this host has published, so that no key is used twice even where the bucket's listing
 * lags. One file a day of the measurements, one name a line; the bucket knows the same, so that a
 * lost file costs nothing.
 */
import { appendFile, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CanName, canText, parseCan } from '../../core/archive/names.ts';
import type { HourFolder } from '../../core/measurement/spoolPaths.ts';
import { DAY_MS } from '../../core/time/days.ts';
import { dayName } from '../../core/time/hours.ts';
import { syncFolder } from '../../disk/durable.ts';
import { isMissing } from '../../disk/missing.ts';

export interface PublishedCans {
  /** Cans of a folder that are known here. */
  of(folder: HourFolder): Promise<readonly CanName[]>;
  add(can: CanName): Promise<void>;
  /** Drops days that are long over; late measurements of those rely on the bucket's listing. */
  expire(nowMs: number): Promise<void>;
}

const KEEP_MS = 100 * DAY_MS;

/** Cans of a day by the name of their folder. */
type Day = Map<string, CanName[]>;

export async function openPublishedCans(stateDir: string): Promise<PublishedCans> {
  const dir = join(stateDir, 'published');
  await mkdir(dir, { recursive: true });
  const days = new Map<string, Promise<Day>>();
  const dayOf = (folder: HourFolder): Promise<Day> => {
    const name = folder.hour.slice(0, 8);
    let day = days.get(name);
    if (day === undefined) {
      day = readDay(join(dir, name));
      days.set(name, day);
    }
    return day;
  };
  return {
    async of(folder) {
      return (await dayOf(folder)).get(folder.name) ?? [];
    },

    async add(can) {
      // The line break comes first, so that it ends what a power cut left incomplete.
      const file = join(dir, can.folder.hour.slice(0, 8));
      await appendFile(file, `\n${canText(can)}`);
      const handle = await open(file, 'r+');
      try {
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await syncFolder(dir);
      remember(await dayOf(can.folder), can);
    },

    async expire(nowMs) {
      const oldest = dayName(nowMs - KEEP_MS);
      for (const name of await readdir(dir))
        if (/^\d{8}$/.test(name) && name < oldest) await rm(join(dir, name), { force: true });
    },
  };
}

async function readDay(file: string): Promise<Day> {
  const day: Day = new Map();
  const text = await readFile(file, 'utf8').catch((error) => {
    if (isMissing(error)) return '';
    throw error;
  });
  for (const line of text.split('\n')) {
    const can = parseCan(line);
    if (can !== undefined) remember(day, can);
  }
  return day;
}

function remember(day: Day, can: CanName): void {
  const cans = day.get(can.folder.name);
  if (cans === undefined) day.set(can.folder.name, [can]);
  else cans.push(can);
}
