/** OONI Run links are read by anyone: the app, engines, run.ooni.org (protocol, data 6.1). */
import type { Context } from 'koa';
import {
  isLinkId,
  linkSearchParameters,
  parseRevision,
} from '../../../core/endpoints/oonirun/linkSearch.ts';
import { readParameters } from '../../../core/endpoints/parameterReader.ts';
import { readAll } from '../../../core/endpoints/parameters.ts';
import { inputsOf, readEngineRequest } from '../../../core/oonirun/engineRequest.ts';
import type { Link } from '../../../core/oonirun/link.ts';
import { isoTime, linkAnswer } from '../../../core/oonirun/linkAnswer.ts';
import { LINK_NOT_FOUND } from '../../../core/oonirun/linkRules.ts';
import { withTargets } from '../../../core/oonirun/nettest.ts';
import {
  type LinkRow,
  linkOfRow,
  linkQuery,
  linkRevisionQuery,
  linksQuery,
  revisionsQuery,
} from '../../../core/sql/oonirunLinks.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import { clientGone, type Database } from '../../database.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { Prioritisation } from '../../prioritisation.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { Sessions } from '../../sessions.ts';
import { makeKnownLinks } from './knownLinks.ts';

export interface LinkReadParts {
  readonly sessions: Sessions;
  readonly database: Database;
  readonly bodies: JsonBodies;
  readonly prioritisation: Pick<Prioritisation, 'pick'>;
  readonly nowMs: () => number;
}

const LINKS = '/api/v2/oonirun/links';
const MAX_BODY_BYTES = 16_384;

export function linkReads(parts: LinkReadParts): RouteFamily {
  const { sessions, database, bodies, prioritisation } = parts;
  const nowS = () => Math.floor(parts.nowMs() / 1_000);

  const known = makeKnownLinks();

  const readLink = async (
    id: string,
    revision: number | 'latest',
    stop: AbortSignal,
  ): Promise<Link | undefined> => {
    const [newest] = await database.rows<LinkRow>(linkQuery(id), stop);
    const link = newest && linkOfRow(newest);
    if (link === undefined || revision === 'latest' || link.revision === revision) return link;
    const [row] = await database.rows<LinkRow>(linkRevisionQuery(id, revision), stop);
    if (row === undefined) return undefined;
    // What is no test is as it is now, whatever the revision.
    const { nettests, revisionCreatedS } = linkOfRow(row);
    return { ...link, nettests, revision, revisionCreatedS };
  };

  /** Of the path's link and revision; undefined when the answer is set. */
  const linkOf = async (ctx: Context, revision: number | 'latest'): Promise<Link | undefined> => {
    const id = ctx.params.id as string;
    const link = isLinkId(id)
      ? await known.find(
          `${id} ${revision}`,
          (stop) => readLink(id, revision, stop),
          clientGone(ctx),
        )
      : undefined;
    if (link === undefined) sendError(ctx, LINK_NOT_FOUND.status, LINK_NOT_FOUND.detail);
    return link;
  };

  const revisionOf = (ctx: Context): number | 'latest' | undefined => {
    const revision = parseRevision(ctx.params.revision as string);
    if (revision === undefined)
      sendIssues(ctx, [
        {
          type: 'string_pattern_mismatch',
          loc: ['path', 'revision_number'],
          msg: "String should match pattern '^(latest|\\d+)$'",
        },
      ]);
    return revision;
  };

  return (router) => {
    router.get(LINKS, async (ctx) => {
      const reader = readParameters(new URLSearchParams(ctx.querystring));
      const given = readAll(linkSearchParameters, reader);
      if (reader.issues.length > 0) return sendIssues(ctx, reader.issues);
      const accountId = (await sessions.of(ctx))?.accountId;
      const atS = nowS();
      const query = linksQuery({
        // Nobody has made no link.
        creatorAccountId: given.is_mine ? (accountId ?? '') : undefined,
        withExpired: given.is_expired ?? false,
        nowS: atS,
      });
      const rows = await database.rows<LinkRow>(query, clientGone(ctx));
      send(ctx, {
        oonirun_links: rows.map((row) => linkAnswer(linkOfRow(row), accountId, atS)),
      });
    });

    router.get(`${LINKS}/:id`, async (ctx) => {
      const accountId = (await sessions.of(ctx))?.accountId;
      const link = await linkOf(ctx, 'latest');
      if (link !== undefined) send(ctx, linkAnswer(link, accountId, nowS()));
    });

    router.get(`${LINKS}/:id/revisions`, async (ctx) => {
      const id = ctx.params.id!;
      const rows = isLinkId(id)
        ? await database.rows<{ revision: number }>(revisionsQuery(id), clientGone(ctx))
        : [];
      if (rows.length === 0) return sendError(ctx, LINK_NOT_FOUND.status, LINK_NOT_FOUND.detail);
      send(ctx, { revisions: rows.map(({ revision }) => String(revision)) });
    });

    router.get(`${LINKS}/:id/full-descriptor/:revision`, async (ctx) => {
      const revision = revisionOf(ctx);
      if (revision === undefined) return;
      const accountId = (await sessions.of(ctx))?.accountId;
      const link = await linkOf(ctx, revision);
      if (link !== undefined) send(ctx, linkAnswer(link, accountId, nowS()));
    });

    router.post(`${LINKS}/:id/engine-descriptor/:revision`, async (ctx) => {
      const revision = revisionOf(ctx);
      if (revision === undefined) return;
      const body = await bodies.readValue(ctx, MAX_BODY_BYTES);
      if (body === undefined) return;
      const check = readEngineRequest(body.value, ctx.get('useragent'));
      if (check.kind === 'invalid') return sendIssues(ctx, check.issues);
      const link = await linkOf(ctx, revision);
      if (link === undefined) return;
      const { place, wanted } = check;
      send(ctx, {
        revision: String(link.revision),
        nettests: withTargets(link.nettests, () =>
          inputsOf(prioritisation.pick(place, wanted).texts),
        ),
        date_created: isoTime(link.revisionCreatedS),
      });
    });
  };
}

function send(ctx: Context, value: unknown): void {
  ctx.set('Cache-Control', 'no-cache');
  sendJson(ctx, value);
}
