/** What the pages of the archive have in common: where they are, and how they ask for counts. */
import type { ComponentChild } from 'preact';
import { fileCounts } from '../../core/endpoints/bulk/fileCounts.ts';
import { askJson, type PageRequest, type Parameters, type Problem } from './page.ts';

export const ARCHIVE_PATH = '/ui/archive';

export interface Count {
  readonly day?: string;
  readonly hour?: string;
  readonly probe_cc?: string;
  readonly test_name?: string;
  readonly can_count: number;
  readonly measurement_count: number;
}

export interface ArchivePart {
  readonly kind: 'ok';
  readonly main: ComponentChild;
  /** Where it is not 200. */
  readonly status?: number;
}

/** Throws QueryError. */
export function askCounts(
  asked: PageRequest,
  parameters: Parameters,
): Promise<
  { readonly kind: 'ok'; readonly value: { readonly result: readonly Count[] } } | Problem
> {
  return askJson(asked, fileCounts, parameters);
}
