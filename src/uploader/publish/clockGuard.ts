/**
 * Guards against a clock that went backwards: then hours that are still open would look closed once
 * it is right again, or closed ones open (protocol, archive 2).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HOUR_MS, hourStartMs } from '../../core/time/hours.ts';
import { writeDurably } from '../../disk/durable.ts';
import { isMissing } from '../../disk/missing.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';

/** What a time daemon may set back without harm. */
const TOLERANCE_MS = 5_000;

/** Is an hour over, so that no request that began in it can still write? */
export function hourIsClosed(hour: string, nowMs: number, closeMarginMs: number): boolean {
  return nowMs >= hourStartMs(hour) + HOUR_MS + closeMarginMs;
}

/** Compares the clock with the last run's and remembers it. Throws FatalError when it went backwards. */
export async function checkClock(stateDir: string, nowMs: number): Promise<void> {
  const file = join(stateDir, 'clock');
  const mark = await readFile(file, 'utf8').catch((error) => {
    if (isMissing(error)) return '';
    throw error;
  });
  const lastMs = Date.parse(mark.trim());
  if (nowMs < lastMs - TOLERANCE_MS)
    throw new FatalError(
      `the clock says ${new Date(nowMs).toISOString()}, but the last run was at ${mark.trim()}: nothing is done until the clock is right. If the last run's was wrong, remove ${file}`,
      EXIT.unavailable,
    );
  await writeDurably(file, `${new Date(nowMs).toISOString()}\n`);
}
