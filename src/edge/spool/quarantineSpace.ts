/** How much of the disk `quarantine/` takes: looked at now and then, and counted on in between. */
import { openSpoolFolder } from './doors.ts';

export interface QuarantineSpace {
  /** Bytes that may still be put there. */
  left(): Promise<number>;
  /** Counts what was put there. */
  take(bytes: number): void;
}

/** Others put things there and take them away: it is looked at again after so long. */
const LOOK_EVERY_MS = 60_000;
/** What a file takes at least: a reason of a few words as well as a small measurement. */
export const BLOCK_BYTES = 4_096;

export function makeQuarantineSpace(
  spoolDir: string,
  maxBytes: number,
  nowMs: () => number = Date.now,
): QuarantineSpace {
  let lookedMs = Number.NEGATIVE_INFINITY;
  let used: Promise<number> = Promise.resolve(0);
  let taken = 0;
  return {
    async left() {
      if (nowMs() - lookedMs >= LOOK_EVERY_MS) {
        lookedMs = nowMs();
        taken = 0;
        used = quarantineUsage(spoolDir).then(({ bytes }) => bytes);
        // A folder that cannot be looked at says so when something is put there.
        used.catch(() => {
          lookedMs = Number.NEGATIVE_INFINITY;
        });
      }
      return maxBytes - (await used) - taken;
    },
    take(bytes) {
      taken += bytes;
    },
  };
}

export interface QuarantineUsage {
  /** Measurements, and what else was moved there; reasons do not count. */
  readonly entries: number;
  /** Of the disk. */
  readonly bytes: number;
}

/** Of `st_blocks`. */
const SECTOR_BYTES = 512;

export async function quarantineUsage(spoolDir: string): Promise<QuarantineUsage> {
  const folder = openSpoolFolder(spoolDir, 'quarantine');
  try {
    let entries = 0;
    let bytes = 0;
    for await (const { name } of folder.entries()) {
      const found = folder.look(name);
      if (found === undefined) continue;
      bytes += found.blocks * SECTOR_BYTES;
      if (!name.startsWith('.') && !name.endsWith('.reason')) entries++;
    }
    return { entries, bytes };
  } finally {
    folder.close();
  }
}
