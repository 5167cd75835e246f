/**
 * Taking many files out of a folder of the spool, in one call of the native module or one by one in JavaScript:
 * both keep to what stands here, and the same tests run against both (docs/design/unlinks.md).
 */

/** What the disk did not let go. */
export interface RefusedUnlink {
  readonly name: string;
  readonly error: NodeJS.ErrnoException;
}

export interface Unlinker {
  /**
   * Takes these names of entries out of the folder; fine when they are gone already. Never rejects for what the disk
   * says: that is told of each, and the others are gone.
   */
  unlink(folder: string, names: readonly string[]): Promise<readonly RefusedUnlink[]>;
}
