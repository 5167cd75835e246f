/**
 * Text of a file that is being made, deflated piece by piece. What comes in parts is put together to pieces, and
 * is a copy of its own while it waits for more: no batch is held for it.
 */
import {
  firstPieceBytes,
  PIECE_MAX_BYTES,
  restartIsCheap,
  WINDOW_BYTES,
} from '../../core/archive/members.ts';
import type { Deflater } from '../../edge/gzip/deflater.ts';

/**
 * Of the memory that is used again: a piece that waits, and a batch. What a large measurement takes is let go with it,
 * since each of the files that are made at once would keep as much.
 */
const ROOM_MAX_BYTES = 8_388_608;

export interface Piece {
  readonly text: Uint8Array;
  readonly deflated: Uint8Array;
}

export interface PieceText {
  /** Text that may share a piece with what is before and behind it. */
  append(text: Uint8Array): void;
  /** Text in pieces of its own. */
  alone(text: Uint8Array): void;
  /** Text in the piece that was begun has reached what a piece should have. */
  readonly isFull: boolean;
  /** What comes next begins another piece. */
  endPiece(): void;
  /** No piece is under way. */
  readonly isBetweenPieces: boolean;
  /** Text that is not deflated yet. */
  readonly waitingBytes: number;
  /** Pieces that were ended since the last deflate(), the one that is under way not counted. */
  readonly pieces: number;
  /**
   * Deflates the pieces that were ended. Nothing may be added until it resolves. Their text is good until the
   * next deflate(), and as long as what was added is.
   */
  deflate(): Promise<Piece[]>;
}

/** `firstBytes`: text of a piece at first. */
export function makePieceText(deflater: Deflater, firstBytes: number): PieceText {
  let parts: Uint8Array[] = [];
  let length = 0;
  /** Of the pieces that were ended. */
  let ends: number[] = [];
  /** Of the piece that is under way. */
  let begin = 0;
  /** A piece that was full, which tells whether pieces should be longer. */
  let full: number | undefined;
  let pieceBytes = firstPieceBytes(firstBytes);
  let isLongEnough = pieceBytes * 2 > PIECE_MAX_BYTES;
  /** What parts are put together in; used again, since pieces are done with when more are asked for. */
  let room = Buffer.alloc(0);

  const endPiece = () => {
    if (length === begin) return;
    if (!isLongEnough && length - begin >= pieceBytes) full ??= ends.length;
    ends.push(length);
    begin = length;
  };
  const append = (text: Uint8Array) => {
    let rest = text;
    while (length - begin + rest.length > PIECE_MAX_BYTES) {
      const taken = rest.subarray(0, PIECE_MAX_BYTES - (length - begin));
      parts.push(taken);
      length += taken.length;
      rest = rest.subarray(taken.length);
      endPiece();
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
  };
  /** All of the text. */
  const together = (): Uint8Array => {
    if (parts.length === 1) return parts[0]!;
    if (length > ROOM_MAX_BYTES) return Buffer.concat(parts, length);
    if (room.length < length)
      room = Buffer.allocUnsafeSlow(Math.min(Math.max(length, 2 * room.length), ROOM_MAX_BYTES));
    let at = 0;
    for (const part of parts) {
      room.set(part, at);
      at += part.length;
    }
    return room.subarray(0, length);
  };
  /** Of pieces of this text, deflated. */
  const learn = async (piece: Piece): Promise<void> => {
    const head = piece.text.subarray(0, WINDOW_BYTES);
    const { length: headBytes } = await deflater.deflate(head, Uint32Array.of(head.length));
    const size = { textBytes: piece.text.length, compressedBytes: piece.deflated.length };
    if (restartIsCheap(size, headBytes)) isLongEnough = true;
    else pieceBytes *= 2;
    if (pieceBytes * 2 > PIECE_MAX_BYTES) isLongEnough = true;
  };

  return {
    append,
    endPiece,

    alone(text) {
      endPiece();
      append(text);
      endPiece();
    },

    get isFull() {
      return length - begin >= pieceBytes;
    },

    get isBetweenPieces() {
      return length === begin;
    },

    get waitingBytes() {
      return length;
    },

    get pieces() {
      return ends.length;
    },

    async deflate() {
      const all = together();
      const text = all.subarray(0, begin);
      const rest = Buffer.from(all.subarray(begin));
      const textEnds = ends;
      const learnFrom = full;
      parts = rest.length === 0 ? [] : [rest];
      length = rest.length;
      ends = [];
      begin = 0;
      full = undefined;
      if (textEnds.length === 0) return [];
      const deflatedEnds = Uint32Array.from(textEnds);
      const deflated = await deflater.deflate(text, deflatedEnds);
      const pieces = textEnds.map((end, at) => ({
        text: text.subarray(textEnds[at - 1] ?? 0, end),
        deflated: deflated.subarray(deflatedEnds[at - 1] ?? 0, deflatedEnds[at]),
      }));
      if (learnFrom !== undefined) await learn(pieces[learnFrom]!);
      return pieces;
    },
  };
}
