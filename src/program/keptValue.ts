/**
 * A followed value on disk, so that a restart while its source is away costs freshness and nothing else:
 * lines of JSON between a first one that says what it is and when it was read, and a last one with
 * their number. A file that is damaged, of another version or not ours is as none.
 */
import { readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject } from '../core/json/jsonValue.ts';
import { writeDurably } from '../disk/durable.ts';
import { isMissing } from '../disk/missing.ts';
import { errorText, type Log } from '../log/log.ts';

export interface Current<Value> {
  readonly value: Value;
  /** When it was read, in milliseconds since 1970. */
  readonly loadedAtMs: number;
}

export interface KeptValue<Value> {
  /** What is there, read at once, for a start; undefined when there is nothing to use. */
  read(): Current<Value> | undefined;
  /**
   * Keeps it, unless that was done shortly before; the last one, at the end, in any case. Never throws;
   * faults are in the log.
   */
  write(current: Current<Value>, isLast?: boolean): void;
  /** Resolves when nothing is being written. */
  settled(): Promise<void>;
}

export interface KeptValueOptions<Value> {
  readonly file: string;
  /** As follow's: `test list`. */
  readonly name: string;
  /** Of what `encode` makes; another one is not read. */
  readonly version: number;
  /** Values that JSON can hold, one for each line. */
  encode(value: Value): Iterable<unknown>;
  /** From lines that may be anything; undefined or an error when they are not what was written. */
  decode(lines: readonly unknown[]): Value | undefined;
  /** Of several processes with the same value one writes. */
  readonly mayWrite: boolean;
  readonly log: Log;
}

/** A copy that is older than the value in use by less is good enough. */
const WRITE_EVERY_MS = 300_000;
const MAX_FILE_BYTES = 536_870_912;
/** Lines are written together, and others have their turn between. */
const CHUNK_CHARS = 65_536;

export function keptValue<Value>(options: KeptValueOptions<Value>): KeptValue<Value> {
  const { file, name, version, log } = options;
  let writtenMs = Number.NEGATIVE_INFINITY;
  let writing: Promise<void> | undefined;
  /** Of the value on disk. */
  let keptLoadedAtMs: number | undefined;
  let failedBefore = false;

  const parse = (text: string): Current<Value> => {
    const lines = text.split('\n');
    if (lines.pop() !== '') throw new Error('it is cut off');
    const [head, ...rest] = lines.map((line) => JSON.parse(line) as unknown);
    const end = rest.pop();
    if (!isObject(head) || head.followed !== name || head.version !== version)
      throw new Error('it is not of this program and version');
    const { loaded_at_ms: loadedAtMs } = head;
    if (typeof loadedAtMs !== 'number') throw new Error('it does not say when it was written');
    if (!isObject(end) || end.lines !== rest.length) throw new Error('it is cut off');
    const value = options.decode(rest);
    if (value === undefined) throw new Error('it does not hold what it should');
    return { value, loadedAtMs: Math.min(loadedAtMs, Date.now()) };
  };

  const write = async (current: Current<Value>) => {
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o750 });
      const { value, loadedAtMs } = current;
      const head = { followed: name, version, loaded_at_ms: loadedAtMs };
      await writeDurably(file, chunks(head, options.encode(value)));
      writtenMs = performance.now();
      keptLoadedAtMs = loadedAtMs;
      failedBefore = false;
    } catch (error) {
      if (!failedBefore)
        log.warning(
          `cannot keep ${name} on disk: a restart while its source is away would lose it`,
          {
            file,
            error: errorText(error),
          },
        );
      failedBefore = true;
    }
  };

  return {
    read() {
      try {
        if (statSync(file).size > MAX_FILE_BYTES) throw new Error('it is too large');
        const current = parse(readFileSync(file, 'utf8'));
        keptLoadedAtMs = current.loadedAtMs;
        return current;
      } catch (error) {
        if (!isMissing(error))
          log.warning(`the copy of ${name} on disk cannot be used: it is written again`, {
            file,
            error: errorText(error),
          });
        return undefined;
      }
    },
    write(current, isLast = false) {
      if (!options.mayWrite || current.loadedAtMs === keptLoadedAtMs) return;
      const isDue = writing === undefined && performance.now() - writtenMs >= WRITE_EVERY_MS;
      if (!isDue && !isLast) return;
      const next = (writing ?? Promise.resolve())
        .then(() => write(current))
        .then(() => {
          if (writing === next) writing = undefined;
        });
      writing = next;
    },
    async settled() {
      await writing;
    },
  };
}

function* chunks(head: unknown, lines: Iterable<unknown>): Generator<string> {
  let chunk = `${JSON.stringify(head)}\n`;
  let count = 0;
  for (const line of lines) {
    chunk += `${JSON.stringify(line)}\n`;
    count++;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  yield `${chunk}${JSON.stringify({ lines: count })}\n`;
}
