/** Logging in by a mailed link (protocol, data 5.5). */
import type { Context } from 'koa';
import { type AccountRow, currentRole } from '../../../core/accounts/accountRoles.ts';
import {
  LOGIN_AUDIENCE,
  type Login,
  loginClaims,
  readLoginClaims,
} from '../../../core/accounts/claims.ts';
import { accountIdOf } from '../../../core/accounts/emailAddress.ts';
import { loginMail } from '../../../core/accounts/loginMail.ts';
import { readLoginRequest } from '../../../core/accounts/loginRequest.ts';
import { loginLink } from '../../../core/accounts/redirect.ts';
import type { Session } from '../../../core/accounts/roles.ts';
import { accountQuery } from '../../../core/sql/accountRoles.ts';
import { clientNetwork } from '../../../core/text/clientNetwork.ts';
import {
  sendError,
  sendIssues,
  sendJson,
  sendUnavailable,
} from '../../../edge/http/errorAnswers.ts';
import { MailError, type Mailer } from '../../../edge/mail/mailer.ts';
import type { SignedTokens } from '../../../edge/tokens/signedTokens.ts';
import type { Log } from '../../../log/log.ts';
import { oncePer } from '../../../log/oncePer.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import { clientGone, type Database } from '../../database.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { MayMail } from '../../quotas/sharedMailLimits.ts';
import type { Requests } from '../../requests.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { SessionCheck, Sessions } from '../../sessions.ts';

export interface LoginRouteParts {
  readonly tokens: SignedTokens;
  readonly hashingKey: string;
  readonly redirectHosts: readonly string[];
  /** Undefined where no mail is set up. */
  readonly mailer: Mailer | undefined;
  readonly mayMail: MayMail;
  readonly sessions: Sessions;
  readonly database: Database;
  readonly bodies: JsonBodies;
  readonly requests: Requests;
  readonly log: Log;
  readonly metrics: ApiMetrics;
}

const MAX_BODY_BYTES = 16_384;
/** Mails that are on their way at once: a slow server must not collect requests without end. */
const MAX_SENDING = 16;
const RETRY_AFTER_SECONDS = 30;
/** Anybody can ask for mails; a fault is told so often. */
const SAY_EVERY_MS = 60_000;

