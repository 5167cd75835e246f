/**
 * Which verdict on a submission's credential follows from its fields alone, and what is left to ask of the
 * verifier (protocol, probes 4.7). No cryptography is done here.
 */
import { type Manifest, type Policy, policyFor } from './manifest.ts';
import type { CredentialFields, Verification } from './verification.ts';

/** A proof to be verified. The texts are the client's: they are stored and logged nowhere. */
export interface Proof {
  readonly nym: string;
  readonly zkpRequest: string;
  readonly probeCc: string;
  readonly probeAsn: string;
  readonly policy: Policy;
  readonly manifestVersion: string;
  /** Of the very text of the measurement that the proof is bound to: 64 hex digits. */
  readonly contentSha256: string;
}

export type CredentialCase =
  | { readonly kind: 'decided'; readonly verification: Verification }
  | { readonly kind: 'to_verify'; readonly proof: Proof };

export interface CredentialRules {
  readonly manifest: Manifest;
  /** Dotted whole numbers. */
  readonly minimumProtocolVersion: string;
}

/** What the fields stand beside, in a measurement whose metadata were checked. */
export interface MeasurementOfProof {
  readonly probeCc: string;
  readonly probeAsn: string;
  readonly contentSha256: string;
}

/** Longer ones are none: what there is has 44 and some thousand characters. */
const MAX_NYM_CHARACTERS = 256;
const MAX_PROOF_CHARACTERS = 65_536;

/** The first case that fits decides. `rules`: undefined while no manifest is in force. */
export function judgeCredential(
  fields: CredentialFields,
  measurement: MeasurementOfProof,
  rules: CredentialRules | undefined,
): CredentialCase {
  const { nym, zkpRequest, manifestVersion, protocolVersion } = fields;
  if (nym === null && zkpRequest === null && manifestVersion === null && protocolVersion === null)
    return unverified(null);
  if (rules === undefined || manifestVersion !== rules.manifest.version)
    return unverified('manifest_not_found');
  if (nym === null || zkpRequest === null || protocolVersion === null)
    return unverified('incomplete_anonc_fields');
  const version = versionOf(protocolVersion);
  if (version === undefined) return unverified('invalid_protocol_version');
  if (isBefore(version, versionOf(rules.minimumProtocolVersion) ?? []))
    return unverified('protocol_version_too_old');
  if (nym.length > MAX_NYM_CHARACTERS || zkpRequest.length > MAX_PROOF_CHARACTERS)
    return decided({ status: 'failed', error: 'deserialization_failed' });
  const { probeCc, probeAsn, contentSha256 } = measurement;
  const policy = policyFor(rules.manifest, probeCc, probeAsn);
  return {
    kind: 'to_verify',
    proof: { nym, zkpRequest, probeCc, probeAsn, policy, manifestVersion, contentSha256 },
  };
}

function decided(verification: Verification): CredentialCase {
  return { kind: 'decided', verification };
}

function unverified(error: string | null): CredentialCase {
  return decided({ status: 'unverified', error });
}

function versionOf(text: string): number[] | undefined {
  return /^\d{1,9}(\.\d{1,9}){0,7}$/.test(text) ? text.split('.').map(Number) : undefined;
}

/** Number by number; of two that begin alike the shorter one is before the longer. */
function isBefore(version: readonly number[], other: readonly number[]): boolean {
  for (const [at, number] of other.entries()) {
    const own = version[at];
    if (own !== number) return own === undefined || own < number;
  }
  return false;
}
