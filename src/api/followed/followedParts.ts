/** What the followed values of the database are made from, and where they are kept over a restart. */
import { join } from 'node:path';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import type { Log } from '../../log/log.ts';
import { type KeptValue, type KeptValueOptions, keptValue } from '../../program/keptValue.ts';

export interface FollowedParts {
  readonly client: ClickHouseClient;
  readonly stateDir: string;
  /** Of the workers of a host one keeps the values on disk; all read them at their start. */
  readonly keepsState: boolean;
  readonly nowMs: () => number;
  /** Where it is not each value's own. */
  readonly refreshMs?: number | undefined;
  /** Pause between tries while there is no value at all. */
  readonly firstRetryMs: number;
  /** Called with each that is made, so that its end can be waited for. */
  readonly onKept: (kept: Pick<KeptValue<never>, 'settled'>) => void;
  readonly log: Log;
}

/** Of all files: what they hold was not written otherwise before. */
const VERSION = 1;

/** A followed value as far as it is kept on disk. */
export type Keeping<Value> = Pick<KeptValueOptions<Value>, 'name' | 'encode' | 'decode'> & {
  readonly fileName: string;
};

export function keptIn<Value>(
  {
    stateDir,
    keepsState,
    onKept,
    log,
  }: Pick<FollowedParts, 'stateDir' | 'keepsState' | 'onKept' | 'log'>,
  options: Keeping<Value>,
): KeptValue<Value> {
  const kept = keptValue<Value>({
    name: options.name,
    encode: options.encode,
    decode: options.decode,
    file: join(stateDir, options.fileName),
    version: VERSION,
    mayWrite: keepsState,
    log,
  });
  onKept(kept);
  return kept;
}
