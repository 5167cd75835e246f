/**
 * Where the parts of an ordinary stored envelope lie that its publication needs, found in one pass and
 * without a value made of any other: parsing it whole takes several times as long.
 */
import { isUtf8 } from 'node:buffer';
import { MAX_DEPTH, MAX_VALUES } from '../json/bounds.ts';
import type { Span } from '../json/scan.ts';
import { BACKSLASH, OPEN_BRACE } from '../json/tokens.ts';
import { walkJson } from '../json/walk.ts';

export interface Outline {
  readonly content: Span;
  readonly contentHasBlanks: boolean;
  /** Of the content; undefined where it has none. */
  readonly reportId: Span | undefined;
  readonly input: Span | undefined;
  /** A member stands beside the content that may not be published. */
  readonly hasCredential: boolean;
}

/**
 * Members of a submission that say who sent it: they are for the check of the credential alone and are
 * never stored (protocol, probes 3.4.3), on neither path.
 */
export const CREDENTIAL_MEMBERS = ['nym', 'zkp_request'];

const CONTENT = Buffer.from('content');
const FORMAT = Buffer.from('format');
const REPORT_ID = Buffer.from('report_id');
const INPUT = Buffer.from('input');
const CREDENTIALS = CREDENTIAL_MEMBERS.map((name) => Buffer.from(name));
const JSON_FORMAT = Buffer.from('"json"');

/**
 * Undefined for all that is not ordinary, which may be an envelope still: another format, an escape in the name of a
 * member, no content or no object as content, more values or levels than allowed, and what is no JSON.
 */
export function outlineOf(post: Uint8Array): Outline | undefined {
  if (!isUtf8(post)) return undefined;
  const bytes = Buffer.from(post.buffer, post.byteOffset, post.length);
  const reads = (start: number, end: number, text: Buffer) =>
    end - start === text.length && bytes.compare(text, 0, text.length, start, end) === 0;
  let isPlain = true;
  let isJson = false;
  /** Of the object that is being walked through; of a repeated member the last counts. */
  let inner: { reportId?: Span | undefined; input?: Span | undefined } = {};
  const found: { -readonly [Part in keyof Outline]?: Outline[Part] } = {};
  const isJsonText = walkJson(
    post,
    MAX_VALUES,
    MAX_DEPTH,
    (level, nameStart, nameEnd, start, end, hasBlanks) => {
      if (hasEscape(post, nameStart, nameEnd)) isPlain = false;
      if (level === 2) {
        if (reads(nameStart, nameEnd, REPORT_ID)) inner.reportId = { start, end };
        else if (reads(nameStart, nameEnd, INPUT)) inner.input = { start, end };
        return;
      }
      if (reads(nameStart, nameEnd, CONTENT)) {
        found.content = { start, end };
        found.contentHasBlanks = hasBlanks;
        found.reportId = inner.reportId;
        found.input = inner.input;
      } else if (reads(nameStart, nameEnd, FORMAT)) {
        isJson = reads(start, end, JSON_FORMAT);
      } else if (CREDENTIALS.some((name) => reads(nameStart, nameEnd, name))) {
        found.hasCredential = true;
      }
      inner = {};
    },
  );
  const { content, contentHasBlanks = false, reportId, input, hasCredential = false } = found;
  if (!isJsonText || !isPlain || !isJson || content === undefined) return undefined;
  if (post[content.start] !== OPEN_BRACE) return undefined;
  return { content, contentHasBlanks, reportId, input, hasCredential };
}

function hasEscape(json: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (json[at] === BACKSLASH) return true;
  return false;
}
