/**
 * Measurements of an hour folder, read and taken apart some at a time: enough for a compressor to
 * work on, little enough to hold. Where a batch ends depends on the measurements from its first one
 * on and on nothing else, so that a can built again has the same bytes.
 */
import { EMPTY_LINE } from '../../core/archive/removal.ts';
import type { Turns } from '../../core/async/turns.ts';
import { contentOfPost, plainContent } from '../../core/measurement/envelope.ts';
import { uidReceivedMs } from '../../core/measurement/measurementUid.ts';
import type { Outline } from '../../core/measurement/outline.ts';
import { MAX_POST_BYTES } from '../../core/measurement/sizes.ts';
import {
  type HourFolder,
  hourFolderName,
  incomingPath,
  uidOfFileName,
} from '../../core/measurement/spoolPaths.ts';
import { sha256Hex } from '../../core/text/sha256.ts';
import type { FindOutlines } from '../../edge/layout/outlines.ts';
import type { Hours } from '../../edge/spool/hours.ts';
import { errorText, type Log } from '../../log/log.ts';
import type { Room, Rooms } from './rooms.ts';

export interface Post {
  readonly uid: string;
  readonly receivedMs: number;
  /** The stored envelope, without a credential that an older version of ooni-api stored in it. */
  readonly bytes: Buffer;
  /** Its line in the JSONL, without the line break; `{}` when it could not be parsed. */
  readonly line: Uint8Array;
  /** Of the line, hexadecimal. */
  readonly sha256: string;
  readonly parsed: boolean;
  readonly reportId: string;
  readonly input: string;
}

export interface Batch {
  readonly posts: readonly Post[];
  /** To be called when its bytes are done with; more than once is fine. */
  release(): void;
}

const NOT_PUBLISHED =
  'not a measurement of this hour that ooni-api stored: moved to quarantine, not published. Find out who put it there; see /usr/share/doc/ooni-common/security.md';

const BATCH_BYTES = 262_144;
const BATCH_POSTS = 1_000;
/** A measurement above this takes several times its bytes while it is archived: only one is held at once. */
const LARGE_BYTES = 2_097_152;

/** What reading batches needs; shared by whoever does it at the same time. */
export interface BatchParts {
  readonly hours: Hours;
  readonly log: Log;
  readonly outlines: FindOutlines;
  readonly large: Turns;
  readonly rooms: Rooms;
}

/** A stored envelope as it was read. */
interface Stored {
  readonly uid: string;
  readonly bytes: Buffer;
}

export async function* readBatches(parts: BatchParts, folder: HourFolder): AsyncGenerator<Batch> {
  const { hours, large, rooms } = parts;
  let room = rooms.take();
  let posts: Post[] = [];
  let bytes = 0;
  /** Read and not taken apart. */
  let stored: Stored[] = [];
  let storedBytes = 0;
  /** Ends the turn of a large one that was read for this batch. */
  let release: (() => void) | undefined;
  // Taken apart, some are smaller than they were: then a batch goes on.
  const takeApart = async () => {
    const outlines = await parts.outlines(stored.map(({ bytes }) => bytes));
    for (const [at, one] of stored.entries()) {
      const post = await postOf(one, outlines[at], hours, parts.log);
      posts.push(post);
      bytes += post.bytes.length;
    }
    stored = [];
    storedBytes = 0;
  };
  const isFull = (count: number, size: number) => count >= BATCH_POSTS || size >= BATCH_BYTES;
  const batch = (): Batch => {
    const [ownRoom, endTurn] = [room, release];
    const whole = {
      posts,
      release() {
        ownRoom.release();
        endTurn?.();
      },
    };
    room = rooms.take();
    posts = [];
    bytes = 0;
    release = undefined;
    return whole;
  };
  try {
    for await (const name of hours.names(folder)) {
      const one = await readStored(parts, folder, name, room, async () => {
        release = await large.take();
      });
      if (one === undefined) {
        release?.();
        release = undefined;
        continue;
      }
      stored.push(one);
      storedBytes += one.bytes.length;
      if (!isFull(posts.length + stored.length, bytes + storedBytes)) continue;
      await takeApart();
      // Without its credential a large one may be small: its turn still ends before another one takes it.
      if (release !== undefined || isFull(posts.length, bytes)) yield batch();
    }
    await takeApart();
    if (posts.length > 0) yield batch();
  } finally {
    release?.();
    room.release();
  }
}

