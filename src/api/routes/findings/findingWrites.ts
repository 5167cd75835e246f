/** Findings are written by admins (protocol, data 5.4). */
import { randomInt } from 'node:crypto';
import type { Context } from 'koa';
import type { Session } from '../../../core/accounts/roles.ts';
import {
  defaultSlug,
  type Finding,
  type FindingText,
  findingId,
  readFinding,
} from '../../../core/findings/finding.ts';
import type { FindingRow } from '../../../core/findings/findingRow.ts';
import {
  createRefusal,
  deleteRefusal,
  mayChange,
  NOT_FOUND,
  type Refusal,
  updated,
  updateRefusal,
} from '../../../core/findings/findingRules.ts';
import { isObject, member } from '../../../core/json/jsonValue.ts';
import type { EditMark } from '../../../core/sql/edits.ts';
import {
  FINDINGS,
  findingByIdQuery,
  findingOfRow,
  findingRow,
  slugsLikeQuery,
} from '../../../core/sql/findings.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { Database } from '../../database.ts';
import { makeEdits, type Outcome } from '../../edits.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { RowWriter } from '../../rowWriter.ts';
import type { Sessions } from '../../sessions.ts';

export interface FindingWriteParts {
  readonly sessions: Sessions;
  readonly database: Database;
  readonly writer: RowWriter;
  readonly bodies: JsonBodies;
  readonly collectorId: string;
  readonly nowMs: () => number;
}

const MAX_BODY_BYTES = 4_194_304;
const MAX_IDS = 0x1_0000_0000;
const TAKEN: Refusal = { status: 400, detail: 'Slug already exists' };

