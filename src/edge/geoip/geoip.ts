/** A GeoIP database in MaxMind's format, read whole into memory. */
import { isIP } from 'node:net';
import { Reader } from 'maxmind';
import {
  type Locate,
  type Location,
  locationOf,
  UNKNOWN_LOCATION,
} from '../../core/probe/location.ts';

export interface GeoipDatabase {
  readonly locate: Locate;
  /** When its makers made it, in milliseconds since 1970. */
  readonly builtMs: number;
  readonly bytes: number;
}

/** Ten times what there is today; two are in memory while one takes the place of the other. */
export const MAX_GEOIP_BYTES = 536_870_912;

/** Throws when it is damaged. */
export function parseGeoip(bytes: Buffer): GeoipDatabase {
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
