import type { Fingerprint } from '../fingerprints/fingerprint.ts';
import type { HeaderFingerprint } from '../fingerprints/headerPatterns.ts';
import type { FingerprintSet } from '../fingerprints/match.ts';
import { decodeBase64 } from './base64.ts';
import { has, isObject, type JsonObject } from './values.ts';

/** Matches in the order of protocol, scoring 4.3; undecodable when base64 is broken. */
export type Matching =
  | { kind: 'matches'; matches: readonly Fingerprint[] }
  | { kind: 'undecodable'; where: string; found: unknown };

const NO_MATCH: Matching = { kind: 'matches', matches: [] };

/** All matches in the test keys of a measurement. What has no shape to match in is skipped. */
export function matchTestKeys(testKeys: JsonObject, known: FingerprintSet): Matching {
  const matches: Fingerprint[] = [];
  for (const query of objectsOf(testKeys.queries)) {
    for (const answer of objectsOf(query.answers)) {
      matches.push(...known.inAnswer(addressOf(answer)));
    }
  }
  for (const { response } of objectsOf(testKeys.requests)) {
    const found = matchResponse(response, known);
    if (found.kind === 'undecodable') return found;
    matches.push(...found.matches);
  }
  return { kind: 'matches', matches };
}

/** Matches in one HTTP response: body first, then headers. */
export function matchResponse(response: unknown, known: FingerprintSet): Matching {
  if (!isObject(response)) return NO_MATCH;
  const body = matchBody(response.body, known);
  if (body.kind === 'undecodable') return body;
  const headers = matchHeaders(response.headers, known);
  if (headers.kind === 'undecodable') return headers;
  return { kind: 'matches', matches: [...body.matches, ...headers.matches] };
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The first of the members that exists counts, even when it is null. */
function addressOf(answer: JsonObject): unknown {
  const name = ['ipv4', 'hostname', 'ipv6'].find((candidate) => has(answer, candidate));
  return name === undefined ? '' : answer[name];
}

/** Every body pattern counts as a plain substring, whatever its type says: so do published scores. */
function matchBody(body: unknown, known: FingerprintSet): Matching {
  if (typeof body === 'string') return { kind: 'matches', matches: known.inBody(body) };
  if (!isBase64(body) || !has(body, 'data')) return NO_MATCH;
  const bytes = decodeBase64(body.data);
  if (!bytes) return { kind: 'undecodable', where: 'body.data', found: body.data };
  return { kind: 'matches', matches: known.inBody(bytes) };
}

/** Only `full` and `prefix` patterns are tried, as in published scores. */
function matchHeaders(headers: unknown, known: FingerprintSet): Matching {
  if (!isObject(headers)) return NO_MATCH;
  // Names differ in case only: the later one counts.
  const values = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );

  const found: HeaderFingerprint[] = [];
  for (const [name, value] of values) {
    const patterns = known.forHeader(name);
    if (patterns === undefined) continue;
    let start = value;
    if (isBase64(value) && patterns.hasPrefixes) {
      const data = has(value, 'data') ? value.data : '';
      const bytes = decodeBase64(data);
      if (!bytes) return { kind: 'undecodable', where: `headers.${name}.data`, found: data };
      start = bytes.toString('latin1');
    }
    found.push(...patterns.equalTo(value));
    if (typeof start === 'string') found.push(...patterns.beginning(start));
  }
  found.sort((a, b) => a.rank - b.rank);
  return { kind: 'matches', matches: found.map(({ fingerprint }) => fingerprint) };
}

/** Bytes that are not text come as `{format: "base64", data}`. */
function isBase64(value: unknown): value is JsonObject {
  return isObject(value) && value.format === 'base64';
}
