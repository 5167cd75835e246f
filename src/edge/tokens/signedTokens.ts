/**
 * Signed tokens (JWT, RFC 7519), HS256 and nothing else. The first key signs, all keys are believed: so
 * a new one goes in front, and the old one goes when what it signed has expired.
 */
import { errors, jwtVerify, SignJWT } from 'jose';

export type TokenCheck =
  | { readonly kind: 'ok'; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid' };

export interface SignedTokens {
  /** Claims are signed in the order in which they stand. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** Checks signature, audience, `exp` and `nbf`; a token is good up to `leewaySeconds` past either. */
  check(
    token: string,
    audience: string,
    nowMs: number,
    leewaySeconds?: number,
  ): Promise<TokenCheck>;
}

/** No token of ours is longer: others are not looked at. */
const MAX_TOKEN_CHARACTERS = 8_192;

/** `keys`: at least one. */
export function makeSignedTokens(keys: readonly string[]): SignedTokens {
  const secrets = keys.map((key) => new TextEncoder().encode(key));
  return {
    sign: (claims) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(secrets[0]!),

    async check(token, audience, nowMs, leewaySeconds = 0) {
      if (token.length > MAX_TOKEN_CHARACTERS) return { kind: 'invalid' };
      for (const secret of secrets) {
        try {
          const { payload } = await jwtVerify(token, secret, {
            algorithms: ['HS256'],
            audience,
            currentDate: new Date(nowMs),
            clockTolerance: leewaySeconds,
          });
          return { kind: 'ok', claims: payload };
        } catch (error) {
          if (error instanceof errors.JWSSignatureVerificationFailed) continue;
          return { kind: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
        }
      }
      return { kind: 'invalid' };
    },
  };
}
