/** Asks an endpoint that is a value (src/core/endpoints): for the route of all of them, and for pages. */
import type { Context } from 'koa';
import {
  type Answer,
  type AnyEndpoint,
  type Read,
  type RowsByQuery,
  readQuery,
  type Statistics,
} from '../core/endpoints/endpoint.ts';
import type { Query } from '../core/sql/query.ts';
import { onAnswerEnd } from '../edge/http/answerEnd.ts';
import type { MemoryBudget } from '../edge/http/memory.ts';
import type { BodyTexts } from './bodies/texts.ts';
import { clientGone, type Database, QueryError, type Room } from './database.ts';

export type EndpointOutcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | Exclude<Read<never>, { readonly kind: 'ok' | 'answered' }>
  /** There is no room for a body now: the answer is set. */
  | { readonly kind: 'busy' };

export interface EndpointReads {
  /** `query` without `?`. Throws QueryError. */
  ask(ctx: Context, endpoint: AnyEndpoint, query: string): Promise<EndpointOutcome>;
}

export interface EndpointReadParts {
  readonly database: Database;
  readonly bodyTexts: BodyTexts;
  /** Of answers, from their first row to their end. */
  readonly memory: MemoryBudget;
  /** Without slash at the end. */
  readonly baseUrl: string;
  readonly nowMs: () => number;
}

export function makeEndpointReads(parts: EndpointReadParts): EndpointReads {
  const { database, bodyTexts, memory, baseUrl, nowMs } = parts;
  return {
    async ask(ctx, endpoint, rawQuery) {
      const atMs = nowMs();
      const check = readQuery(endpoint, new URLSearchParams(rawQuery), atMs);
      if (check.kind === 'answered') return { kind: 'answer', answer: check.answer };
      if (check.kind !== 'ok') return check;
      const { asked } = check;
      const signal = clientGone(ctx);
      const plan = endpoint.plan?.(asked);
      const planned = plan && (await askPlan(database, plan, signal));
      const queries = endpoint.queries(asked, atMs, planned);
      const { rows, statistics } = await askAll(database, queries, signal, roomFor(ctx, memory));
      const name = endpoint.body?.(rows, asked);
      const body = name === undefined ? undefined : await bodyTexts.read(ctx, name, signal);
      if (body?.kind === 'refused') return { kind: 'busy' };
      const beside = { body: body?.text, statistics, baseUrl, rawQuery };
      return { kind: 'answer', answer: endpoint.answer(rows, asked, beside) };
    },
  };
}

/** What is taken for an answer is held until its client has it. */
function roomFor(ctx: Context, memory: MemoryBudget): Room {
  const lease = memory.lease();
  let held = 0;
  let ended = false;
  onAnswerEnd(ctx.res, () => {
    ended = true;
    lease.release();
  });
  return (bytes) => {
    held += bytes;
    // Nobody would give back what is taken for a client that has gone.
    if (!ended && lease.grow(bytes)) return 'ok';
    return held > memory.maxBytes ? 'too_much' : 'full';
  };
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
  room: Room,
): Promise<{ readonly rows: RowsByQuery; readonly statistics: Statistics }> {
  const rows: Record<string, readonly object[]> = {};
  const total = { readRows: 0, readBytes: 0, totalRows: 0, elapsedMs: 0 };
  const asked = Object.entries(queries).map(async ([name, query]) => {
    if (query === undefined) {
      rows[name] = [];
      return;
    }
    const result = await database.ask<object>(query, signal, room);
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
