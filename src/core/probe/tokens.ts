/**
 * The tokens that probes ask for before they ask for the configuration of a tool (protocol, probes 3.10 and
 * 3.11). Anybody gets them; nothing of them is stored.
 */
import { isObject, member } from '../json/jsonValue.ts';
import { parseJsonText } from '../json/parseJson.ts';

export const LOGIN_AUDIENCE = 'probe_login';
export const TOKEN_AUDIENCE = 'probe_token';

type Claims = Readonly<Record<string, unknown>>;

/** Of the token that is a probe's `client_id`; its members' order and so its length are as ever. */
export function clientIdClaims(nowMs: number): Claims {
  return { iat: Math.floor(nowMs / 1000), aud: LOGIN_AUDIENCE };
}

/** `registeredAt`: the `iat` of the client id, null for the ids of a registry of old times. */
export function tokenClaims(registeredAt: number | null): Claims {
  return { registration_time: registeredAt, aud: TOKEN_AUDIENCE };
}

export type Login =
  /** A token to be checked. */
  | { readonly kind: 'token'; readonly token: string }
  /** An id that is no token: of the registry that there was before. */
  | { readonly kind: 'legacy' }
  | { readonly kind: 'missing' };

/** Who logs in. The password is asked for and never checked: nobody has ever kept one. */
export function readLogin(body: unknown): Login {
  if (!isObject(body)) return { kind: 'missing' };
  const username = member(body, 'username');
  const password = member(body, 'password') ?? null;
  if (typeof username !== 'string' || password === null) return { kind: 'missing' };
  return isToken(username) ? { kind: 'token', token: username } : { kind: 'legacy' };
}

/** When the holder of a token that was checked registered, in seconds; undefined when it cannot be. */
export function registeredAt(claims: Claims, nowMs: number): number | undefined {
  const { iat } = claims;
  if (typeof iat !== 'number' || !Number.isSafeInteger(iat)) return undefined;
  return iat * 1000 <= nowMs + CLOCK_LEEWAY_MS ? iat : undefined;
}

/** Another host of ours may have signed it, with a clock of its own. */
const CLOCK_LEEWAY_MS = 120_000;
const TOKEN_DAYS = 7;

/** Until when a probe uses its token; the token itself does not end. */
export function tokenExpiry(nowMs: number): string {
  return `${new Date(nowMs + TOKEN_DAYS * 86_400_000).toISOString().slice(0, 19)}Z`;
}

/** Three parts, the first of which is a JSON object in base64url. */
function isToken(text: string): boolean {
  const parts = text.split('.');
  if (parts.length !== 3) return false;
  const header = parseJsonText(Buffer.from(parts[0]!, 'base64url').toString('utf8'));
  return header.kind === 'ok' && isObject(header.value);
}

export type Bearer =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'malformed' };

/** The token of an `Authorization` header. */
export function bearerToken(header: string): Bearer {
  const token = /^Bearer (\S+)$/.exec(header)?.[1];
  return token === undefined ? { kind: 'malformed' } : { kind: 'token', token };
}

const MIN_KEY_CHARACTERS = 16;
const MAX_KEYS = 4;

/**
 * Keys, one a line: the first signs, all are believed. Blank lines and those that begin with `#` do not
 * count. undefined when the text is not that.
 */
export function parseTokenKeys(text: string): readonly string[] | undefined {
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const isGood = keys.length > 0 && keys.length <= MAX_KEYS;
  return isGood && keys.every((key) => key.length >= MIN_KEY_CHARACTERS) ? keys : undefined;
}

export const TOKEN_KEYS_EXPECTED = `one to ${MAX_KEYS} keys of at least ${MIN_KEY_CHARACTERS} characters, one a line`;
