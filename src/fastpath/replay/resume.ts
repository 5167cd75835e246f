/**
 * What a replay has done, in a file of lines, so that it can go on after any end, kill -9 included.
 *
 * An object is written down after ClickHouse has confirmed its last row, and durable before anybody
 * relies on it; what is lost is only done again. When a day is done its objects are not kept in
 * memory any more. A power cut can leave half a line at the end, which is cut off.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { isObject } from '../../core/json/jsonValue.ts';
import { parseJsonText } from '../../core/json/parseJson.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';

export interface Resume {
  /** An earlier run has done something of it. */
  readonly hasDone: boolean;
  isObjectDone(unit: string, key: string): boolean;
  isUnitDone(unit: string): boolean;
  objectDone(unit: string, key: string): void;
  /** All objects of the unit are. */
  unitDone(unit: string): void;
  /** Resolves when something cannot be written, and there is no point in going on. */
  readonly failed: Promise<FatalError>;
  /** Resolves when everything is on disk. */
  close(): Promise<void>;
}

const HEADER = 'ooni-fastpath replay ';

/** Remembers nothing. */
export const noResume: Resume = {
  hasDone: false,
  isObjectDone: () => false,
  isUnitDone: () => false,
  objectDone: () => {},
  unitDone: () => {},
  failed: new Promise(() => {}),
  close: async () => {},
};

/**
 * `what`: text of what is replayed; a file that was begun for something else is refused. Throws
 * FatalError.
 */
export async function openResume(
  file: string,
  what: string,
  openFile: (file: string, flags: string, mode: number) => Promise<FileHandle> = open,
): Promise<Resume> {
  const header = `${HEADER}${what}`;
  let handle: FileHandle | undefined;
  try {
    handle = await openFile(file, 'a+', 0o644);
    const text = await handle.readFile('utf8');
    // What follows the last line feed was torn off by a power cut.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const done = parseDone(text, whole, header);
    if (whole.length < text.length) await handle.truncate(Buffer.byteLength(whole));
    return resumeIn(file, handle, done, whole === '' ? `${header}\n` : '');
  } catch (error) {
    await handle?.close();
    if (error instanceof Unfit)
      throw new FatalError(
        `--resume ${file}: ${error.message}; give another file, or remove it`,
        EXIT.usage,
      );
    throw new FatalError(`--resume ${file}: cannot be read and written`, EXIT.io, { cause: error });
  }
}

interface Done {
  readonly units: ReadonlySet<string>;
  readonly objects: ReadonlyMap<string, ReadonlySet<string>>;
}

function resumeIn(
  file: string,
  handle: FileHandle,
  { units, objects }: Done,
  begin: string,
): Resume {
  let unwritten = begin;
  let writing: Promise<void> | undefined;
  let fail!: (error: FatalError) => void;
  const failed = new Promise<FatalError>((resolve) => {
    fail = resolve;
  });
  const write = async () => {
    while (unwritten !== '') {
      const text = unwritten;
      unwritten = '';
      await handle.appendFile(text);
      await handle.datasync();
    }
    writing = undefined;
  };
  const add = (line: string) => {
    unwritten += `${line}\n`;
    writing ??= write().catch((cause) =>
      fail(new FatalError(`--resume ${file}: cannot be written`, EXIT.io, { cause })),
    );
  };
  return {
    hasDone: units.size + objects.size > 0,
    isObjectDone: (unit, key) => objects.get(unit)?.has(key) ?? false,
    isUnitDone: (unit) => units.has(unit),
    objectDone: (unit, key) => add(JSON.stringify({ object: key, unit })),
    unitDone: (unit) => add(JSON.stringify({ unit })),
    failed,
    async close() {
      await writing;
      await handle.close();
    },
  };
}

class Unfit extends Error {}

/** The header, then lines `{"object": …, "unit": …}` and `{"unit": …}`. Throws Unfit. */
function parseDone(text: string, whole: string, header: string): Done {
  const [first, ...lines] = whole.split('\n').slice(0, -1);
  if (first === undefined ? !header.startsWith(text) : first !== header)
    throw new Unfit(
      `was begun for something else (it begins ${text.slice(0, 300)}, expected ${header})`,
    );
  const units = new Set<string>();
  const objects = new Map<string, Set<string>>();
  for (const [index, line] of lines.entries()) {
    const parsed = parseJsonText(line);
    const { unit, object } = parsed.kind === 'ok' && isObject(parsed.value) ? parsed.value : {};
    if (typeof unit !== 'string' || (object !== undefined && typeof object !== 'string'))
      throw new Unfit(`line ${index + 2} says nothing about an object or unit`);
    if (object === undefined) {
      units.add(unit);
      objects.delete(unit);
      continue;
    }
    const of = objects.get(unit);
    if (of === undefined) objects.set(unit, new Set([object]));
    else of.add(object);
  }
  return { units, objects };
}
