/** What an operator is told when a run ends for the trouble of others: it is safe, and where to look. */
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';

export const GOES_ON = 'nothing is lost, the next run goes on';
export const CHECK_BUCKET = 'Check the [s3] section, its credentials and the service';
const CHECK_CLICKHOUSE = 'Check the [clickhouse] section and the server';

/** `what`: what could not be done, as in "cannot …". */
export function bucketTrouble(what: string, cause: unknown): FatalError {
  return new FatalError(`cannot ${what}: ${GOES_ON}. ${CHECK_BUCKET}`, EXIT.unavailable, { cause });
}

/** `what`: what could not be done, as in "cannot …". */
export function clickhouseTrouble(
  what: string,
  cause: unknown,
  exitCode: number = EXIT.unavailable,
): FatalError {
  return new FatalError(`cannot ${what}: ${GOES_ON}. ${CHECK_CLICKHOUSE}`, exitCode, { cause });
}
