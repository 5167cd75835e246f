/** The credential of a submission, and what became of it (protocol, probes 3.4.3 and 4.7). */

export interface CredentialFields {
  readonly nym: string | null;
  readonly zkpRequest: string | null;
  readonly manifestVersion: string | null;
  readonly protocolVersion: string | null;
}

export interface Verification {
  readonly status: 'verified' | 'failed' | 'unverified';
  /** Stored, but: why it is not verified. Null when nothing was asked for. */
  readonly error: string | null;
}

/** As it is stored beside the measurement. */
export const STORED_VERDICT = { verified: 't', failed: 'f', unverified: 'u' } as const;
