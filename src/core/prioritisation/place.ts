/** Effective country and network of a probe: `ZZ` and 0 where nobody knows. */
export interface Place {
  readonly cc: string;
  readonly asn: number;
}
