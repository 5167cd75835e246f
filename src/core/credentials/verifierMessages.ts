/**
 * The lines that go to an outside verifier and come back (docs/credential-verifier.md): one JSON object a
 * line, answers by the number of their question.
 */
import { isObject, member } from '../json/jsonValue.ts';
import { parseJsonText } from '../json/parseJson.ts';
import type { Proof } from './credential.ts';

export type Question =
  | { readonly kind: 'verify'; readonly proof: Proof }
  | { readonly kind: 'sign'; readonly request: string; readonly emissionDay: number };

/** Faults of what a client sent. */
const CLIENT_FAULTS = ['deserialization_failed', 'protocol_error', 'credential_error'] as const;
export type ClientFault = (typeof CLIENT_FAULTS)[number];

export type VerifierAnswer =
  /** Base64, for the client. */
  | { readonly kind: 'ok'; readonly response: string }
  | { readonly kind: 'refused'; readonly fault: ClientFault }
  /** The verifier has a fault of its own, or says what nobody understands. */
  | { readonly kind: 'unusable' };

export function questionLine(id: number, question: Question): string {
  const message =
    question.kind === 'sign'
      ? {
          id,
          op: 'sign',
          credential_sign_request: question.request,
          emission_day: question.emissionDay,
        }
      : {
          id,
          op: 'verify',
          nym: question.proof.nym,
          zkp_request: question.proof.zkpRequest,
          probe_cc: question.proof.probeCc,
          probe_asn: question.proof.probeAsn,
          age: question.proof.policy.age,
          min_measurement_count: question.proof.policy.minMeasurementCount,
          manifest_version: question.proof.manifestVersion,
          content_sha256: question.proof.contentSha256,
        };
  return `${JSON.stringify(message)}\n`;
}

const MAX_RESPONSE_CHARACTERS = 65_536;

/** undefined: a line that is no answer to anything. */
export function answerOf(
  line: string,
): { readonly id: number; readonly answer: VerifierAnswer } | undefined {
  const parsed = parseJsonText(line);
  if (parsed.kind === 'invalid' || !isObject(parsed.value)) return undefined;
  const id = member(parsed.value, 'id');
  if (typeof id !== 'number') return undefined;
  const response = member(parsed.value, 'response');
  const error = member(parsed.value, 'error');
  if (member(parsed.value, 'ok') === true && isResponse(response))
    return { id, answer: { kind: 'ok', response } };
  const fault = CLIENT_FAULTS.find((known) => known === error);
  const isRefused = member(parsed.value, 'ok') === false && fault !== undefined;
  return { id, answer: isRefused ? { kind: 'refused', fault } : { kind: 'unusable' } };
}

function isResponse(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= MAX_RESPONSE_CHARACTERS &&
    /^[A-Za-z0-9+/_-]+={0,2}$/.test(value)
  );
}
