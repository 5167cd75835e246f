/** What the followed values of the database are made from, and where they are kept over a restart. */
import { join } from 'node:path';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import type { Log } from '../../log/log.ts';
import type { Followed } from '../../program/follow.ts';
import {
  type Current,
  type KeptValue,
  type KeptValueOptions,
  keptValue,
} from '../../program/keptValue.ts';
import type { FollowedSharing } from './sharing.ts';

export interface FollowedParts {
  readonly client: ClickHouseClient;
  readonly stateDir: string;
  /** Of the workers of a host one reads the values and keeps them on disk. */
  readonly sharing: FollowedSharing;
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

/** On disk, and told to the other workers. */
export function keptIn<Value>(
  {
    stateDir,
    sharing,
    onKept,
    log,
  }: Pick<FollowedParts, 'stateDir' | 'sharing' | 'onKept' | 'log'>,
  options: Keeping<Value>,
): KeptValue<Value> {
  const kept = keptValue<Value>({
    name: options.name,
    encode: options.encode,
    decode: options.decode,
    file: join(stateDir, options.fileName),
    version: VERSION,
    mayWrite: sharing.reads,
    log,
  });
  onKept(kept);
  return {
    ...kept,
    write(current, isLast) {
      kept.write(current, isLast);
      if (!isLast) sharing.tell(options.name, current);
    },
  };
}

/** Follows what the worker that reads has taken: from the same program, so it is what it should be. */
export function hearFollowed<Value>(
  parts: FollowedParts,
  keeping: Keeping<Value>,
): Pick<Followed<Value>, 'current' | 'close'> {
  let current = keptIn(parts, keeping).read();
  let closed = false;
  parts.sharing.hear(keeping.name, (heard) => {
    if (!closed) current = heard as Current<Value>;
  });
  return {
    get current() {
      return current;
    },
    close() {
      closed = true;
    },
  };
}