/** `room`: what it is read into, unless it is large. `beforeLarge` is waited for before a large one is read. */
async function readStored(
  { hours, log }: BatchParts,
  folder: HourFolder,
  name: string,
  room: Room,
  beforeLarge: () => Promise<void>,
): Promise<Stored | undefined> {
  const moveAway = async (reason: string, level: 'warning' | 'err'): Promise<undefined> => {
    const quarantined = await hours.quarantineAway(folder, name, reason);
    const fields = { folder: folder.name, name, reason, quarantined };
    if (level === 'err') log.err(NOT_PUBLISHED, fields);
    else log.warning(NOT_PUBLISHED, fields);
  };
  const uid = uidOfFileName(name);
  if (uid === undefined) return moveAway('the file name is not a measurement uid', 'warning');
  if (hourFolderName(uid) !== folder.name)
    return moveAway(`it was put into ${folder.name}: its place is ${incomingPath(uid)}`, 'err');
  let read = hours.read(folder, name, LARGE_BYTES, room.place);
  if (read.kind === 'larger') {
    await beforeLarge();
    read = hours.read(folder, name, MAX_POST_BYTES);
  }
  if (read.kind === 'gone') return undefined;
  if (read.kind === 'foreign') return moveAway(`it is ${read.what}`, 'err');
  if (read.kind === 'larger') return moveAway(`it is a file of ${read.sizeBytes} bytes`, 'err');
  return { uid: uid.text, bytes: read.bytes };
}

/** Takes an envelope apart. `outline`: as far as it is known. */
async function postOf(
  { uid, bytes }: Stored,
  outline: Outline | undefined,
  hours: Hours,
  log: Log,
): Promise<Post> {
  const content = outline === undefined ? contentOfPost(bytes) : plainContent(bytes, outline);
  if (content.kind === 'invalid') await keepCopy(hours, uid, content.reason, bytes, log);
  const line = content.kind === 'ok' ? content.line : EMPTY_LINE;
  return {
    uid,
    receivedMs: uidReceivedMs(uid),
    bytes: content.kind === 'ok' ? asBuffer(content.envelope) : bytes,
    line,
    sha256: sha256Hex(line),
    parsed: content.kind === 'ok',
    reportId: content.kind === 'ok' ? content.reportId.toWellFormed() : '',
    input: content.kind === 'ok' ? content.input.toWellFormed() : '',
  };
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, length);
}

/** The tar has the measurement as well, so a copy that cannot be made must not hold up the hour. */
async function keepCopy(
  hours: Hours,
  uid: string,
  reason: string,
  post: Uint8Array,
  log: Log,
): Promise<void> {
  try {
    const kept = await hours.quarantineCopy(uid, reason, post);
    const where =
      kept === 'kept'
        ? 'a copy is in quarantine'
        : 'without a copy in quarantine/, which is full: see quarantine_max_bytes';
    log.warning(`could not be parsed: published as {}, ${where}`, {
      measurement_uid: uid,
      reason,
    });
  } catch (error) {
    log.err('cannot copy to quarantine/: the tar alone has it; check disk and permissions', {
      measurement_uid: uid,
      error: errorText(error),
    });
  }
}

/** A sequence of batches that one can takes up where the one before left it. */
export interface BatchCursor {
  peek(): Promise<Batch | undefined>;
  /** Drops what was peeked at, which is the caller's to release from then on. */
  take(): void;
  close(): Promise<void>;
}

export function cursorOf(batches: AsyncGenerator<Batch>): BatchCursor {
  let ahead: Promise<Batch | undefined> | undefined;
  return {
    peek() {
      ahead ??= batches.next().then(({ done, value }) => (done ? undefined : value));
      return ahead;
    },
    take() {
      ahead = undefined;
    },
    async close() {
      const left = await ahead?.catch(() => undefined);
      left?.release();
      await batches.return(undefined);
    },
  };
}
