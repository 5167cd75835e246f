/** What a submission is judged to be, on either path. The routes turn it into HTTP and count it. */
import { type BoundFault, boundFaultText } from '../json/bounds.ts';
import { METADATA_MEMBERS, type MetadataCheck, type Mismatch } from '../measurement/metadata.ts';
import type { ReportIdCheck } from '../measurement/reportId.ts';
import { CLAIM_MEMBERS } from '../probe/placeMismatch.ts';
import type { Issue } from '../validation/issues.ts';

/** Members of a measurement that a judgement looks at. */
export const JUDGED_MEMBERS: readonly string[] = [...METADATA_MEMBERS, ...CLAIM_MEMBERS];

/** All that storing needs. */
export interface AcceptedSubmission {
  /** Names this submission among all: the same again is a repetition. 64 hex digits. */
  readonly key: string;
  readonly probeCc: string;
  readonly testName: string;
  /** Makes what is stored. Called only for a submission that is new. `receivedMs`: since 1970, UTC. */
  readonly make: (receivedMs: number) => {
    readonly reportId: string;
    readonly envelope: Uint8Array;
  };
}

type Only<Kind, Union> = Extract<Union, { readonly kind: Kind }>;

/** Why a submission is refused: the `reason` of a metric, and for some the `error` that probes know. */
export type RejectionCode =
  | Only<'rejected', ReportIdCheck>['reason']
  | Only<'rejected', MetadataCheck>['error']
  | Mismatch
  | BoundFault
  /** No JSON of the right shape. */
  | 'bad_json'
  /** Compressed data that is damaged. */
  | 'bad_encoding';

export type Rejected = {
  readonly kind: 'rejected';
  readonly code: RejectionCode;
} & Refusal;

/** What the client is told (protocol, probes 2.4). */
export type Refusal =
  | { readonly status: 422; readonly issues: readonly Issue[] }
  | { readonly status: 400 | 413; readonly detail: RefusalDetail };

export type RefusalDetail = string | { readonly error: string; readonly message?: string };

/** Not an error: answered with 200 `{}` and not stored. */
export interface Discarded {
  readonly kind: 'discarded';
  readonly code: Only<'discard', ReportIdCheck>['reason'];
}

export function rejected(code: RejectionCode, detail: RefusalDetail): Rejected {
  return { kind: 'rejected', code, status: 400, detail };
}

/** JSON that nobody should parse: 413 for its size, 400 for what no reader of it could read. */
export function boundRefusal(fault: BoundFault, maxDepth?: number): Refusal {
  const text = boundFaultText(fault, maxDepth);
  const detail = text[0]!.toUpperCase() + text.slice(1);
  return { status: fault === 'too_deep' ? 400 : 413, detail };
}

export function rejectedMetadata({ error, message }: Only<'rejected', MetadataCheck>): Rejected {
  return rejected(error, { error, message });
}
