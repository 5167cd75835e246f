/**
 * An endpoint is a value: what it takes, the SQL that it asks and how rows become an answer, with no
 * request, database or clock in it. One route serves all of them (src/api/routes/data); the
 * documentation is made from them (openapi.ts).
 */

import type { BodyKey } from '../measurement/bodyKey.ts';
import type { Query } from '../sql/query.ts';
import type { Issue } from '../validation/issues.ts';
import { readParameters } from './parameterReader.ts';
import { type Given, type Parameters, readAll } from './parameters.ts';

export type Read<Asked> =
  | { readonly kind: 'ok'; readonly asked: Asked }
  /** What does not fit a parameter's type: 422 with all issues. */
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  /** An explicit error. */
  | { readonly kind: 'refused'; readonly status: 400 | 422; readonly detail: string }
  /** Nothing needs to be asked. */
  | { readonly kind: 'answered'; readonly answer: Answer };

export type Answer = (
  | { readonly kind: 'json'; readonly value: unknown; readonly status?: number }
  /** See core/text/csv.ts. */
  | { readonly kind: 'csv'; readonly rows: readonly Readonly<Record<string, unknown>>[] }
  | { readonly kind: 'not_found'; readonly detail: string }
) & {
  /** Where it is not the endpoint's. */
  readonly cacheSeconds?: number;
  /** A fault that is told in an answer of the endpoint's own shape: no cache keeps it. */
  readonly isFault?: true;
  /** What was asked for is not there, and may be soon: no cache says so for longer than a minute. */
  readonly isAbsent?: true;
  /** Offered under this name as a download. */
  readonly fileName?: string;
};

/** What the database read for an answer, all queries together. */
export interface Statistics {
  readonly readRows: number;
  readonly readBytes: number;
  /** As the database had planned. */
  readonly totalRows: number;
  readonly elapsedMs: number;
}

/** What comes beside the rows. */
export interface Beside {
  /** The body's text; undefined when it is nowhere, or none was asked for. */
  readonly body: string | undefined;
  readonly statistics: Statistics;
  /** Where links point, without slash at the end. */
  readonly baseUrl: string;
  /** The request's own query, without `?`. */
  readonly rawQuery: string;
}

/** Rows by the name of the query that gave them; none where it was not asked. */
export type RowsByQuery = Readonly<Record<string, readonly object[]>>;

/** What documentation says of a route, whoever answers it. */
export interface RouteDescription {
  readonly method: 'get' | 'post' | 'put';
  /** As the router has it: `/api/v1/measurement/:measurementUid`. */
  readonly path: string;
  readonly summary: string;
  /** Of the query string. */
  readonly parameters: Parameters;
}

export interface Endpoint<P extends Parameters, Asked, Rows extends RowsByQuery>
  extends RouteDescription {
  readonly method: 'get';
  readonly parameters: P;
  /** How long caches may keep an answer. */
  readonly cacheSeconds: number;
  /** What is asked, from parameters that have the right types; here are the rules between them. */
  read(given: Given<P>, nowMs: number): Read<Asked>;
  /** Asked before the queries where they depend on it; they must do without where it fails. */
  plan?(asked: Asked): Query | undefined;
  /** `planned`: the rows of `plan`; undefined when there are none to go by. */
  queries(
    asked: Asked,
    nowMs: number,
    planned?: readonly object[],
  ): { readonly [Name in keyof Rows]: Query | undefined };
  /** The body that the answer holds, where it holds one. */
  body?(rows: Rows, asked: Asked): BodyKey | undefined;
  answer(rows: Rows, asked: Asked, beside: Beside): Answer;
}

/** Any endpoint, for whoever serves or lists them. */
// biome-ignore lint/suspicious/noExplicitAny: `read` makes what the other functions take
export type AnyEndpoint = Endpoint<any, any, any>;

/** Checks the types of an endpoint where it is written. */
export function endpoint<P extends Parameters, Asked, Rows extends RowsByQuery>(
  value: Omit<Endpoint<P, Asked, Rows>, 'method'>,
): Endpoint<P, Asked, Rows> {
  return { ...value, method: 'get' };
}

/** What a query string asks of an endpoint. */
export function readQuery<P extends Parameters, Asked, Rows extends RowsByQuery>(
  { parameters, read }: Endpoint<P, Asked, Rows>,
  query: URLSearchParams,
  nowMs: number,
): Read<Asked> {
  const reader = readParameters(query);
  const given = readAll(parameters, reader);
  if (reader.issues.length > 0) return { kind: 'invalid', issues: reader.issues };
  return read(given, nowMs);
}
