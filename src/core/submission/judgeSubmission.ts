/** The judgement of submit_measurement (protocol, probes 3.4.3). */
import {
  type CredentialCase,
  type CredentialRules,
  judgeCredential,
} from '../credentials/credential.ts';
import { boundFault, MAX_DEPTH } from '../json/bounds.ts';
import { type Allocate, jsonTextBytes } from '../json/edit.ts';
import { isObject, type JsonObject } from '../json/jsonValue.ts';
import { type BodyLayout, pickedMembers } from '../json/layout.ts';
import { parseJsonBytes, parseJsonText } from '../json/parseJson.ts';
import type { Member } from '../json/scan.ts';
import { submissionEnvelope } from '../measurement/envelope.ts';
import { checkMetadata } from '../measurement/metadata.ts';
import { makeReportId } from '../measurement/reportId.ts';
import type { Verified } from '../measurement/unwrap.ts';
import { type Claimed, claimedBy } from '../probe/placeMismatch.ts';
import { sha256Hex } from '../text/sha256.ts';
import {
  type AcceptedSubmission,
  boundRefusal,
  JUDGED_MEMBERS,
  type Rejected,
  rejected,
  rejectedMetadata,
} from './judgement.ts';
import { checkSubmission, SUBMISSION_MEMBERS, type Submission } from './submission.ts';

export type SubmissionJudgement =
  | {
      readonly kind: 'accepted';
      /** What is to be stored, with the verdict on its credential. */
      readonly submission: (isVerified: Verified) => AcceptedSubmission;
      /** What it says of where and with what it was made. */
      readonly claimed: Claimed;
      readonly credential: CredentialCase;
    }
  | Rejected;

export interface SubmissionSetting {
  readonly collectorId: string;
  /** 12 bytes from a cryptographic source, for the report id. */
  readonly random: Uint8Array;
  /** undefined while no manifest is in force. */
  readonly credentialRules: CredentialRules | undefined;
  /** Where the memory of what is stored is from; fresh where it is not given. */
  readonly allocate?: Allocate | undefined;
}

/** `body`: decompressed, within the bounds of core/json/bounds.ts. `layout`: where that was found before. */
export function judgeSubmission(
  body: Uint8Array,
  { collectorId, random, credentialRules, allocate }: SubmissionSetting,
  layout?: BodyLayout,
): SubmissionJudgement {
  const sent = (layout && laidOut(layout)) ?? parsed(body);
  if (sent.kind === 'rejected') return sent;
  const { submission, content, bytes, known } = sent;
  const metadata = checkMetadata(content);
  if (metadata.kind === 'rejected') return rejectedMetadata(metadata);
  const { probeCc, probeAsn, testName, asn } = metadata.metadata;
  // Of the exact text that was received: a fallback without credential is found by it (9.18), and a proof is
  // bound to it.
  const contentSha256 = sha256Hex(bytes);
  return {
    kind: 'accepted',
    submission: (isVerified) => ({
      key: contentSha256,
      probeCc,
      testName,
      make(receivedMs) {
        const idParts = { testName, probeCc, probeAsn: asn, collectorId };
        const reportId = makeReportId(idParts, receivedMs, random);
        const { protocolVersion, manifestVersion } = submission;
        const envelope = submissionEnvelope({
          content: bytes,
          means: { known, allocate },
          reportId,
          protocolVersion,
          manifestVersion,
          isVerified,
        });
        return { reportId, envelope };
      },
    }),
    claimed: claimedBy(metadata.metadata, content),
    credential: judgeCredential(submission, { probeCc, probeAsn, contentSha256 }, credentialRules),
  };
}

/** What a body consists of. */
interface Sent {
  readonly kind: 'ok';
  readonly submission: Submission;
  /** The measurement, or of one that was laid out what is looked at here. */
  readonly content: JsonObject;
  readonly bytes: Uint8Array;
  readonly known: readonly Member[] | undefined;
}

/** undefined for what must be parsed to say what it is. */
function laidOut({ body, content }: BodyLayout): Sent | undefined {
  const fields = pickedMembers(body, SUBMISSION_MEMBERS);
  const looked = pickedMembers(content, JUDGED_MEMBERS);
  // Of an object as content all is said by parsing it.
  if (fields === undefined || looked === undefined || content.text === body.text) return undefined;
  const check = checkSubmission({ kind: 'ok', value: { ...fields, content: '' } });
  if (check.kind === 'invalid') return undefined;
  const { text, members } = content;
  return {
    kind: 'ok',
    submission: check.submission,
    content: looked,
    bytes: text,
    known: members,
  };
}

function parsed(body: Uint8Array): Sent | Rejected {
  const check = checkSubmission(parseJsonBytes(body));
  if (check.kind === 'invalid')
    return { kind: 'rejected', code: 'bad_json', status: 422, issues: check.issues };
  const { submission } = check;
  const bytes = jsonTextBytes(submission.content);
  // One level less: our envelope comes around it.
  const fault = boundFault(bytes, undefined, MAX_DEPTH - 1);
  if (fault !== undefined)
    return { kind: 'rejected', code: fault, ...boundRefusal(fault, MAX_DEPTH - 1) };
  const content = parseJsonText(submission.content);
  if (content.kind === 'invalid') return rejected('bad_json', { error: content.reason });
  if (!isObject(content.value))
    return rejected('bad_json', { error: "'content' should be a json encoded as a string" });
  return { kind: 'ok', submission, content: content.value, bytes, known: undefined };
}

/** A body that could not be decompressed. */
export function damagedSubmission(reason: string): Rejected {
  return rejected('bad_encoding', { error: 'bad_encoding', message: reason });
}
