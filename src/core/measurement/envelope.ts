/**
 * The stored envelope (`.post`): made from what a probe sent, and taken apart again, always by
 * editing text (contract, probe-services 5.2; design: never re-serialise a measurement).
 */
import { setMember } from '../json/edit.ts';
import { isObject, type JsonObject, member, parseBoundedJson } from '../json/parse.ts';
import { objectMembers, withoutWhitespace } from '../json/scan.ts';
import { unwrap } from '../scoring/envelope.ts';

/** Credential verification of a submission: verified, failed, unverified. */
export type IsVerified = 't' | 'f' | 'u';

/**
 * Legacy submission: the probe's own object; `is_verified` is ours alone, whatever the probe sent.
 * `format` is checked by nobody on the way in (probe-services 3.2), and by everybody later: its
 * content is known to be a JSON object by now. `format`: what the probe said of it.
 */
export function legacyEnvelope(body: Uint8Array, format: unknown): Uint8Array {
  const envelope = setMember(body, 'is_verified', '"u"');
  const isJson = typeof format === 'string' && format.toLowerCase() === 'json';
  return isJson ? envelope : setMember(envelope, 'format', '"json"');
}

/** submit_measurement: `content` is the measurement's JSON text; everything else is ours. */
export function submissionEnvelope(parts: {
  readonly content: Uint8Array;
  readonly reportId: string;
  readonly protocolVersion: string | null;
  readonly manifestVersion: string | null;
  readonly isVerified: IsVerified;
}): Uint8Array {
  const rest = {
    // Known to be JSON by now, whatever the submission called it.
    format: 'json',
    protocol_version: parts.protocolVersion,
    manifest_version: parts.manifestVersion,
    is_verified: parts.isVerified,
  };
  return Buffer.concat([
    Buffer.from('{"content":'),
    setMember(parts.content, 'report_id', JSON.stringify(parts.reportId)),
    Buffer.from(`,${JSON.stringify(rest).slice(1)}`),
  ]);
}

export type StoredContent =
  | {
      readonly kind: 'ok';
      /** One line: the probe's own text of the measurement without insignificant whitespace. */
      readonly line: Uint8Array;
      /** As in the fastpath row, or the body would not be found by it. */
      readonly reportId: string;
      readonly input: string;
    }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * The measurement inside a stored envelope, as one JSONL line without line break
 * (contract, storage-and-operations 2.5). Never throws for bad input.
 */
export function contentOfPost(post: Uint8Array): StoredContent {
  const parsed = parseBoundedJson(post);
  if (parsed.kind === 'invalid') return parsed;
  if (!isObject(parsed.value)) return { kind: 'invalid', reason: 'envelope is not an object' };
  const format = member(parsed.value, 'format');
  const known = typeof format === 'string' ? format.toLowerCase() : undefined;
  if (known === 'yaml') return yamlContent(parsed.value);
  if (known !== 'json')
    return { kind: 'invalid', reason: `unknown format ${JSON.stringify(format) ?? '(missing)'}` };
  const content = member(parsed.value, 'content');
  if (!isObject(content)) return { kind: 'invalid', reason: 'content is not an object' };
  const span = objectMembers(post, 0).members.findLast(({ name }) => name === 'content')!.value;
  return stored(content, withoutWhitespace(post.subarray(span.start, span.end)));
}

/** Reports of old probes are YAML: there is no text to keep, so the line is what it means as JSON. */
function yamlContent(envelope: JsonObject): StoredContent {
  const unwrapped = unwrap(envelope);
  if (unwrapped.kind === 'invalid') return unwrapped;
  let text: string;
  try {
    text = JSON.stringify(unwrapped.measurement);
  } catch (error) {
    // An alias to what it is part of, or nesting deeper than the stack.
    const reason = (error as Error).message.split('\n', 1)[0]!;
    return { kind: 'invalid', reason: `YAML that JSON cannot say: ${reason}` };
  }
  return stored(unwrapped.measurement, Buffer.from(text));
}

function stored(content: JsonObject, line: Uint8Array): StoredContent {
  return {
    kind: 'ok',
    line,
    reportId: indexedReportId(member(content, 'report_id')),
    input: indexedInput(member(content, 'input')),
  };
}

// Must equal the fastpath row's: what is not text stands there as its JSON text. One that is too deep
// for that has no row.
function indexedReportId(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

// Must equal the fastpath row's input, or bodies cannot be found by (report_id, input):
// a list (meek) is written there as {a,b} (contract, fastpath 2).
export function indexedInput(input: unknown): string {
  if (typeof input === 'string') return input;
  if (Array.isArray(input) && input.length > 0 && input.every((item) => typeof item === 'string'))
    return `{${input.join(',')}}`;
  return '';
}
