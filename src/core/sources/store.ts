/** Where the content of a job is in use: tables, or a file. What the runner of jobs needs of it. */
import type { Held } from './acceptable.ts';
import type { Content, SourceFile } from './job.ts';
import type { Version } from './version.ts';

export interface Store {
  /** Undefined: what is there was not put there by a job, or is not whole. */
  current(): Promise<Version | undefined>;
  /** The one before that, kept for `--back`. */
  former(): Promise<Version | undefined>;
  held(): Promise<ReadonlyMap<string, Held>>;
  /** Whole or not at all. Throws when it was not done. */
  replace(content: Content, files: readonly SourceFile[], version: Version): Promise<void>;
  /** Exchanges what is in use with what was there before. */
  back(): Promise<void>;
}

/** An entry of the history of a job. */
export interface HistoryEntry {
  readonly kind: 'fetched' | 'back';
  readonly version: Version;
  /** Of `back`: SHA-256 of what was taken back; else empty. */
  readonly withdrawn: string;
  /** collector_id of the host that did it. */
  readonly host: string;
}

export interface History {
  /** Newest first. */
  read(job: string, limit: number): Promise<readonly HistoryEntry[]>;
  add(job: string, entry: HistoryEntry): Promise<void>;
}
