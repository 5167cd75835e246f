/** Does a GeoIP file open, know what everybody knows, and harm nobody who asks it? (protocol, probes 4.12) */
import { Reader, type Response } from 'maxmind';
import { mmdbDescriptionFault, mmdbRecordsFault } from '../../core/sources/mmdbRecords.ts';
import { SourceError } from './sourceError.ts';

const KNOWN_ADDRESS = '8.8.8.8';

type PlaceRecord = Response & Readonly<Record<string, unknown>>;

export function checkGeoip(bytes: Uint8Array): void {
  // Each before it is read by what does not measure it.
  refuse(mmdbDescriptionFault(bytes));
  const reader = opened(() => new Reader<PlaceRecord>(Buffer.from(bytes)));
  const { nodeCount, recordSize } = reader.metadata;
  refuse(mmdbRecordsFault(bytes, { nodeCount, recordBits: recordSize }));
  const found = opened(() => reader.get(KNOWN_ADDRESS));
  const missing = ['country', 'autonomous_system_number'].filter(
    (member) => typeof found !== 'object' || found === null || !(member in found),
  );
  if (missing.length > 0)
    throw new SourceError(
      `the GeoIP file does not tell ${missing.join(' and ')} of ${KNOWN_ADDRESS}`,
    );
}

function opened<Value>(open: () => Value): Value {
  try {
    return open();
  } catch (cause) {
    throw new SourceError(`the GeoIP file does not open: ${(cause as Error).message}`, { cause });
  }
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new SourceError(`the GeoIP file is not as it should be: ${fault}`);
}
