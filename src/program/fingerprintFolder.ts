/** Fingerprints from files, as whoever checks a score has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Fingerprint,
  FingerprintError,
  parseFingerprintsCsv,
} from '../core/fingerprints/fingerprint.ts';
import { compileFingerprints, type FingerprintSet } from '../core/fingerprints/match.ts';
import { FatalError } from './cli.ts';
import { EXIT } from './exitCodes.ts';

/** What the option for such a folder says of it. */
export const FINGERPRINT_FOLDER = 'folder with fingerprints_dns.csv and fingerprints_http.csv';

/** Throws FatalError for a file that cannot be read, or does not hold fingerprints. */
export function readFingerprintFolder(folder: string): FingerprintSet {
  // An empty name, of a variable that is not set say, must not mean: those of the root.
  if (folder === '')
    throw new FatalError('--fingerprints: expected a folder, found an empty name', EXIT.usage);
  return compileFingerprints(
    readFingerprints(join(folder, 'fingerprints_dns.csv')),
    readFingerprints(join(folder, 'fingerprints_http.csv')),
  );
}

function readFingerprints(file: string): Fingerprint[] {
  try {
    return parseFingerprintsCsv(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = error instanceof FingerprintError ? EXIT.config : EXIT.io;
    throw new FatalError(`cannot read ${file}`, code, { cause: error });
  }
}
