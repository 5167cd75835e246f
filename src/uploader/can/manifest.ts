/**
 * What the files of a can in `outgoing/` say. From them it is decided what is uploaded, and in the end
 * what is deleted: so nothing of them is believed that does not have the form which a build gives it.
 */
import { z } from 'zod';
import type { BodyPlace } from '../../core/archive/jsonlRows.ts';
import { type CanName, canText, parseCan } from '../../core/archive/names.ts';
import { parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import { parseStateJson, type StateJson } from '../common/stateJson.ts';

/** How far a can got. Each step can be repeated with the same result. */
const step = z.enum([
  /** Both objects are complete on disk. */
  'built',
  /** Both are in the bucket, confirmed. */
  'uploaded',
  /** Its rows are in `jsonl`, confirmed. */
  'indexed',
  /** Its place in the log is decided, and perhaps published. */
  'logging',
  /** A published checkpoint covers it: the measurements may leave the spool. */
  'logged',
]);
export type Step = z.output<typeof step>;

const count = z.int().min(0);
export const canName = z
  .string()
  .refine((text) => parseCan(text) !== undefined, 'no name of a can');
export const measurementUid = z
  .string()
  .refine((text) => parseMeasurementUid(text) !== undefined, 'no measurement uid');
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'no SHA-256 in hexadecimal digits');

const manifestSchema = z
  .object({
    version: z.literal(1),
    can: canName,
    step,
    measurements: z.int().min(1),
    /** How many of them could not be parsed: `{}` stands in their lines. */
    unparsed: count,
    /** Bytes of the stored envelopes. */
    post_bytes: count,
    tar_bytes: count,
    jsonl_bytes: count,
    /** Index of its first leaf in the log; from `logging` on. */
    first_leaf: count.nullable(),
  })
  .refine(
    (manifest) => (manifest.first_leaf !== null) === /^logg/.test(manifest.step),
    'a place in the log from the step "logging" on, and none before',
  );
export type Manifest = Readonly<z.output<typeof manifestSchema>>;

const indexLineSchema = z.object({
  uid: measurementUid,
  /** SHA-256 of its JSONL line. */
  sha256: sha256Hex,
  /** False: it could not be parsed, and gets no row. */
  parsed: z.boolean(),
  report_id: z.string(),
  input: z.string(),
  /** The gzip member that holds its line, and which of the member's lines it is. */
  offset: count,
  length: count,
  member_line: count,
});
/** One measurement of a can. */
export type IndexLine = Readonly<z.output<typeof indexLineSchema>>;

/** The manifest of the can that the file's name says. */
export function parseManifest(text: string, can: CanName): StateJson<Manifest> {
  const parsed = parseStateJson(manifestSchema, text);
  if (parsed.kind === 'ok' && parsed.value.can !== canText(can))
    return { kind: 'invalid', reason: `it is of ${parsed.value.can}` };
  return parsed;
}

export function parseIndexLine(line: Buffer): StateJson<IndexLine> {
  return parseStateJson(indexLineSchema, line.toString('utf8'));
}

/** The can's name taken apart; a manifest holds none that does not parse. */
export function canOf(manifest: Manifest): CanName {
  return parseCan(manifest.can)!;
}

export function newManifest(
  can: CanName,
  counts: Omit<Manifest, 'version' | 'can' | 'step' | 'first_leaf'>,
): Manifest {
  return { version: 1, can: canText(can), step: 'built', ...counts, first_leaf: null };
}

/** Where the bodies of a can are, in order. None for a `{}` line: there is nothing to be found. */
export async function* bodyPlaces(index: AsyncIterable<IndexLine>): AsyncGenerator<BodyPlace> {
  let line = -1;
  for await (const entry of index) {
    line++;
    if (!entry.parsed) continue;
    yield {
      uid: entry.uid,
      reportId: entry.report_id,
      input: entry.input,
      line,
      memberOffsetBytes: entry.offset,
      memberLengthBytes: entry.length,
      memberLine: entry.member_line,
    };
  }
}
