/** What the main thread of a replay and its scoring threads say to each other. */
import type { Verified } from '../../core/measurement/unwrap.ts';

/** Something to do with one measurement as the archive holds it. */
export type Job =
  /** A `.post` envelope. */
  | { readonly kind: 'post'; readonly measurementUid: string; readonly bytes: Uint8Array }
  /** A JSONL line: says what it is, so that its uid can be looked up. */
  | { readonly kind: 'identify'; readonly bytes: Uint8Array }
  /** A JSONL line whose uid is known. */
  | {
      readonly kind: 'line';
      readonly measurementUid: string;
      readonly isVerified: Verified;
      readonly bytes: Uint8Array;
    }
  /** A JSON line of a legacy can: its uid is derived. */
  | { readonly kind: 'can-line'; readonly bytes: Uint8Array }
  /** An entry of a legacy YAML report, whose header is its first document. */
  | { readonly kind: 'yaml'; readonly header: Uint8Array; readonly entry: Uint8Array };

export interface Identity {
  readonly reportId: string;
  /** As the columns `input` have it. */
  readonly input: string;
  /** Seconds since 1970; undefined when it is no time. */
  readonly measurementStartS: number | undefined;
  readonly derivedUid: string;
}

export type JobResult =
  | { readonly kind: 'identity'; readonly identity: Identity }
  | {
      readonly kind: 'row';
      readonly measurementUid: string;
      readonly testName: string;
      readonly measurementStartTime: string;
      /** JSON texts of the rows of `fastpath` and `obs_openvpn`. */
      readonly row: string;
      readonly openvpnRow: string | undefined;
    }
  | { readonly kind: 'discard'; readonly reason: string }
  /** Not understood, or not survived. */
  | { readonly kind: 'failed'; readonly measurementUid?: string; readonly reason: string }
  /** Of a country or test that was not asked for. */
  | { readonly kind: 'unwanted' }
  /** The line `{}`, which stands for a measurement that the uploader could not parse. */
  | { readonly kind: 'empty' };

/** `uid` is a ticket, not the measurement's: the same one may be in the archive twice. */
export interface ReplayTask {
  readonly uid: string;
  readonly job: Job;
}

export interface ReplayAnswer {
  readonly uid: string;
  readonly result: JobResult;
}

/** What a replay thread is started with, and known by. */
export interface ReplayThreadData {
  readonly replay: { readonly countries: ReadonlySet<string>; readonly tests: ReadonlySet<string> };
}

export function isReplayThreadData(data: unknown): data is ReplayThreadData {
  return typeof data === 'object' && data !== null && 'replay' in data;
}
