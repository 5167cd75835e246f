/** The `.tar.gz` of a can: one gzip member, since some readers stop at the end of the first. */
import { isPieceOfItsOwn } from '../../core/archive/members.ts';
import { TAR_END, tarHeader, tarPadding } from '../../core/archive/tar.ts';
import type { HourFolder } from '../../core/measurement/spoolPaths.ts';
import type { Deflater } from '../../edge/gzip/deflater.ts';
import type { Post } from './batches.ts';
import { createGzipFile } from './gzipFile.ts';
import { makePieceText, type Piece } from './pieceText.ts';

/** Text of the first pieces: the longer, the smaller the file, and nobody reads it in the middle. */
const FIRST_PIECE_BYTES = 524_288;

/** A measurement as far as the tar has it. */
export type TarPost = Pick<Post, 'uid' | 'receivedMs' | 'bytes' | 'line'>;

/** Deflated lines of a batch that the JSONL has as well, by the line's bytes. */
export type DeflatedLines = ReadonlyMap<Uint8Array, readonly Piece[]>;

export interface TarFile {
  /** Adds measurements. Gives the lines that are pieces of their own in both files. */
  add(posts: readonly TarPost[]): Promise<DeflatedLines>;
  /** Of the file so far, the text that is held back counted as it is. */
  readonly compressedBytes: number;
  finish(): Promise<{ readonly sizeBytes: number }>;
  abandon(): Promise<void>;
}

export async function createTarFile(
  file: string,
  folder: HourFolder,
  deflater: Deflater,
): Promise<TarFile> {
  const gzip = await createGzipFile(file);
  const text = makePieceText(deflater, FIRST_PIECE_BYTES);
  const write = async (): Promise<Piece[]> => {
    const pieces = await text.deflate();
    for (const piece of pieces) gzip.add(piece);
    await gzip.write();
    return pieces;
  };
  return {
    get compressedBytes() {
      return gzip.sizeBytes + text.waitingBytes;
    },

    async add(posts) {
      const places = new Map<Uint8Array, readonly [first: number, end: number]>();
      for (const { uid, receivedMs, bytes, line } of posts) {
        text.append(tarHeader(folder, uid, bytes.length, receivedMs));
        const start = placeOf(line, bytes);
        if (start === undefined) {
          text.append(bytes);
        } else {
          text.append(bytes.subarray(0, start));
          text.endPiece();
          const first = text.pieces;
          text.alone(line);
          places.set(line, [first, text.pieces]);
          text.append(bytes.subarray(start + line.length));
        }
        text.append(tarPadding(bytes.length));
        if (text.isFull) text.endPiece();
      }
      const pieces = await write();
      return new Map([...places].map(([line, place]) => [line, pieces.slice(...place)]));
    },

    async finish() {
      text.append(TAR_END);
      text.endPiece();
      await write();
      return gzip.finish();
    },

    abandon: () => gzip.abandon(),
  };
}

/** Is the line among those that `add` gives? */
export function isDeflatedInTar({ line, bytes }: Pick<Post, 'line' | 'bytes'>): boolean {
  return placeOf(line, bytes) !== undefined;
}

/** Where the line stands in the envelope, when it is those very bytes and a piece of its own. */
function placeOf(line: Uint8Array, bytes: Uint8Array): number | undefined {
  if (!isPieceOfItsOwn(line.length) || line.buffer !== bytes.buffer) return undefined;
  const start = line.byteOffset - bytes.byteOffset;
  return start >= 0 && start + line.length <= bytes.length ? start : undefined;
}
