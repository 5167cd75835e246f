/**
 * Numbers in columns of text, and link ids above 2^53: their columns hold what the probe wrote (`1.0`,
 * 9007199254740993), which the parsed value has lost.
 */
import { objectMembers, type Span, skipSpace } from '../json/scan.ts';
import { OPEN_BRACE } from '../json/tokens.ts';
import type { Measurement } from './measurement.ts';
import { has, isObject, type JsonObject } from './values.ts';

/** The text that a measurement was parsed from: valid JSON, and where the measurement begins in it. */
export interface Source {
  readonly json: Uint8Array;
  /** Asked for only when it is needed: finding it may take reading the text. */
  readonly at: () => number;
}

const MEMBERS = ['report_id', 'probe_cc', 'software_name', 'software_version', 'test_version'];
const ANNOTATIONS = [
  'platform',
  'architecture',
  'engine_name',
  'engine_version',
  'ooni_run_link_id',
];

/** The measurement with the texts of these numbers in place of them. Rules get it as it was. */
export function withLiterals(measurement: Measurement, source: Source): Measurement {
  const { annotations } = measurement;
  const hasNumbers = hasNumber(measurement, MEMBERS);
  const inAnnotations = isObject(annotations) && hasNumber(annotations, ANNOTATIONS);
  // Hardly any measurement has one, and finding it costs as much as parsing.
  if (!hasNumbers && !inAnnotations) return measurement;
  const { json } = source;
  const at = skipSpace(json, source.at());
  if (json[at] !== OPEN_BRACE) return measurement;
  const spans = spansOf(json, at);
  const replaced = hasNumbers ? replace(measurement, MEMBERS, json, spans) : measurement;
  if (!inAnnotations) return replaced;
  const within = spans.get('annotations')?.start;
  if (within === undefined || json[within] !== OPEN_BRACE) return replaced;
  const written = replace(annotations, ANNOTATIONS, json, spansOf(json, within));
  return { ...replaced, annotations: written };
}

/** Where the values of an object's members are; of a repeated one the last counts. */
function spansOf(json: Uint8Array, at: number): ReadonlyMap<string, Span> {
  return new Map(objectMembers(json, at).members.map(({ name, value }) => [name, value]));
}

function hasNumber(object: JsonObject, names: readonly string[]): boolean {
  return names.some((name) => has(object, name) && typeof object[name] === 'number');
}

function replace(
  object: JsonObject,
  names: readonly string[],
  json: Uint8Array,
  spans: ReadonlyMap<string, Span>,
): JsonObject {
  const texts: Record<string, string> = {};
  for (const name of names) {
    const value = has(object, name) ? object[name] : undefined;
    const span = typeof value === 'number' ? spans.get(name) : undefined;
    if (span === undefined) continue;
    const literal = Buffer.from(json.buffer, json.byteOffset + span.start, span.end - span.start);
    const text = literal.toString('latin1');
    // `1e3` is a link id too: as the number that it is.
    if (name === 'ooni_run_link_id' && !/^-?\d+$/.test(text)) continue;
    if (Number(text) === value) texts[name] = text;
  }
  return { ...object, ...texts };
}
