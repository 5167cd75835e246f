/**
 * What names the body of one measurement, in the `fastpath` row and in the `jsonl` index alike. Rows of
 * old times have no uid there, and are found by the other two.
 */
export interface BodyKey {
  readonly measurementUid: string;
  readonly reportId: string;
  readonly input: string;
}
