/** A GeoIP database in MaxMind's format, read whole into memory. */
import { type FileHandle, open } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Reader } from 'maxmind';
import {
  type Locate,
  type Location,
  locationOf,
  UNKNOWN_LOCATION,
} from '../../core/probe/location.ts';
import { isMissing } from '../../disk/missing.ts';

export interface GeoipDatabase {
  readonly locate: Locate;
  /** When its makers made it, in milliseconds since 1970. */
  readonly builtMs: number;
  readonly bytes: number;
}

export interface GeoipFile {
  /**
   * The database as it is on disk now, the same value as before while the file is the same; undefined
   * when there is none. Throws when it is damaged, or larger than a bound.
   */
  read(): Promise<GeoipDatabase | undefined>;
}

/** Ten times what there is today; two are in memory while one takes the place of the other. */
const MAX_FILE_BYTES = 536_870_912;

export function openGeoipFile(path: string, maxBytes = MAX_FILE_BYTES): GeoipFile {
  let last: { readonly version: string; readonly database: GeoipDatabase } | undefined;
  return {
    async read() {
      let file: FileHandle;
      try {
        file = await open(path);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      try {
        const { ino, size, mtimeMs } = await file.stat();
        const version = `${ino} ${size} ${mtimeMs}`;
        if (last?.version === version) return last.database;
        if (size > maxBytes) throw new Error(`${path} has ${size} bytes: more than ${maxBytes}`);
        last = { version, database: parseDatabase(await file.readFile()) };
        return last.database;
      } finally {
        await file.close();
      }
    },
  };
}

function parseDatabase(bytes: Buffer): GeoipDatabase {
  const reader = new Reader(bytes);
  const { ipVersion, buildEpoch } = reader.metadata;
  const locate = (address: string): Location => {
    const version = isIP(address);
    // The tree of an IPv4 database has no place for a longer address.
    if (version === 0 || version > ipVersion) return UNKNOWN_LOCATION;
    try {
      return locationOf(reader.get(address));
    } catch {
      // A pointer of a damaged file that leads nowhere: others may be whole.
      return UNKNOWN_LOCATION;
    }
  };
  // One lookup at once, so that a file that is not readable at all is never taken.
  reader.get('192.0.2.1');
  return { locate, builtMs: buildEpoch.getTime(), bytes: bytes.length };
}
