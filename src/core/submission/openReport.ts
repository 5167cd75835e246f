/** What is opened by `POST /report` (protocol, probes 3.1): an id, and nothing that is kept. */
import { isObject } from '../json/jsonValue.ts';
import { parseJsonBytes } from '../json/parseJson.ts';
import { makeReportId, openReportParts } from '../measurement/reportId.ts';
import type { Refusal } from './judgement.ts';

export type Opening =
  | {
      readonly kind: 'opened';
      /** `nowMs`: since 1970, UTC. */
      readonly reportIdAt: (nowMs: number) => string;
    }
  | ({ readonly kind: 'refused' } & Refusal);

/** `random`: 12 bytes from a cryptographic source. */
export function openReport(
  body: Uint8Array,
  { collectorId, random }: { readonly collectorId: string; readonly random: Uint8Array },
): Opening {
  const parsed = parseJsonBytes(body);
  if (parsed.kind === 'invalid' || !isObject(parsed.value)) return NO_REPORT;
  const parts = openReportParts(parsed.value, collectorId);
  return { kind: 'opened', reportIdAt: (nowMs) => makeReportId(parts, nowMs, random) };
}

/** Of what is no JSON object, or could not be decompressed. */
export const NO_REPORT = { kind: 'refused', status: 400, detail: 'JSON expected' } as const;
