/** Runs queries for requests: bounded in time, cancelled when the client has gone, errors told apart. */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClickHouseSettings } from '@clickhouse/client';
import type { Context, Middleware } from 'koa';
import { NARROW_HINT } from '../core/endpoints/bulk/bulkHint.ts';
import type { Statistics } from '../core/endpoints/endpoint.ts';
import { isObject } from '../core/json/jsonValue.ts';
import { parseJsonText } from '../core/json/parseJson.ts';
import type { Query } from '../core/sql/query.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { type QueryFault, queryFault } from '../edge/clickhouse/clickhouseErrors.ts';
import { wholeAnswer } from '../edge/clickhouse/rawAnswer.ts';
import { onAnswerEnd } from '../edge/http/answerEnd.ts';
import { sendError, sendUnavailable } from '../edge/http/errorAnswers.ts';
import { routeName } from '../edge/http/fallbacks.ts';
import { errorText, type Log } from '../log/log.ts';
import type { ApiMetrics } from './apiMetrics.ts';

export interface Database {
  /** All rows. Throws QueryError. */
  rows<Row>(query: Query, signal?: AbortSignal): Promise<Row[]>;
  /** The same, with what the database read for them. */
  ask<Row>(
    query: Query,
    signal?: AbortSignal,
  ): Promise<{ readonly rows: Row[]; readonly statistics: Statistics }>;
  /** Rows in batches as they come. Throws QueryError, at any batch. */
  batches<Row>(query: Query, signal?: AbortSignal): AsyncGenerator<Row[]>;
  /**
   * The answer in the format that the query names, as it comes, within a time of its own. Throws QueryError
   * until it begins; a fault after that ends the stream with an error.
   */
  download(query: Query, timeoutMs: number, signal: AbortSignal): Promise<Readable>;
}

export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly reason: QueryFault | 'cancelled';

  constructor(reason: QueryError['reason'], cause: unknown) {
    super(`query failed (${reason})`, { cause });
    this.reason = reason;
  }
}

/** The server stops a query by itself; when it does not, we do, this much later. */
const GRACE_MS = 2_000;
const BUSY_RETRY_SECONDS = 30;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const NOTHING_READ: Statistics = { readRows: 0, readBytes: 0, totalRows: 0, elapsedMs: 0 };

/** From X-ClickHouse-Summary, whose numbers are texts. */
function statisticsOf(header: string | readonly string[] | undefined): Statistics {
  const summary = parseJsonText(String(header ?? '{}'));
  if (summary.kind !== 'ok' || !isObject(summary.value)) return NOTHING_READ;
  const { read_rows, read_bytes, total_rows_to_read, elapsed_ns } = summary.value;
  const number = (value: unknown) => Number(value ?? 0) || 0;
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
  const settings = (timeoutMs: number): ClickHouseSettings => ({
    max_execution_time: Math.ceil(timeoutMs / 1000),
    max_memory_usage: String(limits.memoryBytes),
    max_rows_to_read: String(limits.rows),
    readonly: '2',
    // What nobody waits for shall not run on.
    cancel_http_readonly_queries_on_client_close: 1,
  });

  /** `whole`: the answer begins when it is complete, and its headers say what was read for it. */
  async function* batches<Row>(
    query: Query,
    signal?: AbortSignal,
    whole?: (headers: Headers) => void,
  ): AsyncGenerator<Row[]> {
    const timeout = AbortSignal.timeout(limits.timeoutMs + GRACE_MS);
    const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    let close = () => {};
    const endTimer = metrics.querySeconds.startTimer();
    try {
      const result = await client.query({
        query: query.sql,
        query_params: query.values,
        // An address has a bound, and an input may have any length: then values go in the body.
        use_multipart_params_auto: true,
        format: 'JSONEachRow',
        abort_signal: stop,
        clickhouse_settings: {
          ...settings(limits.timeoutMs),
          ...(whole === undefined ? {} : { wait_end_of_query: 1 }),
        },
      });
      whole?.(result.response_headers);
      // The client heeds the signal up to the answer's headers only.
      close = () => result.close();
      stop.addEventListener('abort', close, { once: true });
      if (stop.aborted) close();
      for await (const lines of result.stream<Row>()) yield lines.map((line) => line.json());
    } catch (error) {
      const reason = signal?.aborted
        ? 'cancelled'
        : timeout.aborted
          ? 'timeout'
          : queryFault(error);
      if (reason !== 'cancelled') metrics.queryFailures.inc({ reason });
      throw new QueryError(reason, error);
    } finally {
      stop.removeEventListener('abort', close);
      // Read to its end or not: nothing of the answer is left waiting.
      close();
      endTimer();
    }
  }

  const ask = async <Row>(query: Query, signal?: AbortSignal) => {
    const rows: Row[] = [];
    let statistics = NOTHING_READ;
    const read = (headers: Headers) => {
      statistics = statisticsOf(headers['x-clickhouse-summary']);
    };
    for await (const batch of batches<Row>(query, signal, read))
      for (const row of batch) rows.push(row);
    return { rows, statistics };
  };

  const download: Database['download'] = async (query, timeoutMs, signal) => {
    const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs + GRACE_MS)]);
    const fault = (error: unknown) => {
      const reason = signal.aborted ? 'cancelled' : stop.aborted ? 'timeout' : queryFault(error);
      if (reason !== 'cancelled') metrics.queryFailures.inc({ reason });
      return new QueryError(reason, error);
    };
    try {
      const answer = await client.exec({
        query: query.sql,
        query_params: query.values,
        use_multipart_params_auto: true,
        abort_signal: stop,
        clickhouse_settings: settings(timeoutMs),
      });
      const tag = answer.response_headers['x-clickhouse-exception-tag'];
      const whole = wholeAnswer(tag === undefined ? undefined : String(tag));
      // The client heeds the signal up to the answer's headers only.
      pipeline(answer.stream, whole, { signal: stop }).catch((error: unknown) => {
        whole.destroy(fault(error));
      });
      return whole;
    } catch (error) {
      throw fault(error);
    }
  };

  return {
    batches: (query, signal) => batches(query, signal),
    download,
    ask,
    rows: async <Row>(query: Query, signal?: AbortSignal) => (await ask<Row>(query, signal)).rows,
  };
}

/** Answers for queries that failed (protocol, data 3.4 and 3.7); never with the database's text. */
export function answerQueryErrors(log: Log): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      switch (error.reason) {
        case 'timeout':
          sendError(ctx, 504, `Query timed out, ${NARROW_HINT}`);
          break;
        case 'too_much':
          sendError(ctx, 422, `Query needs more than it may take, ${NARROW_HINT}`);
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
