/** A page for people is a value, as an endpoint is: one file each, listed in registry.ts. */
import type { Context } from 'koa';
import type { ComponentChildren } from 'preact';
import type { AnyEndpoint } from '../../core/endpoints/endpoint.ts';
import { issuesText } from '../../core/validation/issues.ts';
import type { ArchiveFiles } from '../archiveFiles.ts';
import type { Database } from '../database.ts';
import type { EndpointReads } from '../endpointReads.ts';
import type { PublishedLogs } from '../publishedLogs.ts';
import type { Searches } from '../routes/data/searchRows.ts';
import type { Texts } from './texts/en.ts';

export interface Page {
  /** As the router has it: `/ui/measurement/:measurementUid`. */
  readonly path: string;
  /** Its name in the navigation; none where nobody begins with it. */
  readonly nav?: keyof Texts['nav'];
  readonly cacheSeconds: number;
  /** Throws QueryError. */
  show(asked: PageRequest): Promise<Shown>;
}

/** What pages get their data from: what the API's own routes ask. */
export interface PageSources {
  readonly database: Database;
  readonly searches: Searches;
  readonly reads: EndpointReads;
  readonly files: ArchiveFiles;
  readonly logs: PublishedLogs;
  /** Where others fetch the archive's objects; undefined: no address is known. */
  readonly bucketUrl: string | undefined;
}

export interface PageRequest {
  readonly ctx: Context;
  readonly sources: PageSources;
  readonly query: URLSearchParams;
  readonly nowMs: number;
  readonly texts: Texts;
  readonly links: Links;
}

export type Shown =
  | {
      readonly kind: 'page';
      readonly title: string;
      readonly main: ComponentChildren;
      /** Where it is not 200. */
      readonly status?: number;
    }
  | {
      readonly kind: 'csv';
      readonly rows: readonly object[];
      /** Offered under this name as a download. */
      readonly fileName: string;
    }
  | Problem;

/** Why there is no page, or nothing on it; `detail` is the API's own sentence. */
export interface Problem {
  readonly kind: 'problem';
  readonly status: number;
  readonly detail?: string;
}

export type Parameters = Readonly<Record<string, string | undefined>>;

/** Makes addresses below this host: parameters that are undefined or empty are left out. */
export type Links = (path: string, parameters?: Parameters) => string;

/** `language`: kept in all links where the reader has chosen one. */
export function makeLinks(language: string | undefined): Links {
  return (path, parameters = {}) => {
    const given = { ...parameters, lang: path.startsWith('/api/') ? undefined : language };
    const query = new URLSearchParams(
      Object.entries(given).filter((entry): entry is [string, string] => Boolean(entry[1])),
    );
    return query.size === 0 ? path : `${path}?${query}`;
  };
}

/** The path of this very page: never an address of another host, as one that begins with two slashes is. */
export function ownPath({ path }: Context): string {
  return path.replace(/^\/+/, '/');
}

/** The JSON value that the API would answer with. `parameters` that are undefined are left out. */
export async function askJson<Value>(
  { ctx, sources }: PageRequest,
  endpoint: AnyEndpoint,
  parameters: Parameters,
): Promise<{ readonly kind: 'ok'; readonly value: Value } | Problem> {
  const query = makeLinks(undefined)('', parameters).slice(1);
  const outcome = await sources.reads.ask(ctx, endpoint, query);
  switch (outcome.kind) {
    case 'invalid':
      return { kind: 'problem', status: 422, detail: issuesText(outcome.issues) };
    case 'refused':
      return { kind: 'problem', status: outcome.status, detail: outcome.detail };
    case 'busy':
      return { kind: 'problem', status: 503 };
  }
  const { answer } = outcome;
  if (answer.kind === 'not_found') return { kind: 'problem', status: 404, detail: answer.detail };
  if (answer.kind !== 'json') throw new Error(`${endpoint.path} answers a page with a file`);
  if (answer.isFault) {
    const { message } = answer.value as { readonly message?: string };
    return { kind: 'problem', status: 400, ...(message ? { detail: message } : {}) };
  }
  return { kind: 'ok', value: answer.value as Value };
}
