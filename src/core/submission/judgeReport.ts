/** The judgement of the older path (protocol, probes 3.2): first its report id, then its body. */
import { createHash } from 'node:crypto';
import type { Allocate } from '../json/edit.ts';
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import { type BodyLayout, pickedMembers } from '../json/layout.ts';
import { parseJsonBytes } from '../json/parseJson.ts';
import { legacyEnvelope } from '../measurement/envelope.ts';
import { checkMetadata, reportMismatch } from '../measurement/metadata.ts';
import { checkReportId } from '../measurement/reportId.ts';
import { type Claimed, claimedBy } from '../probe/placeMismatch.ts';
import {
  type AcceptedSubmission,
  type Discarded,
  JUDGED_MEMBERS,
  type Rejected,
  rejected,
  rejectedMetadata,
} from './judgement.ts';

/** A report id that measurements may come under, and what it says of them. */
export interface Report {
  readonly reportId: string;
  readonly testName: string;
  readonly probeCc: string;
  readonly asn: string;
}

export type ReportIdJudgement =
  | { readonly kind: 'ok'; readonly report: Report }
  | Rejected
  | Discarded;

/** Before the body is read: what is refused or discarded for its id costs nobody a body. */
export function judgeReportId(reportId: string): ReportIdJudgement {
  const check = checkReportId(reportId);
  switch (check.kind) {
    case 'rejected':
      return rejected(check.reason, 'Incorrect format');
    case 'discard':
      return { kind: 'discarded', code: check.reason };
    case 'ok': {
      const { testName, probeCc, asn } = check;
      return { kind: 'ok', report: { reportId, testName, probeCc, asn } };
    }
  }
}

export type ReportJudgement =
  | {
      readonly kind: 'accepted';
      readonly submission: AcceptedSubmission;
      /** What it says of where and with what it was made. */
      readonly claimed: Claimed;
    }
  | Rejected;

/**
 * `body`: decompressed, within the bounds of core/json/bounds.ts. `layout`: where that was found before. `allocate`: where
 * the memory of what is stored is from; fresh where it is not given.
 */
export function judgeReport(
  report: Report,
  body: Uint8Array,
  layout?: BodyLayout,
  allocate?: Allocate,
): ReportJudgement {
  const picked = layout && laidOut(layout);
  const sent = picked ?? parsed(body);
  const content = member(sent, 'content');
  if (!isObject(content)) return rejected('bad_json', 'Incorrect format');
  const mismatch = reportMismatch(report, content);
  if (mismatch !== undefined) return rejected(mismatch, 'Inconsistent measurement');
  const check = checkMetadata(content);
  if (check.kind === 'rejected') return rejectedMetadata(check);
  const { reportId, probeCc, testName } = report;
  return {
    kind: 'accepted',
    claimed: claimedBy(check.metadata, content),
    submission: {
      key: reportKey(reportId, body),
      probeCc,
      testName,
      make() {
        const means = { known: picked && layout?.body.members, allocate };
        return { reportId, envelope: legacyEnvelope(body, member(sent, 'format'), means) };
      },
    },
  };
}

/** The members that are looked at; undefined for what must be parsed to say what it is. */
function laidOut({ body, content }: BodyLayout): JsonObject | undefined {
  const fields = pickedMembers(body, ['format']);
  const looked = pickedMembers(content, JUDGED_MEMBERS);
  // A string as content is none, whatever it stands for.
  if (fields === undefined || looked === undefined || content.text !== body.text) return undefined;
  return { ...fields, content: looked };
}

function parsed(body: Uint8Array): JsonObject {
  const result = parseJsonBytes(body);
  return result.kind === 'ok' && isObject(result.value) ? result.value : {};
}

/** A body that could not be decompressed. */
export const DAMAGED_REPORT: Rejected = rejected('bad_encoding', 'Incorrect format');

/** A repeated submission is one with the same report_id and body (protocol, probes 9.18). */
function reportKey(reportId: string, body: Uint8Array): string {
  const bodyHash = createHash('sha256').update(body).digest();
  return createHash('sha256').update(`${reportId}\0`).update(bodyHash).digest('hex');
}
