/** Findings are read by anyone (protocol, data 5.4); Explorer and the app do. */

import { findingSearchParameters } from '../../../core/endpoints/findings/findingSearch.ts';
import { readParameters } from '../../../core/endpoints/parameterReader.ts';
import { readAll } from '../../../core/endpoints/parameters.ts';
import { filterAsns } from '../../../core/findings/finding.ts';
import { findingEntry, wholeFinding } from '../../../core/findings/findingAnswer.ts';
import type { FindingRow } from '../../../core/findings/findingRow.ts';
import { isVisible, NOT_FOUND } from '../../../core/findings/findingRules.ts';
import { findingQuery, findingSearchQuery } from '../../../core/sql/findings.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import { clientGone, type Database } from '../../database.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { Sessions } from '../../sessions.ts';

export function findingReads({
  sessions,
  database,
}: {
  readonly sessions: Sessions;
  readonly database: Database;
}): RouteFamily {
  return (router) => {
    router.get('/api/v1/incidents/search', async (ctx) => {
      const reader = readParameters(new URLSearchParams(ctx.querystring));
      const given = readAll(findingSearchParameters, reader);
      if (reader.issues.length > 0) return sendIssues(ctx, reader.issues);
      const session = await sessions.of(ctx);
      const query = findingSearchQuery({
        seesAll: session?.role === 'admin',
        accountId: session?.accountId,
        onlyMine: given.only_mine ?? false,
        themes: given.theme,
        ccs: given.country_code?.map((cc) => cc.toUpperCase()),
        asns: filterAsns(given.asn),
        domains: given.domain,
      });
      const rows = await database.rows<FindingRow>(query, clientGone(ctx));
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, { incidents: rows.map((row) => findingEntry(row, session)) });
    });

    router.get('/api/v1/incidents/show/:idOrSlug', async (ctx) => {
      const name = ctx.params.idOrSlug!;
      const session = await sessions.of(ctx);
      const [row] = await database.rows<FindingRow & { text: string }>(
        findingQuery(name),
        clientGone(ctx),
      );
      const visible =
        row !== undefined &&
        isVisible({ ...row, creatorAccountId: row.creator_account_id }, session);
      if (!visible) return sendError(ctx, NOT_FOUND.status, NOT_FOUND.detail);
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, { incident: wholeFinding(row, session) });
    });
  };
}
