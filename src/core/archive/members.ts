/**
 * Where the pieces end in which a can's files are deflated, and the gzip members of its `.jsonl.gz` (design: the
 * compressor, archive files that can be read in the middle; docs/archive.md).
 *
 * Each piece starts without the 32 KiB of earlier text that deflate looks back into. What that costs depends on
 * the text: next to nothing where lines have little in common, and a whole copy of what they share where they
 * do. So pieces become longer until starting again costs little of them. A line that is longer than what
 * deflate looks back into would find nothing of the line before it, so that it loses next to nothing as a piece
 * of its own, and is deflated once for both files. All of this depends on the text alone: built again, a file
 * has the same bytes.
 */

/** Text of a member at most, but for the line that goes beyond it: what a reader must hold. */
export const MEMBER_TEXT_MAX_BYTES = 67_108_864;
/** Largest `member_bytes` for which older uploaders, which let a member have 64 times that, were within the bound. */
export const MEMBER_BYTES_MAX = MEMBER_TEXT_MAX_BYTES / 64;

/** How far back deflate looks: what a new piece has to do without. */
export const WINDOW_BYTES = 32_768;
/** What starting again may cost of a piece. */
const MAX_RESTART_COST = 0.025;

/** Text of a piece at first, at least: little enough to be started with. */
const FIRST_PIECE_MIN_BYTES = 131_072;
/** Text of a piece at most: what is held of a file that is being made. */
export const PIECE_MAX_BYTES = 4_194_304;

/** Text of the first pieces of a file; `memberBytes`: what the caller would have. */
export function firstPieceBytes(memberBytes: number): number {
  return Math.min(Math.max(memberBytes, FIRST_PIECE_MIN_BYTES), PIECE_MAX_BYTES);
}

/** A piece: its text, and what became of it. */
export interface PieceSize {
  readonly textBytes: number;
  readonly compressedBytes: number;
}

/**
 * Would another piece cost little compared with this one? Its first window of text cannot refer to
 * what was before, as this one's could not: what that cost here, beyond what as much text took
 * later, is what it will cost there. `headBytes`: this piece's first window of text, compressed alone.
 */
export function restartIsCheap(size: PieceSize, headBytes: number): boolean {
  const later = (size.compressedBytes - headBytes) / (size.textBytes - WINDOW_BYTES);
  const cost = headBytes - later * WINDOW_BYTES;
  return cost <= MAX_RESTART_COST * size.compressedBytes;
}

/** A line, or a measurement's content, that is a piece of its own. */
export function isPieceOfItsOwn(lineBytes: number): boolean {
  return lineBytes >= WINDOW_BYTES;
}

/** A line this long is a member of its own, so that reading its neighbours does not mean reading it. */
export function isMemberOfItsOwn(memberBytes: number, lineBytes: number): boolean {
  return lineBytes >= memberBytes;
}