export function findingWrites(parts: FindingWriteParts): RouteFamily {
  const { sessions, database, writer, bodies, collectorId } = parts;
  const edits = makeEdits<Finding, FindingRow & EditMark & { readonly text: string }>({
    database,
    writer,
    at: FINDINGS,
    newest: findingByIdQuery,
    read: findingOfRow,
    row: findingRow,
  });
  const nowS = () => Math.floor(parts.nowMs() / 1_000);

  /** Undefined: it is another finding's. */
  const freeSlug = async (text: FindingText, id: string): Promise<string | undefined> => {
    const wanted = text.slug ?? defaultSlug(text.title, text.startTimeS);
    // A numbered one may be cut shorter than the plain one.
    const rows = await database.rows<{ slug: string }>(slugsLikeQuery(wanted.slice(0, 50), id));
    const taken = new Set(rows.map(({ slug }) => slug));
    if (!taken.has(wanted)) return wanted;
    if (text.slug !== null) return undefined;
    for (let number = 2; ; number++) {
      const slug = defaultSlug(text.title, text.startTimeS, number);
      if (!taken.has(slug)) return slug;
    }
  };

  const create = async (ctx: Context, text: FindingText, session: Session) => {
    const refusal = createRefusal(text, session);
    if (refusal !== undefined) return refuse(ctx, refusal);
    const slug = await freeSlug(text, '');
    if (slug === undefined) return refuse(ctx, TAKEN);
    const id = findingId(randomInt(MAX_IDS), collectorId);
    const times = { createTimeS: nowS(), updateTimeS: nowS() };
    const document = { ...text, ...times, slug, id, creatorAccountId: session.accountId };
    const outcome = await edits.change<Refusal>(id, (current) =>
      // Two ids of 32 random bits hardly ever meet; the other's finding must not be written over.
      current === undefined
        ? { kind: 'write', document }
        : { kind: 'refused', refusal: { status: 400, detail: 'Try again' } },
    );
    if (outcome.kind === 'written' && !(await hasOwnSlug(id, document, text))) {
      await edits.change<Refusal>(id, () => ({ kind: 'delete' }));
      return refuse(ctx, TAKEN);
    }
    answer(ctx, id, outcome);
  };

  /**
   * Of two who create at once neither sees the other's slug before its own is there. Whoever sees another
   * with the same then gives way, to a slug with its id in it; false where the slug was asked for.
   */
  const hasOwnSlug = async (id: string, { slug }: Finding, text: FindingText): Promise<boolean> => {
    if ((await freeSlug({ ...text, slug }, id)) !== undefined) return true;
    if (text.slug !== null) return false;
    const own = defaultSlug(text.title, text.startTimeS, Number(id));
    await edits.change<Refusal>(id, (current) =>
      current === undefined
        ? { kind: 'refused', refusal: NOT_FOUND }
        : { kind: 'write', document: { ...current, slug: own } },
    );
    return true;
  };

  const update = async (ctx: Context, id: string, text: FindingText, session: Session) => {
    const refusal = updateRefusal(text, session);
    if (refusal !== undefined) return refuse(ctx, refusal);
    const slug = text.slug === null ? undefined : await freeSlug(text, id);
    if (text.slug !== null && slug === undefined) return refuse(ctx, TAKEN);
    answer(
      ctx,
      id,
      await edits.change<Refusal>(id, (current) =>
        current === undefined || !mayChange(current, session)
          ? { kind: 'refused', refusal: NOT_FOUND }
          : { kind: 'write', document: updated(current, text, slug ?? current.slug, nowS()) },
      ),
    );
  };

  const remove = async (ctx: Context, id: string, emailAddress: string, session: Session) => {
    const refusal = deleteRefusal(emailAddress, session);
    if (refusal !== undefined) return refuse(ctx, refusal);
    const outcome = await edits.change<Refusal>(id, (current) =>
      current === undefined || !mayChange(current, session)
        ? { kind: 'refused', refusal: NOT_FOUND }
        : { kind: 'delete' },
    );
    answer(ctx, id, outcome);
  };

  const publish = async (ctx: Context, id: string, published: boolean) => {
    const outcome = await edits.change<Refusal>(id, (current) =>
      current === undefined
        ? { kind: 'refused', refusal: NOT_FOUND }
        : { kind: 'write', document: { ...current, published, updateTimeS: nowS() } },
    );
    answer(ctx, id, outcome);
  };

  return (router) => {
    const withText = async (
      ctx: Context,
      use: (text: FindingText, body: unknown) => Promise<void>,
    ) => {
      const body = await bodies.readValue(ctx, MAX_BODY_BYTES);
      if (body === undefined) return;
      const check = readFinding(body.value);
      if (check.kind === 'ok') await use(check.text, body.value);
      else sendIssues(ctx, check.issues);
    };

    router.post('/api/v1/incidents/create', async (ctx) => {
      const session = await sessions.require(ctx, 'admin');
      if (session !== undefined) await withText(ctx, (text) => create(ctx, text, session));
    });

    router.post('/api/v1/incidents/update', async (ctx) => {
      const session = await sessions.require(ctx, 'admin', 'user');
      if (session === undefined) return;
      await withText(ctx, (text, body) => update(ctx, textOf(body, 'id'), text, session));
    });

    router.post('/api/v1/incidents/delete', async (ctx) => {
      const session = await sessions.require(ctx, 'admin', 'user');
      if (session === undefined) return;
      const body = await bodies.readValue(ctx, MAX_BODY_BYTES);
      if (body === undefined) return;
      const emailAddress = textOf(body.value, 'email_address').trim().toLowerCase();
      await remove(ctx, textOf(body.value, 'id'), emailAddress, session);
    });

    router.post('/api/v1/incidents/:action', async (ctx) => {
      if ((await sessions.require(ctx, 'admin')) === undefined) return;
      const { action } = ctx.params;
      if (action !== 'publish' && action !== 'unpublish')
        return sendError(ctx, 400, 'Invalid query action');
      const body = await bodies.readValue(ctx, MAX_BODY_BYTES);
      if (body !== undefined) await publish(ctx, textOf(body.value, 'id'), action === 'publish');
    });
  };
}

/** No id and no address is longer: what is goes into no query. */
const MAX_NAME_CHARACTERS = 255;

/** An id may have come as a number. */
function textOf(body: unknown, name: string): string {
  const value = isObject(body) ? member(body, name) : undefined;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text.length > MAX_NAME_CHARACTERS ? '' : text;
}

function answer(ctx: Context, id: string, outcome: Outcome<Finding, Refusal>): void {
  switch (outcome.kind) {
    case 'refused':
      refuse(ctx, outcome.refusal);
      break;
    case 'conflict':
      sendError(ctx, 409, 'Somebody else is changing it, try again');
      break;
    case 'written':
    case 'deleted':
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, outcome.kind === 'deleted' ? {} : { r: 1, id });
  }
}

function refuse(ctx: Context, { status, detail }: Refusal): void {
  sendError(ctx, status, detail);
}
