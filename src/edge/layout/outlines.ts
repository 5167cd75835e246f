/**
 * Outlines of stored envelopes, found by the native module for a batch of them in one call that runs whole in one thread
 * of Node's pool (outlines.c). core/measurement/outline.ts says the same, and for all that is left to it.
 */
import { MAX_VALUES } from '../../core/json/bounds.ts';
import type { Span } from '../../core/json/scan.ts';
import type { Outline } from '../../core/measurement/outline.ts';
import { nativeDoors } from '../../native/nativeModule.ts';

export interface OutlineDoor {
  /**
   * Seven numbers for each envelope, in order: where content, its report_id and its input begin and end, both 0 where there is
   * none, and flags. Throws a TypeError for arguments of another kind, and for more than 4,096 envelopes.
   */
  outlines(posts: readonly Uint8Array[], mostValues: number): Promise<Int32Array>;
}

/** Of each envelope: undefined for one that must be looked at by itself. None may be changed meanwhile. */
export type FindOutlines = (
  posts: readonly Uint8Array[],
) => Promise<readonly (Outline | undefined)[]>;

const NUMBERS = 7;
const FLAGS = 6;
const IS_OUTLINE = 1;
const HAS_BLANKS = 2;
const HAS_CREDENTIAL = 4;

/** Where the module cannot be used, each is left to be looked at. `modulePath`: of another one. */
export function openOutlines(modulePath?: string): FindOutlines {
  // That the module cannot be used, the compressor says.
  const native = nativeDoors<OutlineDoor>(() => {}, modulePath);
  if (native === undefined) return async (posts) => posts.map(() => undefined);
  return async (posts) => {
    const numbers = await native.outlines(posts, MAX_VALUES);
    return posts.map((_, at) => outlineIn(numbers.subarray(at * NUMBERS, (at + 1) * NUMBERS)));
  };
}

function outlineIn(numbers: Int32Array): Outline | undefined {
  const flags = numbers[FLAGS]!;
  if ((flags & IS_OUTLINE) === 0) return undefined;
  const span = (at: number): Span => ({ start: numbers[at]!, end: numbers[at + 1]! });
  const member = (at: number) => (numbers[at + 1] === 0 ? undefined : span(at));
  return {
    content: span(0),
    contentHasBlanks: (flags & HAS_BLANKS) !== 0,
    reportId: member(2),
    input: member(4),
    hasCredential: (flags & HAS_CREDENTIAL) !== 0,
  };
}
