/** What tokens say (protocol, data 5.5): a login token is mailed, and is changed for a session token. */
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import { isRole, type Session } from './roles.ts';

export const LOGIN_AUDIENCE = 'register';
export const SESSION_AUDIENCE = 'user_auth';

const DAY_S = 86_400;
/** A mail may take its time, and its reader too. */
const LOGIN_TOKEN_S = DAY_S;

export interface Login {
  readonly emailAddress: string;
  readonly redirectTo: string;
}

export interface LoginClaims extends Login {
  /** When the mail was asked for, seconds since 1970. */
  readonly askedForS: number;
}

export interface SessionDays {
  /** A session that is not refreshed ends after these. */
  readonly session_days: number;
  /** However often it is refreshed, one must log in again after these. */
  readonly login_days: number;
}

export function loginClaims({ emailAddress, redirectTo }: Login, nowS: number) {
  return {
    nbf: nowS,
    exp: nowS + LOGIN_TOKEN_S,
    aud: LOGIN_AUDIENCE,
    email_address: emailAddress,
    redirect_to: redirectTo,
  };
}

/** Undefined for claims that no program of ours has signed, whatever the signature says. */
export function readLoginClaims(claims: JsonObject): LoginClaims | undefined {
  const { email_address: emailAddress, redirect_to: redirectTo, nbf: askedForS } = claims;
  if (typeof emailAddress !== 'string' || typeof redirectTo !== 'string') return undefined;
  return typeof askedForS === 'number' ? { emailAddress, redirectTo, askedForS } : undefined;
}

export function sessionClaims(
  { accountId, emailAddress, role, loginTimeS }: Session,
  { session_days, login_days }: SessionDays,
  nowS: number,
) {
  return {
    nbf: nowS,
    iat: nowS,
    exp: Math.min(nowS + session_days * DAY_S, loginTimeS + login_days * DAY_S),
    aud: SESSION_AUDIENCE,
    login_time: loginTimeS,
    role,
    account_id: accountId,
    email_address: emailAddress,
  };
}

/** The role is that of the token's time; what the account may do now is asked for besides. */
export function readSessionClaims(claims: JsonObject): Session | undefined {
  const { account_id: accountId, email_address: emailAddress, login_time: loginTimeS } = claims;
  const { role } = claims;
  if (typeof accountId !== 'string' || !/^[0-9a-f]{32}$/.test(accountId)) return undefined;
  if (typeof emailAddress !== 'string' || !Number.isSafeInteger(loginTimeS)) return undefined;
  if (!isRole(role)) return undefined;
  return { accountId, emailAddress, role, loginTimeS: loginTimeS as number };
}

/** The token of `Authorization: Bearer …`; undefined without. */
export function bearerToken(authorization: string): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
}

/** Text of a member of a body that was parsed, for calls that answer the same whatever is wrong with it. */
export function textMember(body: unknown, name: string): string | undefined {
  const value = isObject(body) ? member(body, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
