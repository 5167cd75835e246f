/** A file that an operator or a job writes, followed: read again when it changes, kept when it is damaged. */
import { openChangingFile } from '../../disk/changingFile.ts';
import type { Fields, Log } from '../../log/log.ts';
import { follow } from '../../program/follow.ts';

export interface FollowedFile<Value> {
  /** What it held when it was last good; undefined while it never was. */
  readonly value: Value | undefined;
  /** Resolves when it was good for the first time. */
  readonly loaded: Promise<void>;
  close(): void;
}

export interface FollowFileOptions<Value> {
  /** In the plural, for the log. */
  readonly name: string;
  readonly path: string;
  readonly maxBytes: number;
  /** Throws with a reason that may be logged: without the file's content, which may be secret. */
  parse(bytes: Buffer, changedMs: number): Value;
  /** What the log may say of a value. */
  describe(value: Value): Fields;
  /** What does not work without it, and what to do. */
  readonly advice: string;
  readonly log: Log;
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 30_000;
const FIRST_RETRY_MS = 5_000;

export function followFile<Value>(options: FollowFileOptions<Value>): FollowedFile<Value> {
  const { name, path, advice, log, lookEveryMs = LOOK_EVERY_MS } = options;
  const file = openChangingFile(path, options.maxBytes, (bytes, changedMs) =>
    options.parse(bytes, changedMs),
  );
  const followed = follow<Value>({
    name,
    async load() {
      const value = await file.read();
      if (value === undefined) throw new Error(`${path} is not there`);
      return value;
    },
    describe: (value) => ({ file: path, ...options.describe(value) }),
    refreshMs: lookEveryMs,
    firstRetryMs: Math.min(FIRST_RETRY_MS, lookEveryMs),
    advice,
    log,
  });
  return {
    get value() {
      return followed.current?.value;
    },
    loaded: followed.loaded,
    close: () => followed.close(),
  };
}
