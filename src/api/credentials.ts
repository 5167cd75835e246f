/**
 * Anonymous credentials of probes: either they are not configured, and every probe goes on without, or there is
 * a manifest and a verifier outside of this program (protocol, probes 3.4 and 4.7).
 */
import type { CredentialRules, Proof } from '../core/credentials/credential.ts';
import { type Manifest, parseManifest } from '../core/credentials/manifest.ts';
import type { Verification } from '../core/credentials/verification.ts';
import type { ClientFault, VerifierAnswer } from '../core/credentials/verifierMessages.ts';
import { openVerifierClient } from '../edge/verifier/verifierClient.ts';
import type { Log } from '../log/log.ts';
import { oncePer } from '../log/oncePer.ts';
import { followFile } from './followed/file.ts';

export interface Credentials {
  /** undefined while there is no manifest in force. */
  readonly rules: (CredentialRules & { readonly manifest: DatedManifest }) | undefined;
  sign(request: string, emissionDay: number): Promise<VerifierAnswer>;
  /** A verifier that is away costs the verdict, never the measurement. */
  verify(proof: Proof): Promise<Verified>;
  close(): void;
}

/** `changedMs`: since 1970. */
export type DatedManifest = Manifest & { readonly changedMs: number };

/** With what the client goes on with, where it is verified. */
export interface Verified extends Verification {
  readonly submitResponse: string | null;
}

const NO_CREDENTIALS: Credentials = {
  rules: undefined,
  sign: async () => ({ kind: 'unusable' }),
  verify: async () => UNKNOWN,
  close() {},
};

const UNKNOWN: Verified = { status: 'unverified', error: 'unknown_error', submitResponse: null };
const MAX_MANIFEST_BYTES = 1_048_576;
const SAY_AGAIN_AFTER_MS = 60_000;

export interface CredentialParts {
  readonly manifestFile: string | undefined;
  readonly verifierSocket: string;
  readonly timeoutMs: number;
  readonly minimumProtocolVersion: string;
  readonly log: Log;
  /** Of the manifest, which each worker reads by itself. */
  readonly followLog: Log;
  readonly countVerification: (outcome: 'verified' | ClientFault | 'unusable') => void;
}

export function openCredentials(parts: CredentialParts): Credentials {
  const { manifestFile, log, countVerification } = parts;
  if (manifestFile === undefined) return NO_CREDENTIALS;
  const manifest = followFile<DatedManifest>({
    name: 'rules for credentials',
    path: manifestFile,
    maxBytes: MAX_MANIFEST_BYTES,
    parse: (bytes, changedMs) => ({ ...parseManifest(bytes), changedMs }),
    describe: ({ version, policies }) => ({ version, rules: policies.length }),
    advice:
      'probes go on without credentials; mend the file, or take manifest_file out of [credentials]',
    log: parts.followLog,
  });
  const sayFault = oncePer(SAY_AGAIN_AFTER_MS, () => performance.now());
  const verifier = openVerifierClient({
    socketPath: parts.verifierSocket,
    timeoutMs: parts.timeoutMs,
    onFault: (reason) =>
      sayFault((unsaid) =>
        log.err(
          'the verifier of credentials gives no answer that can be used: measurements are stored as unverified; look at its own log',
          { socket: parts.verifierSocket, reason, suppressed: unsaid || undefined },
        ),
      ),
  });
  return {
    get rules() {
      const inForce = manifest.value;
      if (inForce === undefined) return undefined;
      return { manifest: inForce, minimumProtocolVersion: parts.minimumProtocolVersion };
    },
    sign: (request, emissionDay) => verifier.ask({ kind: 'sign', request, emissionDay }),
    async verify(proof) {
      const answer = await verifier.ask({ kind: 'verify', proof });
      switch (answer.kind) {
        case 'ok':
          countVerification('verified');
          return { status: 'verified', error: null, submitResponse: answer.response };
        case 'refused':
          countVerification(answer.fault);
          return { status: 'failed', error: answer.fault, submitResponse: null };
        case 'unusable':
          countVerification('unusable');
          return UNKNOWN;
      }
    },
    close() {
      manifest.close();
      verifier.close();
    },
  };
}
