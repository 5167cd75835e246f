/** Reading a log's leaves in their order, some of its parts ahead. The signature is the caller's to check. */
import { type Leaf, parseLeaf } from '../../core/archive/leaf.ts';
import { BrokenLog, type ReadPart, readEntries } from '../../core/archive/logReader.ts';
import { TILE_WIDTH, tileOf } from '../../core/archive/merkle.ts';

/** What is needed of a log to read it. */
export interface ReadableLog {
  readonly size: number;
  readonly readPart: ReadPart;
}

/** Lines of one object in the log, one leaf after the other. */
export interface LoggedPlace {
  readonly key: string;
  /** Leaf of its line 0. */
  readonly firstLeaf: number;
  readonly leaves: number;
}

/** Parts read ahead of the one that is looked at. */
const READ_AHEAD = 8;

/** The leaves from `first` on, `count` of them. Throws BrokenLog. */
export async function* leavesFrom(
  log: ReadableLog,
  first: number,
  count: number,
): AsyncGenerator<Leaf> {
  const end = first + count;
  if (end > log.size) throw new BrokenLog(`leaf ${end - 1} is not in a log of ${log.size}`);
  let at = first;
  for await (const entries of bundles(log, first, end))
    for (const entry of entries.slice(at % TILE_WIDTH, (at % TILE_WIDTH) + end - at)) {
      const leaf = parseLeaf(entry);
      if (leaf === undefined) throw new BrokenLog(`leaf ${at} is not of this format`);
      yield leaf;
      at++;
    }
}

/** The objects that the log covers, in their order. `onLeaf`: for telling how far it got. */
export async function* loggedPlaces(
  log: ReadableLog,
  onLeaf: (through: number) => void = () => {},
): AsyncGenerator<LoggedPlace> {
  let place: LoggedPlace | undefined;
  let index = 0;
  for await (const leaf of leavesFrom(log, 0, log.size)) {
    if (leaf.kind === 'published') {
      if (place === undefined || leaf.key !== place.key || leaf.line !== place.leaves) {
        if (place !== undefined) yield place;
        place = { key: leaf.key, firstLeaf: index - leaf.line, leaves: leaf.line };
      }
      place = { ...place, leaves: leaf.line + 1 };
    }
    onLeaf(++index);
  }
  if (place !== undefined) yield place;
}

/** Bundles of entries from the one that holds leaf `start` up to the one before `end`. */
async function* bundles(log: ReadableLog, start: number, end: number): AsyncGenerator<Buffer[]> {
  let next = Math.floor(start / TILE_WIDTH);
  const ahead: Promise<Buffer[]>[] = [];
  const fill = () => {
    while (ahead.length < READ_AHEAD && next * TILE_WIDTH < end) {
      const reading = readEntries(log.readPart, tileOf(log.size, 0, next++)!);
      // Its error is thrown when its turn comes, if it comes.
      reading.catch(() => {});
      ahead.push(reading);
    }
  };
  for (fill(); ahead.length > 0; fill()) yield await ahead.shift()!;
}
