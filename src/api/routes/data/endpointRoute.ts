/** The one route behind all endpoints that are values (src/core/endpoints). */
import type { Context } from 'koa';
import {
  type Answer,
  type AnyEndpoint,
  type RowsByQuery,
  readQuery,
  type Statistics,
} from '../../../core/endpoints/endpoint.ts';
import type { Query } from '../../../core/sql/query.ts';
import { csvText } from '../../../core/text/csv.ts';
import { setMaxAge } from '../../../edge/http/caching.ts';
import { tagAnswer } from '../../../edge/http/entityTag.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { BodyTexts } from '../../bodies/texts.ts';
import { clientGone, type Database, QueryError } from '../../database.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export interface EndpointRouteParts {
  readonly endpoints: readonly AnyEndpoint[];
  readonly database: Database;
  readonly bodyTexts: BodyTexts;
  /** Without slash at the end. */
  readonly baseUrl: string;
  readonly nowMs: () => number;
}

export function endpointRoutes(parts: EndpointRouteParts): RouteFamily {
  return (router) => {
    for (const endpoint of parts.endpoints)
      router.get(endpoint.path, (ctx) => serve(ctx, endpoint, parts));
  };
}

async function serve(
  ctx: Context,
  endpoint: AnyEndpoint,
  { database, bodyTexts, baseUrl, nowMs }: EndpointRouteParts,
): Promise<void> {
  const atMs = nowMs();
  const check = readQuery(endpoint, new URLSearchParams(ctx.querystring), atMs);
  switch (check.kind) {
    case 'invalid':
      return sendIssues(ctx, check.issues);
    case 'refused':
      return sendError(ctx, check.status, check.detail);
    case 'answered':
      return send(ctx, check.answer, endpoint.cacheSeconds);
  }
  const { asked } = check;
  const signal = clientGone(ctx);
  const plan = endpoint.plan?.(asked);
  const planned = plan && (await askPlan(database, plan, signal));
  const queries = endpoint.queries(asked, atMs, planned);
  const { rows, statistics } = await askAll(database, queries, signal);
  const name = endpoint.body?.(rows, asked);
  const body = name === undefined ? undefined : await bodyTexts.read(ctx, name, signal);
  // The answer is set: there is no room for a body now.
  if (body?.kind === 'refused') return;
  const beside = { body: body?.text, statistics, baseUrl, rawQuery: ctx.querystring };
  send(ctx, endpoint.answer(rows, asked, beside), endpoint.cacheSeconds);
}

/** A plan that takes longer saves nothing. */
const PLAN_TIMEOUT_MS = 2_000;

async function askPlan(
  database: Database,
  plan: Query,
  signal: AbortSignal,
): Promise<object[] | undefined> {
  try {
    return await database.rows<object>(
      plan,
      AbortSignal.any([signal, AbortSignal.timeout(PLAN_TIMEOUT_MS)]),
    );
  } catch (error) {
    if (signal.aborted || !(error instanceof QueryError)) throw error;
    return undefined;
  }
}

async function askAll(
  database: Database,
  queries: Readonly<Record<string, Query | undefined>>,
  signal: AbortSignal,
): Promise<{ readonly rows: RowsByQuery; readonly statistics: Statistics }> {
  const rows: Record<string, readonly object[]> = {};
  const total = { readRows: 0, readBytes: 0, totalRows: 0, elapsedMs: 0 };
  const asked = Object.entries(queries).map(async ([name, query]) => {
    if (query === undefined) {
      rows[name] = [];
      return;
    }
    const result = await database.ask<object>(query, signal);
    rows[name] = result.rows;
    total.readRows += result.statistics.readRows;
    total.readBytes += result.statistics.readBytes;
    total.totalRows += result.statistics.totalRows;
    // They run side by side.
    total.elapsedMs = Math.max(total.elapsedMs, result.statistics.elapsedMs);
  });
  await Promise.all(asked);
  return { rows, statistics: total };
}

/** Statistics that are slow to make. */
const TAGGED_FROM_SECONDS = 3_600;

function send(ctx: Context, answer: Answer, cacheSeconds: number): void {
  if (answer.kind === 'not_found') {
    sendError(ctx, 404, answer.detail);
    return;
  }
  const seconds = answer.cacheSeconds ?? cacheSeconds;
  if (answer.isFault) ctx.set('Cache-Control', 'no-cache');
  else setMaxAge(ctx, seconds, seconds / 2);
  if (answer.fileName !== undefined)
    ctx.set('Content-Disposition', `attachment; filename=${answer.fileName}`);
  switch (answer.kind) {
    case 'json':
      sendJson(ctx, answer.value, answer.status);
      // What caches keep that long has no time of its making in it.
      if (cacheSeconds >= TAGGED_FROM_SECONDS && !answer.isFault) tagAnswer(ctx);
      break;
    case 'csv':
      ctx.status = 200;
      ctx.set('Content-Type', 'text/csv; charset=utf-8');
      ctx.body = csvText(answer.rows);
  }
}
