/** The file that tells country and network of an address (protocol, probes 4.12). */

import { sha256Hex } from '../text/sha256.ts';
import type { Job, Parsed, SourceFile } from './job.ts';
import { MMDB_MARK } from './mmdbRecords.ts';

const GEOIP_FILE = 'geoip.mmdb';

/** The description is at the end, within so many bytes. */
const MARK_WITHIN_BYTES = 131_072;

export const geoipJob: Job = {
  name: 'geoip',
  periodSeconds: 86_400,
  files: [GEOIP_FILE],
  wants: (path) => path.endsWith('.mmdb'),
  parse: parseGeoip,
  replaces: { kind: 'file', file: GEOIP_FILE },
};

/** That it opens, and knows an address that is known to all, is tried before it is put in place. */
function parseGeoip(files: readonly SourceFile[]): Parsed {
  const [file, another] = files;
  if (file === undefined) return { kind: 'invalid', reason: 'no .mmdb file is there' };
  if (another !== undefined)
    return {
      kind: 'invalid',
      reason: `expected one .mmdb file, found ${file.name} and ${another.name}`,
    };
  const end = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.length).subarray(
    -MARK_WITHIN_BYTES,
  );
  if (!end.includes(MMDB_MARK))
    return { kind: 'invalid', reason: `${file.name}: expected a file in MaxMind's format` };
  return {
    kind: 'ok',
    content: {
      tables: [],
      rows: 0,
      sha256: sha256Hex(file.bytes),
      faults: [],
      regularExpressions: [],
    },
  };
}
