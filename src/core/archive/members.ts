/**
 * Where one gzip member of a `.jsonl.gz` ends and the next begins (design: archive files that can be
 * read in the middle; docs/archive.md).
 *
 * Each member starts without the 32 KiB of earlier text that gzip looks back into. What that costs
 * depends on the text: next to nothing where lines have little in common, and a whole copy of what
 * they share where they do. So a member ends only when it is so large that starting again costs little
 * of it. All of this depends on the text alone: built again, a file has the same members.
 */

/** Text of a member at most, but for the line that goes beyond it: what a reader must hold. */
export const MEMBER_TEXT_MAX_BYTES = 67_108_864;
/** Text of a member at most, as a multiple of `member_bytes`, however well it compresses. */
const MAX_MEMBERS_TEXT = 64;
/** Largest `member_bytes` for which that multiple is within the bound. */
export const MEMBER_BYTES_MAX = MEMBER_TEXT_MAX_BYTES / MAX_MEMBERS_TEXT;

/** How far back gzip looks: what a new member has to do without. */
export const WINDOW_BYTES = 32_768;
/** What starting again may cost of a member. */
const MAX_RESTART_COST = 0.025;

export interface MemberLimits {
  /** Text that a member holds at least, unless a single line ends it. */
  readonly minTextBytes: number;
  readonly minCompressedBytes: number;
  /** … and text that ends it, however well it compresses. */
  readonly maxTextBytes: number;
}

/** `memberBytes`: the config's member_bytes. */
export function memberLimits(memberBytes: number): MemberLimits {
  return {
    minTextBytes: memberBytes,
    minCompressedBytes: 131_072,
    maxTextBytes: MAX_MEMBERS_TEXT * memberBytes,
  };
}

/** A member so far. */
export interface MemberSize {
  readonly textBytes: number;
  readonly compressedBytes: number;
}

export type MemberState =
  | 'open'
  | 'full'
  /** Full when starting again costs little of it: ask `restartIsCheap`. */
  | 'large';

export function memberState(limits: MemberLimits, size: MemberSize): MemberState {
  if (size.textBytes >= limits.maxTextBytes) return 'full';
  const large =
    size.textBytes >= limits.minTextBytes && size.compressedBytes >= limits.minCompressedBytes;
  return large ? 'large' : 'open';
}

/**
 * Would another member cost little compared with this one? Its first window of text cannot refer to
 * what was before, as this member's could not: what that cost here, beyond what as much text took
 * later, is what it will cost there. `headBytes`: this member's first window of text, compressed.
 */
export function restartIsCheap(size: MemberSize, headBytes: number): boolean {
  const later = (size.compressedBytes - headBytes) / (size.textBytes - WINDOW_BYTES);
  const cost = headBytes - later * WINDOW_BYTES;
  return cost <= MAX_RESTART_COST * size.compressedBytes;
}

/** A line this long is a member of its own, so that reading its neighbours does not mean reading it. */
export function isMemberOfItsOwn(limits: MemberLimits, lineBytes: number): boolean {
  return lineBytes >= limits.minTextBytes;
}
