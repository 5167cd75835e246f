/** Roles of accounts, for admins (protocol, data 5.5); on the host it is `ooni-api account`. */
import type { AccountRow } from '../../../core/accounts/accountRoles.ts';
import { textMember } from '../../../core/accounts/claims.ts';
import { accountIdOf, parseEmailAddress } from '../../../core/accounts/emailAddress.ts';
import { isRole } from '../../../core/accounts/roles.ts';
import { accountQuery } from '../../../core/sql/accountRoles.ts';
import { sendError, sendJson } from '../../../edge/http/errorAnswers.ts';
import { changeAccount } from '../../accountChanges.ts';
import { clientGone, type Database } from '../../database.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { RowWriter } from '../../rowWriter.ts';
import type { Sessions } from '../../sessions.ts';

const MAX_BODY_BYTES = 16_384;

export function roleRoutes({
  sessions,
  hashingKey,
  database,
  writer,
  bodies,
  nowMs,
}: {
  readonly sessions: Sessions;
  readonly hashingKey: string;
  readonly database: Database;
  readonly writer: RowWriter;
  readonly bodies: JsonBodies;
  readonly nowMs: () => number;
}): RouteFamily {
  return (router) => {
    router.post('/api/v1/set_account_role', async (ctx) => {
      if ((await sessions.require(ctx, 'admin')) === undefined) return;
      const body = await bodies.readValue(ctx, MAX_BODY_BYTES);
      if (body === undefined) return;
      const emailAddress = parseEmailAddress(textMember(body.value, 'email_address') ?? '');
      if (emailAddress === undefined) return sendError(ctx, 400, 'Invalid email address');
      const role = textMember(body.value, 'role');
      if (!isRole(role)) return sendError(ctx, 400, 'Invalid role');
      const accountId = accountIdOf(emailAddress, hashingKey);
      // To its end, be the client there or not: a half is no change.
      const read = async () => (await database.rows<AccountRow>(accountQuery(accountId)))[0];
      await changeAccount({ read, writer, nowMs }, accountId, (before) => ({
        role,
        sessionsSinceS: before?.sessions_since ?? 0,
      }));
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, {});
    });

    router.get('/api/v1/get_account_role/:emailAddress', async (ctx) => {
      if ((await sessions.require(ctx, 'admin')) === undefined) return;
      const emailAddress = parseEmailAddress(ctx.params.emailAddress ?? '');
      if (emailAddress === undefined) return sendError(ctx, 400, 'Invalid email address');
      const accountId = accountIdOf(emailAddress, hashingKey);
      const [row] = await database.rows<AccountRow>(accountQuery(accountId), clientGone(ctx));
      if (row === undefined) return sendError(ctx, 400, 'Account not found');
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, { role: row.role });
    });
  };
}
