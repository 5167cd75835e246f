/** The GeoIP database of this host, followed: a newer file takes the place of the one in use. */
import { join } from 'node:path';
import { type Locate, UNKNOWN_LOCATION } from '../../core/probe/location.ts';
import { openChangingFile } from '../../disk/changingFile.ts';
import { type GeoipDatabase, MAX_GEOIP_BYTES, parseGeoip } from '../../edge/geoip/geoip.ts';
import type { Log } from '../../log/log.ts';
import { follow } from '../../program/follow.ts';

export interface FollowedGeoip {
  /** From the database in use; everything is unknown while there is none. */
  readonly locate: Locate;
  /** When the database in use was made, in milliseconds since 1970; 0: there is none. */
  readonly builtMs: number;
  /** Resolves when the file was looked for once, whether it was there or not. */
  readonly loaded: Promise<void>;
  close(): void;
}

const LOOK_EVERY_MS = 60_000;
const FIRST_RETRY_MS = 5_000;

/** A file that was not there yet is no fault: probes know their own place, or are in none. */
interface Found {
  readonly database: GeoipDatabase | undefined;
}

export function followGeoip(parts: {
  readonly sourcesDir: string;
  readonly log: Log;
  readonly lookEveryMs?: number;
}): FollowedGeoip {
  const path = join(parts.sourcesDir, 'geoip.mmdb');
  const file = openChangingFile(path, MAX_GEOIP_BYTES, parseGeoip);
  const followed = follow<Found>({
    name: 'GeoIP',
    async load() {
      return { database: await file.read() };
    },
    refuse: (next, inUse) =>
      inUse?.database !== undefined && next.database === undefined ? `${path} is gone` : undefined,
    isWhole: ({ database }) => database !== undefined,
    describe: ({ database }) =>
      database === undefined
        ? { file: path, found: false }
        : { file: path, built: new Date(database.builtMs).toISOString(), bytes: database.bytes },
    refreshMs: parts.lookEveryMs ?? LOOK_EVERY_MS,
    firstRetryMs: Math.min(FIRST_RETRY_MS, parts.lookEveryMs ?? FIRST_RETRY_MS),
    advice: 'places of addresses are unknown; probes are served all the same. Fetch the file anew',
    log: parts.log,
  });
  const inUse = () => followed.current?.value.database;
  return {
    locate: (address) => inUse()?.locate(address) ?? UNKNOWN_LOCATION,
    get builtMs() {
      return inUse()?.builtMs ?? 0;
    },
    loaded: followed.loaded,
    close: () => followed.close(),
  };
}
