/** Which verification status a submission gets (protocol, probes 4.7). */

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

/**
 * Rules 1 and 2 of 4.7, for a service that publishes no manifest: no version can be the current one.
 * The measurement is stored all the same.
 */
export function verificationWithoutManifest(fields: CredentialFields): Verification {
  const asked =
    fields.nym !== null ||
    fields.zkpRequest !== null ||
    fields.manifestVersion !== null ||
    fields.protocolVersion !== null;
  return { status: 'unverified', error: asked ? 'manifest_not_found' : null };
}
