/** Does a GeoIP file open, and know what everybody knows? (protocol, probes 4.12) */
import { Reader, type Response } from 'maxmind';
import { SourceError } from './sourceError.ts';

const KNOWN_ADDRESS = '8.8.8.8';

export function checkGeoip(bytes: Uint8Array): void {
  let found: (Response & Readonly<Record<string, unknown>>) | null;
  try {
    found = new Reader<Response & Readonly<Record<string, unknown>>>(Buffer.from(bytes)).get(
      KNOWN_ADDRESS,
    );
  } catch (cause) {
    throw new SourceError(`the GeoIP file does not open: ${(cause as Error).message}`, { cause });
  }
  const missing = ['country', 'autonomous_system_number'].filter(
    (member) => typeof found !== 'object' || found === null || !(member in found),
  );
  if (missing.length > 0)
    throw new SourceError(
      `the GeoIP file does not tell ${missing.join(' and ')} of ${KNOWN_ADDRESS}`,
    );
}
