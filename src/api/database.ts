/** Runs queries for requests: bounded in time, cancelled when the client has gone, errors told apart. */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context, Middleware } from 'koa';
import { NARROW_HINT } from '../core/endpoints/bulk/bulkHint.ts';
import type { Statistics } from '../core/endpoints/endpoint.ts';
import { isObject, type JsonObject } from '../core/json/jsonValue.ts';
import { parseJsonText } from '../core/json/parseJson.ts';
import type { Query } from '../core/sql/query.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { type QueryFault, queryFault } from '../edge/clickhouse/clickhouseErrors.ts';
import { wholeAnswer } from '../edge/clickhouse/rawAnswer.ts';
import { type ReadAnswer, type Settings, settingsText } from '../edge/clickhouse/reads.ts';
import { onAnswerEnd } from '../edge/http/answerEnd.ts';
import { sendError, sendUnavailable } from '../edge/http/errorAnswers.ts';
import { routeName } from '../edge/http/fallbacks.ts';
import { errorText, type Log } from '../log/log.ts';
import type { ApiMetrics } from './apiMetrics.ts';

export interface Database {
  /** All rows. Throws QueryError. */
  rows<Row>(query: Query, signal?: AbortSignal): Promise<Row[]>;
  /** The same, with what the database read for them. `room`: where there may be none for so many. */
  ask<Row>(
    query: Query,
    signal?: AbortSignal,
    room?: Room,
  ): Promise<{ readonly rows: Row[]; readonly statistics: Statistics }>;
  /** Rows in batches as they come. Throws QueryError, at any batch. */
  batches<Row>(query: Query, signal?: AbortSignal): AsyncGenerator<Row[]>;
  /**
   * The answer in the format that the query names, as it comes, within a time of its own. Throws QueryError
   * until it begins; a fault after that ends the stream with an error.
   */
  download(query: Query, timeoutMs: number, signal: AbortSignal): Promise<Readable>;
}

/** Asked before rows are taken, with about the memory that they and the answer made of them take. */
export type Room = (bytes: number) => 'ok' | 'full' | 'too_much';

export class QueryError extends Error {
  override readonly name = 'QueryError';
  /** `full`: too many large answers are held at the moment. */
  readonly reason: QueryFault | 'cancelled' | 'full';
  /** The database neither answered nor stopped it in its time. */
  readonly isGivenUp: boolean;

  constructor(reason: QueryError['reason'], cause: unknown, isGivenUp = false) {
    super(`query failed (${reason})`, { cause });
    this.reason = reason;
    this.isGivenUp = isGivenUp;
  }
}

/** The server stops a query by itself; when it does not, we do, this much later. */
const GRACE_MS = 2_000;
const BUSY_RETRY_SECONDS = 30;

/** X-ClickHouse-Summary, whose numbers are texts. */
function summaryOf({ headers }: Pick<ReadAnswer, 'headers'>): JsonObject {
  const summary = parseJsonText(String(headers['x-clickhouse-summary'] ?? '{}'));
  return summary.kind === 'ok' && isObject(summary.value) ? summary.value : {};
}

const number = (value: unknown) => Number(value ?? 0) || 0;

/** Of a row as an object, twice; and of its texts, twice as long as in the database's columns. */
const ROW_BYTES = 300;
const BYTES_OF_A_BYTE = 2;

/** What the rows of a whole answer take here, about: 330 bytes each were measured of an aggregation by domain and network. */
function heldBytes({ result_rows, result_bytes }: JsonObject): number {
  return ROW_BYTES * number(result_rows) + BYTES_OF_A_BYTE * number(result_bytes);
}

function statisticsOf(summary: JsonObject): Statistics {
  const { read_rows, read_bytes, total_rows_to_read, elapsed_ns } = summary;
  return {
    readRows: number(read_rows),
    readBytes: number(read_bytes),
    totalRows: number(total_rows_to_read),
    elapsedMs: number(elapsed_ns) / 1e6,
  };
}

/** What one query may take; 0: no limit. */
export interface QueryLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** Rows that are read for it, not those of its result. */
  readonly rows: number;
}

