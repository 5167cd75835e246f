/** SQL text with the values that are bound to it; nothing from outside is ever part of the text. */
export interface Query {
  readonly sql: string;
  /** For the `{name:Type}` places in the text. */
  readonly values: Readonly<
    Record<string, string | number | readonly string[] | readonly number[]>
  >;
}

/** Seconds since 1970 as a DateTime column can hold them. */
export function clampSeconds(ms: number): number {
  return Math.min(Math.max(Math.floor(ms / 1000), 0), 0xffffffff);
}
