/** A source that cannot be read, or is not what it should be. The text says which, and what was expected. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** Bounds of what a source may cost. */
export interface SourceLimits {
  /** For each file, with all its redirects; for each run of git. */
  readonly timeoutMs: number;
  /** Of each thing fetched, and of all that is taken out of an archive or folder. */
  readonly maxBytes: number;
}
