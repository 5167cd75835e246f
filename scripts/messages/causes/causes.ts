/** Why a line is said, and what to do. */
export interface Cause {
  readonly why: string;
  readonly todo: string;
}

/** By the text of the line. */
export type Causes = Readonly<Record<string, Cause>>;

export const cause = (why: string, todo: string): Cause => ({ why, todo });
