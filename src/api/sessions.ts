/** Who asks: the session of a request's bearer token, with what its account may do now. */
import type { Context } from 'koa';
import { type AccountRow, currentSession } from '../core/accounts/accountRoles.ts';
import {
  bearerToken,
  readSessionClaims,
  SESSION_AUDIENCE,
  type SessionDays,
  sessionClaims,
} from '../core/accounts/claims.ts';
import { type Role, roleRefusal, type Session } from '../core/accounts/roles.ts';
import { accountQuery } from '../core/sql/accountRoles.ts';
import { sendError } from '../edge/http/errorAnswers.ts';
import type { SignedTokens } from '../edge/tokens/signedTokens.ts';
import { clientGone, type Database } from './database.ts';

export type SessionCheck =
  | { readonly kind: 'ok'; readonly session: Session }
  | { readonly kind: 'none' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid' };

export interface Sessions {
  check(ctx: Context): Promise<SessionCheck>;
  /** Who asks; undefined without a good token: what is public is answered all the same. */
  of(ctx: Context): Promise<Session | undefined>;
  /** The session when it has one of the roles; else undefined, and the answer is set (401). */
  require(ctx: Context, ...roles: readonly Role[]): Promise<Session | undefined>;
  /**
   * The account that a token of ours names, whatever may have become of its session: for what is counted,
   * never for what is allowed. Asks no database.
   */
  named(ctx: Context): Promise<string | undefined>;
  /** A token for it, from now on. */
  token(session: Session): Promise<string>;
}

export interface SessionParts {
  /** Undefined where no keys are set: nobody has a session. */
  readonly tokens: SignedTokens | undefined;
  readonly days: SessionDays;
  readonly database: Database;
  readonly nowMs: () => number;
}

export function makeSessions({ tokens, days, database, nowMs }: SessionParts): Sessions {
  const claimsIn = async (ctx: Context): Promise<SessionCheck> => {
    const token = bearerToken(ctx.get('Authorization'));
    if (token === undefined || tokens === undefined) return { kind: 'none' };
    const checked = await tokens.check(token, SESSION_AUDIENCE, nowMs());
    if (checked.kind !== 'ok') return checked;
    const session = readSessionClaims(checked.claims);
    return session === undefined ? { kind: 'invalid' } : { kind: 'ok', session };
  };
  /** By request: its token is looked at once, whoever asks for it. */
  const known = new WeakMap<Context['req'], Promise<SessionCheck>>();
  const claims = (ctx: Context): Promise<SessionCheck> => {
    const before = known.get(ctx.req);
    if (before !== undefined) return before;
    const found = claimsIn(ctx);
    known.set(ctx.req, found);
    return found;
  };
  const check = async (ctx: Context): Promise<SessionCheck> => {
    // Another asker gets another answer.
    ctx.vary('Authorization');
    const claim = await claims(ctx);
    if (claim.kind !== 'ok') return claim;
    const claimed = claim.session;
    const [row] = await database.rows<AccountRow>(accountQuery(claimed.accountId), clientGone(ctx));
    const session = currentSession(claimed, row);
    return session === undefined ? { kind: 'expired' } : { kind: 'ok', session };
  };
  const of = async (ctx: Context) => {
    const checked = await check(ctx);
    return checked.kind === 'ok' ? checked.session : undefined;
  };
  return {
    check,
    of,
    async require(ctx, ...roles) {
      const session = await of(ctx);
      const refusal = roleRefusal(session, roles);
      if (refusal === undefined) return session;
      sendError(ctx, 401, refusal);
      return undefined;
    },
    async named(ctx) {
      const claim = await claims(ctx);
      return claim.kind === 'ok' ? claim.session.accountId : undefined;
    },
    token(session) {
      if (tokens === undefined) throw new Error('a session without keys');
      return tokens.sign(sessionClaims(session, days, Math.floor(nowMs() / 1000)));
    },
  };
}
