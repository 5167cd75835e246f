/**
 * The stored envelope (`.post`): made from what a probe sent, and taken apart again, always by
 * editing text (protocol, probes 5.2; design: never re-serialise a measurement).
 */
import { boundFault, boundFaultText, MAX_DEPTH } from '../json/bounds.ts';
import { type EditMeans, editMembers } from '../json/edit.ts';
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import { parseBoundedJson } from '../json/parseJson.ts';
import { memberValue, type Span, trimSpace, withoutWhitespace } from '../json/scan.ts';
import { CREDENTIAL_MEMBERS, type Outline, outlineOf } from './outline.ts';
import { unwrap, type Verified } from './unwrap.ts';

/**
 * Legacy submission: the probe's own object without the blanks around it and the credential that old
 * clients have no place for; `is_verified` is ours alone, whatever the probe sent. `format` is checked
 * by nobody on the way in (protocol, probes 3.2), and by everybody later: its content is known to be a
 * JSON object by now. `format`: what the probe said of it. Of a repeated `content` the one that was
 * checked is kept. `means.known`: the body's members.
 */
export function legacyEnvelope(body: Uint8Array, format: unknown, means?: EditMeans): Uint8Array {
  const isJson = typeof format === 'string' && format.toLowerCase() === 'json';
  const edits = {
    set: isJson ? { is_verified: '"u"' } : { is_verified: '"u"', format: '"json"' },
    drop: CREDENTIAL_MEMBERS,
    lastOnly: ['content'],
  };
  return editMembers(trimSpace(body), edits, undefined, means);
}

/** submit_measurement: `content` is the measurement's JSON text; everything else is ours. */
export function submissionEnvelope(parts: {
  readonly content: Uint8Array;
  /** `known`: members of the content. */
  readonly means?: EditMeans;
  readonly reportId: string;
  readonly protocolVersion: string | null;
  readonly manifestVersion: string | null;
  readonly isVerified: Verified;
}): Uint8Array {
  const rest = {
    // Known to be JSON by now, whatever the submission called it.
    format: 'json',
    protocol_version: parts.protocolVersion,
    manifest_version: parts.manifestVersion,
    is_verified: parts.isVerified,
  };
  return editMembers(
    trimSpace(parts.content),
    { set: { report_id: JSON.stringify(parts.reportId) } },
    { before: '{"content":', after: `,${JSON.stringify(rest).slice(1)}` },
    parts.means,
  );
}

export type StoredContent =
  | {
      readonly kind: 'ok';
      /** The envelope as it may be published: the stored one, but for a credential in it. */
      readonly envelope: Uint8Array;
      /** One line: the probe's own text of the measurement without insignificant whitespace. */
      readonly line: Uint8Array;
      /** As in the fastpath row, or the body would not be found by it. */
      readonly reportId: string;
      readonly input: string;
    }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * The measurement inside a stored envelope, as one JSONL line without line break
 * (protocol, archive 2.5). Never throws for bad input. `maxDepth`: levels of the
 * envelope, one more than the measurement may have.
 */
export function contentOfPost(post: Uint8Array, maxDepth = MAX_DEPTH): StoredContent {
  const outline = maxDepth === MAX_DEPTH ? outlineOf(post) : undefined;
  return outline === undefined ? parsedContent(post, maxDepth) : plainContent(post, outline);
}

/** The same of an ordinary envelope whose outline is known: what `parsedContent` makes out of all its values. */
export function plainContent(post: Uint8Array, outline: Outline): StoredContent {
  const text = ({ start, end }: Span) => post.subarray(start, end);
  const value = (span: Span | undefined): unknown =>
    span === undefined ? undefined : JSON.parse(utf8(text(span)));
  const line = text(outline.content);
  return {
    kind: 'ok',
    envelope: outline.hasCredential ? editMembers(post, { drop: CREDENTIAL_MEMBERS }) : post,
    line: outline.contentHasBlanks ? withoutWhitespace(line) : line,
    reportId: indexedReportId(value(outline.reportId)),
    input: indexedInput(value(outline.input)),
  };
}

function utf8({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, length).toString('utf8');
}

/** Of any: what is wrong with one is told here. */
export function parsedContent(post: Uint8Array, maxDepth: number): StoredContent {
  const parsed = parseBoundedJson(post, maxDepth);
  if (parsed.kind === 'invalid') return parsed;
  const envelope = parsed.value;
  if (!isObject(envelope)) return { kind: 'invalid', reason: 'envelope is not an object' };
  const format = member(envelope, 'format');
  const known = typeof format === 'string' ? format.toLowerCase() : undefined;
  if (known === 'yaml') return yamlContent(post, envelope, maxDepth);
  if (known !== 'json')
    return { kind: 'invalid', reason: `unknown format ${JSON.stringify(format) ?? '(missing)'}` };
  const content = member(envelope, 'content');
  if (!isObject(content)) return { kind: 'invalid', reason: 'content is not an object' };
  const span = memberValue(post, 0, 'content')!;
  return stored(post, envelope, content, withoutWhitespace(post.subarray(span.start, span.end)));
}

/**
 * The content whose line `isPublished` knows, by today's rules or by those under which nesting had no
 * bound: what was published then is still what it was.
 */
export function contentPublishedAs(
  post: Uint8Array,
  isPublished: (content: StoredContent) => boolean,
): StoredContent | undefined {
  const content = contentOfPost(post);
  if (isPublished(content)) return content;
  if (content.kind === 'ok') return undefined;
  const unbounded = contentOfPost(post, Number.POSITIVE_INFINITY);
  return isPublished(unbounded) ? unbounded : undefined;
}

/** Reports of old probes are YAML: there is no text to keep, so the line is what it means as JSON. */
function yamlContent(post: Uint8Array, envelope: JsonObject, maxDepth: number): StoredContent {
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
  const line = Buffer.from(text);
  const fault = boundFault(line, undefined, maxDepth - 1);
  if (fault !== undefined)
    return { kind: 'invalid', reason: `YAML: ${boundFaultText(fault, maxDepth - 1)}` };
  return stored(post, envelope, unwrapped.measurement, line);
}

function stored(
  post: Uint8Array,
  envelope: JsonObject,
  content: JsonObject,
  line: Uint8Array,
): StoredContent {
  const hasCredential = CREDENTIAL_MEMBERS.some((name) => Object.hasOwn(envelope, name));
  return {
    kind: 'ok',
    envelope: hasCredential ? editMembers(post, { drop: CREDENTIAL_MEMBERS }) : post,
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
// a list (meek) is written there as {a,b} (protocol, scoring 2).
export function indexedInput(input: unknown): string {
  if (typeof input === 'string') return input;
  if (Array.isArray(input) && input.length > 0 && input.every((item) => typeof item === 'string'))
    return `{${input.join(',')}}`;
  return '';
}
