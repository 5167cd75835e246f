/**
 * Where one gzip member of a `.jsonl.gz` ends and the next begins (design: archive files that can be
 * read in the middle; docs/archive.md).
 *
 * Each member starts without the 32 KiB of earlier text that gzip looks back into, which costs some
 * bytes. Text that compresses well would pay too much for that in members of a fixed size, so a
 * member also holds a least number of compressed bytes: then the whole is within 3% of one stream.
 */
export interface MemberLimits {
  /** Text that a member holds at least, unless a single line ends it. */
  readonly minTextBytes: number;
  readonly minCompressedBytes: number;
  /** … and text that ends it, however well it compresses: what a reader must hold. */
  readonly maxTextBytes: number;
}

/** `memberBytes`: the config's member_bytes. */
export function memberLimits(memberBytes: number): MemberLimits {
  return {
    minTextBytes: memberBytes,
    minCompressedBytes: 131_072,
    maxTextBytes: 64 * memberBytes,
  };
}

export function memberIsFull(
  limits: MemberLimits,
  textBytes: number,
  compressedBytes: number,
): boolean {
  return (
    textBytes >= limits.maxTextBytes ||
    (textBytes >= limits.minTextBytes && compressedBytes >= limits.minCompressedBytes)
  );
}

/** A line this long is a member of its own, so that reading its neighbours does not mean reading it. */
export function isMemberOfItsOwn(limits: MemberLimits, lineBytes: number): boolean {
  return lineBytes >= limits.minTextBytes;
}
