/** OONI Run links are made and edited by whoever is logged in (protocol, data 6.1). */
import type { Context } from 'koa';
import { isLinkId } from '../../../core/endpoints/oonirun/linkSearch.ts';
import {
  editedLink,
  type Link,
  type LinkText,
  newLink,
  readLink,
} from '../../../core/oonirun/link.ts';
import { linkAnswer } from '../../../core/oonirun/linkAnswer.ts';
import {
  createRefusal,
  editRefusal,
  LINK_NOT_FOUND,
  type LinkRefusal,
  linkRefusal,
} from '../../../core/oonirun/linkRules.ts';
import {
  type LinkRow,
  linkOfRow,
  linkQuery,
  linkRow,
  nextLinkQuery,
  OONIRUN_LINKS,
} from '../../../core/sql/oonirunLinks.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { Database } from '../../database.ts';
import { makeEdits, type Outcome } from '../../edits.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { RowWriter } from '../../rowWriter.ts';
import type { Sessions } from '../../sessions.ts';

export interface LinkWriteParts {
  readonly sessions: Sessions;
  readonly database: Database;
  readonly writer: RowWriter;
  readonly bodies: JsonBodies;
  readonly nowMs: () => number;
}

const LINKS = '/api/v2/oonirun/links';
const MAX_BODY_BYTES = 1_048_576;
/** New links at the same moment want the same number. */
const MAX_TRIES = 10;
const TAKEN: LinkRefusal = { status: 409, detail: 'Somebody else is changing it, try again' };

export function linkWrites(parts: LinkWriteParts): RouteFamily {
  const { sessions, database, writer, bodies } = parts;
  const edits = makeEdits<Link, LinkRow>({
    database,
    writer,
    at: OONIRUN_LINKS,
    newest: linkQuery,
    read: linkOfRow,
    row: linkRow,
  });
  const nowS = () => Math.floor(parts.nowMs() / 1_000);

  const readBody = async (ctx: Context): Promise<LinkText | undefined> => {
    const body = await bodies.readValue(ctx, MAX_BODY_BYTES);
    if (body === undefined) return undefined;
    const check = readLink(body.value);
    switch (check.kind) {
      case 'ok':
        return check.text;
      case 'invalid':
        sendIssues(ctx, check.issues);
        return undefined;
      case 'refused':
        sendError(ctx, 422, { error: check.error });
        return undefined;
    }
  };

  return (router) => {
    router.post(LINKS, async (ctx) => {
      const session = await sessions.require(ctx, 'admin', 'user');
      const text = session && (await readBody(ctx));
      if (session === undefined || text === undefined) return;
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const [counts] = await database.rows<{ next: string; own: number }>(
          nextLinkQuery(session.accountId),
        );
        const refusal = createRefusal(text, session, counts!.own);
        if (refusal !== undefined) return sendError(ctx, refusal.status, refusal.detail);
        const link = newLink(text, counts!.next, session.accountId, nowS());
        const outcome = await edits.change<LinkRefusal>(link.id, (current) =>
          current === undefined
            ? { kind: 'write', document: link }
            : { kind: 'refused', refusal: TAKEN },
        );
        if (outcome.kind === 'written') return answer(ctx, outcome, session.accountId, nowS());
      }
      sendError(ctx, TAKEN.status, TAKEN.detail);
    });

    router.put(`${LINKS}/:id`, async (ctx) => {
      const session = await sessions.require(ctx, 'admin', 'user');
      const text = session && (await readBody(ctx));
      if (session === undefined || text === undefined) return;
      const id = ctx.params.id!;
      const refusal = editRefusal(text, session) ?? (isLinkId(id) ? undefined : LINK_NOT_FOUND);
      if (refusal !== undefined) return sendError(ctx, refusal.status, refusal.detail);
      const atS = nowS();
      const outcome = await edits.change<LinkRefusal>(id, (current, edited) => {
        const refused = linkRefusal(current, session, atS, edited);
        return refused === undefined
          ? { kind: 'write', document: editedLink(current!, text, atS) }
          : { kind: 'refused', refusal: refused };
      });
      answer(ctx, outcome, session.accountId, atS);
    });
  };
}

function answer(
  ctx: Context,
  outcome: Outcome<Link, LinkRefusal>,
  accountId: string,
  nowS: number,
): void {
  switch (outcome.kind) {
    case 'written':
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, linkAnswer(outcome.document, accountId, nowS));
      break;
    case 'refused':
      sendError(ctx, outcome.refusal.status, outcome.refusal.detail);
      break;
    default:
      sendError(ctx, TAKEN.status, TAKEN.detail);
  }
}
