/** What people with an account do: log in, report, edit findings and links. */
import { type Mailer, makeMailer } from '../../edge/mail/mailer.ts';
import { makeSignedTokens } from '../../edge/tokens/signedTokens.ts';
import { type JsonBodies, makeJsonBodies } from '../jsonBodies.ts';
import { type MayMail, mailLimitsOf } from '../quotas/sharedMailLimits.ts';
import type { FamilyGroup, RouteFamily } from '../routeFamily.ts';
import { feedbackRoutes } from '../routes/accounts/feedbackRoutes.ts';
import { loginRoutes } from '../routes/accounts/loginRoutes.ts';
import { roleRoutes } from '../routes/accounts/roleRoutes.ts';
import { withoutAccounts } from '../routes/accounts/withoutAccounts.ts';
import { findingReads } from '../routes/findings/findingReads.ts';
import { findingWrites } from '../routes/findings/findingWrites.ts';
import { makeRowWriter, type RowWriter } from '../rowWriter.ts';
import { makeSessions, type Sessions } from '../sessions.ts';
import type { SharedParts } from './sharedParts.ts';

export interface AccountGroup extends FamilyGroup {
  /** For whoever needs to know who asks: `sessions.require(ctx, 'admin')`. */
  readonly sessions: Sessions;
  readonly bodies: JsonBodies;
  readonly writer: RowWriter;
}

export function openAccounts(shared: SharedParts): AccountGroup {
  const { config, client, database, requests, log, metrics, secrets } = shared;
  const { accounts } = config;
  const keys = secrets.accountKeys;
  const tokens = keys && makeSignedTokens(keys.signingKeys);
  const { nowMs } = requests;
  const sessions = makeSessions({ tokens, days: accounts, database, nowMs });
  const bodies = makeJsonBodies();
  const writer = makeRowWriter(client, config.query_timeout_ms);
  const mailer = mailerOf(shared);

  const login: RouteFamily[] =
    keys === undefined || tokens === undefined
      ? [withoutAccounts]
      : [
          loginRoutes({
            tokens,
            hashingKey: keys.hashingKey,
            redirectHosts: accounts.redirect_hosts,
            mailer,
            mayMail: shared.mayMail ?? ownMailLimits(shared),
            sessions,
            database,
            bodies,
            requests,
            log,
            metrics,
          }),
          roleRoutes({ sessions, hashingKey: keys.hashingKey, database, writer, bodies, nowMs }),
        ];
  return {
    families: [
      // Log-in and roles.
      ...login,
      // What people write: feedback, findings, links.
      feedbackRoutes({ sessions, database, writer, bodies }),
      findingReads({ sessions, database }),
      findingWrites({
        sessions,
        database,
        writer,
        bodies,
        collectorId: config.collector_id,
        nowMs,
      }),
    ],
    sessions,
    bodies,
    writer,
    async close() {
      mailer?.close();
    },
  };
}

function ownMailLimits({ config }: SharedParts): MayMail {
  const limits = mailLimitsOf(config);
  return async (client, emailAddress, nowMs) => limits.ask(client, emailAddress, nowMs);
}

function mailerOf({ config, secrets }: SharedParts): Mailer | undefined {
  const { from, smtp_url, username, sendmail, timeout_ms } = config.mail;
  if (from === undefined) return undefined;
  return makeMailer({
    from,
    smtpUrl: smtp_url,
    username,
    password: secrets.smtpPassword,
    sendmail,
    timeoutMs: timeout_ms,
  });
}