export function openDatabase(parts: {
  readonly client: ClickHouseClient;
  readonly limits: QueryLimits;
  readonly metrics: ApiMetrics;
}): Database {
  const { client, limits, metrics } = parts;
  const settings = (timeoutMs: number, more: Settings = {}): string =>
    settingsText({
      max_execution_time: Math.ceil(timeoutMs / 1000),
      max_memory_usage: limits.memoryBytes,
      max_rows_to_read: limits.rows,
      readonly: 2,
      // What nobody waits for shall not run on.
      cancel_http_readonly_queries_on_client_close: 1,
      ...more,
    });
  const streamed = settings(limits.timeoutMs);
  // The answer begins when it is complete, and its headers say what was read for it.
  const whole = settings(limits.timeoutMs, { wait_end_of_query: 1 });

  /** What stops a query, and why it failed. */
  const bounds = (timeoutMs: number, signal: AbortSignal | undefined) => {
    const timeout = AbortSignal.timeout(timeoutMs + GRACE_MS);
    return {
      stop: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      fault(error: unknown): QueryError {
        if (signal?.aborted) return new QueryError('cancelled', error);
        const reason = timeout.aborted ? 'timeout' : queryFault(error);
        metrics.queryFailures.inc({ reason });
        return new QueryError(reason, error, timeout.aborted);
      },
    };
  };

  const ask = async <Row>(query: Query, signal?: AbortSignal, room?: Room) => {
    const { stop, fault } = bounds(limits.timeoutMs, signal);
    const endTimer = metrics.querySeconds.startTimer();
    try {
      const answer = await client.reads.ask(asRows(query), whole, stop);
      const summary = summaryOf(answer);
      const found = room?.(heldBytes(summary)) ?? 'ok';
      if (found !== 'ok') {
        answer.stream.destroy();
        metrics.queryFailures.inc({ reason: found });
        throw new QueryError(found, `an answer of ${number(summary.result_rows)} rows`);
      }
      const rows: Row[] = [];
      for await (const batch of rowsOf<Row>(answer.stream)) for (const row of batch) rows.push(row);
      return { rows, statistics: statisticsOf(summary) };
    } catch (error) {
      throw error instanceof QueryError ? error : fault(error);
    } finally {
      endTimer();
    }
  };

  async function* batches<Row>(query: Query, signal?: AbortSignal): AsyncGenerator<Row[]> {
    const { stop, fault } = bounds(limits.timeoutMs, signal);
    const endTimer = metrics.querySeconds.startTimer();
    let answer: Readable | undefined;
    try {
      answer = checked(await client.reads.ask(asRows(query), streamed, stop), (error) => error);
      yield* rowsOf<Row>(answer);
    } catch (error) {
      throw fault(error);
    } finally {
      // Read to its end or not: nothing of the answer is left waiting.
      answer?.destroy();
      endTimer();
    }
  }

  const download: Database['download'] = async (query, timeoutMs, signal) => {
    const { stop, fault } = bounds(timeoutMs, signal);
    try {
      return checked(await client.reads.ask(query, settings(timeoutMs), stop), fault);
    } catch (error) {
      throw fault(error);
    }
  };

  return {
    batches,
    download,
    ask,
    rows: async <Row>(query: Query, signal?: AbortSignal) => (await ask<Row>(query, signal)).rows,
  };
}

function asRows({ sql, values }: Query): Query {
  return { sql: `${sql}\nFORMAT JSONEachRow`, values };
}

/** Of lines of JSON, as they come. */
async function* rowsOf<Row>(lines: Readable): AsyncGenerator<Row[]> {
  let rest: Buffer[] = [];
  for await (const chunk of lines as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end === -1) {
      rest.push(chunk);
      continue;
    }
    const text = Buffer.concat([...rest, chunk.subarray(0, end)]).toString('utf8');
    rest = [chunk.subarray(end + 1)];
    yield JSON.parse(`[${text.replaceAll('\n', ',')}]`) as Row[];
  }
  if (rest.some(({ length }) => length > 0))
    throw new Error('the last line of an answer has no end');
}

const NEWLINE = 0x0a;

/** An answer that ends with an error where the server breaks off. */
function checked({ headers, stream }: ReadAnswer, fault: (error: unknown) => unknown): Readable {
  const tag = headers['x-clickhouse-exception-tag'];
  const whole = wholeAnswer(tag === undefined ? undefined : String(tag));
  pipeline(stream, whole).catch((error: unknown) => {
    whole.destroy(fault(error) as Error);
  });
  return whole;
}

/** Requests with a query that was given up. */
const givenUp = new WeakSet<Context>();

/** For whoever answers a request whose query failed. */
export function noteGivenUp(ctx: Context, error: QueryError): void {
  if (error.isGivenUp) givenUp.add(ctx);
}

/** That the request took long was no work of the database's, as far as is known. */
export function isGivenUp(ctx: Context): boolean {
  return givenUp.has(ctx);
}

/** Answers for queries that failed (protocol, data 3.4 and 3.7); never with the database's text. */
export function answerQueryErrors(log: Log): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      noteGivenUp(ctx, error);
      switch (error.reason) {
        case 'timeout':
          sendError(ctx, 504, `Query timed out, ${NARROW_HINT}`);
          break;
        case 'too_much':
          sendError(ctx, 422, `Query needs more than it may take, ${NARROW_HINT}`);
          break;
        case 'full':
          sendUnavailable(ctx, `Others are asking for as much, ${NARROW_HINT}`, BUSY_RETRY_SECONDS);
          break;
        case 'busy':
          log.warning('the database is busy', { error: errorText(error.cause) });
          sendUnavailable(ctx, 'The database is busy, try again later', BUSY_RETRY_SECONDS);
          break;
        case 'cancelled':
          // 499, as nginx has it: for the metrics, nobody reads it.
          ctx.status = 499;
          ctx.body = '';
          break;
        case 'error':
          log.warning('query failed', { route: routeName(ctx), error: errorText(error.cause) });
          sendError(ctx, 500, 'Database query error');
      }
    }
  };
}

/** Aborts when the client has gone before its answer was complete, be it before this call. */
export function clientGone(ctx: Context): AbortSignal {
  const controller = new AbortController();
  onAnswerEnd(ctx.res, (complete) => {
    if (!complete) controller.abort();
  });
  return controller.signal;
}