export function loginRoutes(parts: LoginRouteParts): RouteFamily {
  const { tokens, hashingKey, sessions, database, requests, log, metrics } = parts;
  let sending = 0;
  const sayNoMail = oncePer(SAY_EVERY_MS);
  const sayFailed = oncePer(SAY_EVERY_MS);

  /** Mails a link; the login token's claims, or undefined when the answer is set. */
  const sendLink = async (ctx: Context, login: Login) => {
    const { mailer } = parts;
    const nowMs = requests.nowMs();
    const claims = loginClaims(login, Math.floor(nowMs / 1_000));
    if (mailer === undefined || sending >= MAX_SENDING) {
      if (mailer === undefined)
        sayNoMail((unsaid) =>
          log.err(
            'somebody wants to log in, and no mail can be sent: set mail.from and the server',
            {
              unsaid,
            },
          ),
        );
      sendUnavailable(ctx, 'Unable to send the email', RETRY_AFTER_SECONDS);
      return undefined;
    }
    sending++;
    try {
      const client = clientNetwork(requests.clientAddress(ctx));
      const decision = await parts.mayMail(client, login.emailAddress, nowMs);
      if (decision === undefined) {
        log.warning('a login cannot be counted: the first process of ooni-api does not answer');
        sendUnavailable(ctx, 'Unable to send the email', RETRY_AFTER_SECONDS);
        return undefined;
      }
      if (decision.kind !== 'send') metrics.loginMails.inc({ outcome: decision.kind });
      if (decision.kind === 'refused') {
        sendError(ctx, 429, 'Too many logins were asked for, try again later');
        ctx.set('Retry-After', String(decision.retryAfterSeconds));
        return undefined;
      }
      // Whoever asks must not learn from the answer how many others have asked for this address.
      if (decision.kind === 'enough') return claims;
      const link = loginLink(login.redirectTo, await tokens.sign(claims));
      await mailer.send(login.emailAddress, loginMail(link));
      metrics.loginMails.inc({ outcome: 'sent' });
      return claims;
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      metrics.loginMails.inc({ outcome: 'failed' });
      sayFailed((unsaid) =>
        log.err('cannot send a login mail: check [mail] in the configuration and the mail server', {
          error: error.message,
          unsaid,
        }),
      );
      sendError(ctx, 500, 'Unable to send the email');
      return undefined;
    } finally {
      sending--;
    }
  };

  const readLogin = async (ctx: Context): Promise<Login | undefined> => {
    const body = await parts.bodies.readValue(ctx, MAX_BODY_BYTES);
    if (body === undefined) return undefined;
    const check = readLoginRequest(body.value, parts.redirectHosts);
    if (check.kind === 'ok') return check.login;
    sendIssues(ctx, check.issues);
    return undefined;
  };

  /** A session for whoever has the token of a login mail; undefined when the answer is set. */
  const logIn = async (ctx: Context, token: string) => {
    const nowMs = requests.nowMs();
    const checked = await tokens.check(token, LOGIN_AUDIENCE, nowMs);
    const login = checked.kind === 'ok' ? readLoginClaims(checked.claims) : undefined;
    if (login === undefined) {
      sendRefusal(ctx, checked.kind);
      return undefined;
    }
    const accountId = accountIdOf(login.emailAddress, hashingKey);
    const [row] = await database.rows<AccountRow>(accountQuery(accountId), clientGone(ctx));
    // What was mailed before the account's sessions were ended begins none.
    if (row !== undefined && login.askedForS < row.sessions_since) {
      sendRefusal(ctx, 'expired');
      return undefined;
    }
    const session: Session = {
      accountId,
      emailAddress: login.emailAddress,
      role: currentRole(row),
      loginTimeS: Math.floor(nowMs / 1_000),
    };
    return { session, redirectTo: login.redirectTo, bearer: await sessions.token(session) };
  };

  return (router) => {
    router.post('/api/v1/user_register', async (ctx) => {
      const login = await readLogin(ctx);
      if (login === undefined || (await sendLink(ctx, login)) === undefined) return;
      sendPrivate(ctx, { msg: 'ok' });
    });

    router.post('/api/v2/ooniauth/user-login', async (ctx) => {
      const login = await readLogin(ctx);
      const claims = login && (await sendLink(ctx, login));
      if (login === undefined || claims === undefined) return;
      sendPrivate(ctx, {
        email_address: login.emailAddress,
        login_token_expiration: isoTime(claims.exp),
      });
    });

    router.get('/api/v1/user_login', async (ctx) => {
      const token = new URLSearchParams(ctx.querystring).get('k') ?? '';
      const loggedIn = await logIn(ctx, token);
      if (loggedIn === undefined) return;
      const { bearer, redirectTo, session } = loggedIn;
      sendPrivate(ctx, {
        bearer,
        redirect_to: redirectTo,
        email_address: session.emailAddress,
      });
    });

    router.get('/api/v1/user_refresh_token', async (ctx) => {
      const checked = await sessions.check(ctx);
      if (checked.kind === 'ok')
        sendPrivate(ctx, { bearer: await sessions.token(checked.session) });
      else sendRefusal(ctx, checked.kind, 'Authentication required');
    });

    router.get('/api/_/account_metadata', async (ctx) => {
      const session = await sessions.of(ctx);
      sendPrivate(ctx, { logged_in: session !== undefined, role: session?.role ?? '' });
    });

    router.post('/api/v2/ooniauth/user-session', async (ctx) => {
      const token = await loginTokenOf(ctx);
      if (token === undefined) return;
      if (token !== '') {
        const loggedIn = await logIn(ctx, token);
        if (loggedIn === undefined) return;
        const { session, bearer, redirectTo } = loggedIn;
        sendPrivate(ctx, sessionAnswer(session, bearer, redirectTo));
        return;
      }
      const checked = await sessions.check(ctx);
      if (checked.kind === 'ok') {
        const { session } = checked;
        sendPrivate(ctx, sessionAnswer(session, await sessions.token(session), ''));
      } else sendRefusal(ctx, checked.kind, 'no valid session found');
    });

    router.get('/api/v2/ooniauth/user-session', async (ctx) => {
      const session = await sessions.of(ctx);
      sendPrivate(ctx, sessionAnswer(session, '', ''));
    });
  };

  /** The body's login token, `''` when there is none; undefined when the answer is set. */
  async function loginTokenOf(ctx: Context): Promise<string | undefined> {
    // A page that only renews its session sends an empty body, or none.
    if (ctx.get('Content-Length') === '0') return '';
    const body = await parts.bodies.readValue(ctx, MAX_BODY_BYTES);
    if (body === undefined) return undefined;
    const token = (body.value as { login_token?: unknown } | null)?.login_token ?? '';
    return typeof token === 'string' ? token : ' ';
  }
}

function sendRefusal(ctx: Context, kind: SessionCheck['kind'], without = 'Invalid credentials') {
  const text =
    kind === 'expired' ? 'Expired token' : kind === 'none' ? without : 'Invalid credentials';
  sendError(ctx, 401, text);
}

/** What is for one person alone (protocol, data 3.3). */
function sendPrivate(ctx: Context, value: unknown): void {
  ctx.set('Cache-Control', 'no-cache');
  sendJson(ctx, value);
}

function sessionAnswer(session: Session | undefined, token: string, redirectTo: string) {
  return {
    session_token: token,
    redirect_to: redirectTo,
    email_address: session?.emailAddress ?? '',
    account_id: session?.accountId ?? '',
    role: session?.role ?? '',
    login_time: session === undefined ? null : isoTime(session.loginTimeS),
    is_logged_in: session !== undefined,
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(/\d{3}Z$/, '000000Z');
}
