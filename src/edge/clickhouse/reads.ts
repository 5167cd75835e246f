/**
 * Queries that somebody waits for, over ClickHouse's HTTP interface. The official client, which does all else,
 * lets a millisecond pass before each and makes objects of each row's text, which is most of what may be
 * added to a query (docs/performance.md).
 */
import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import { parseError } from '@clickhouse/client';
import type { Query } from '../../core/sql/query.ts';
import { checkAnswer } from './answer.ts';

export interface ReadOptions {
  /** Without path and query. */
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** Named in ClickHouse's query log. */
  readonly application: string;
  readonly maxConnections: number;
  readonly settings: Settings;
}

export type Settings = Readonly<Record<string, string | number>>;

export interface ReadAnswer {
  readonly headers: IncomingMessage['headers'];
  /** To be read to its end or destroyed. It breaks off with an error when the signal aborts. */
  readonly stream: IncomingMessage;
}

export interface Reads {
  /**
   * Resolves when the answer begins. `settings`: beside those of the connection, as `settingsText` makes them.
   * Throws ClickHouseError for what the server refuses, ForeignAnswer for what is not the server's, the signal's
   * reason, and errors of the connection.
   */
  ask(query: Query, settings: string, signal: AbortSignal): Promise<ReadAnswer>;
  close(): void;
}

/** An idle connection is not kept for longer: servers end theirs after three seconds or more. */
const IDLE_MS = 2_500;
/** Values that make an address longer go in the body. */
const MAX_VALUES_CHARS = 4_096;
/** Of what the server says of a fault. */
const MAX_FAULT_BYTES = 65_536;

export function openReads(options: ReadOptions): Reads {
  const url = new URL(options.url);
  const isTls = url.protocol === 'https:';
  const agentOptions = {
    keepAlive: true,
    timeout: IDLE_MS,
    maxSockets: options.maxConnections,
    // The one that was used last is the least likely to be ended just now.
    scheduling: 'lifo',
  } as const;
  const agent = isTls ? new TlsAgent(agentOptions) : new Agent(agentOptions);
  const { username, password, application, database } = options;
  const common = `/?${settingsText({ ...options.settings, database })}`;
  const headers = {
    Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    'User-Agent': application,
  };

  const send = (path: string, body: Body, signal: AbortSignal, isFresh: boolean) =>
    new Promise<IncomingMessage | 'stale'>((resolve, reject) => {
      let answer: IncomingMessage | undefined;
      const request = (isTls ? requestHttps : requestHttp)(
        {
          method: 'POST',
          host: url.hostname.replace(/^\[|\]$/g, ''),
          port: url.port,
          path,
          headers: body.type === undefined ? headers : { ...headers, 'Content-Type': body.type },
          agent: isFresh ? false : agent,
        },
        (begun) => {
          answer = begun;
          resolve(begun);
        },
      );
      const stop = () => (answer ?? request).destroy(signal.reason as Error);
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isEnded = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        if (isEnded && request.reusedSocket && !signal.aborted) resolve('stale');
        else reject(error);
      });
      request.once('close', () => signal.removeEventListener('abort', stop));
      signal.addEventListener('abort', stop, { once: true });
      request.end(body.text);
      if (signal.aborted) stop();
    });

  return {
    async ask({ sql, values }, settings, signal) {
      const id = randomUUID();
      const path = `${common}&query_id=${id}${settings === '' ? '' : `&${settings}`}`;
      const parts = Object.entries(values).map(
        ([name, value]) => [`param_${name}`, valueText(value)] as const,
      );
      const address = asAddress(parts);
      const to = path + (address ?? '');
      const body =
        address === undefined
          ? multipart([['query', sql], ...parts])
          : { type: undefined, text: sql };
      let stream = await send(to, body, signal, false);
      // The server ended the kept connection as we used it: that query was not begun.
      if (stream === 'stale') stream = await send(to, body, signal, true);
      if (stream === 'stale') throw new Error('a new connection was used before');
      const { headers: found } = stream;
      try {
        if (stream.statusCode !== 200 || found['x-clickhouse-exception-code'] !== undefined)
          throw parseError(await beginningOf(stream));
        checkAnswer({ query_id: id, response_headers: found });
      } catch (error) {
        stream.destroy();
        throw error;
      }
      return { headers: found, stream };
    },
    close: () => agent.destroy(),
  };
}

/** As a part of an address. */
export function settingsText(settings: Settings): string {
  return new URLSearchParams(
    Object.entries(settings).map(([name, value]) => [name, String(value)]),
  ).toString();
}

async function beginningOf(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes >= MAX_FAULT_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_FAULT_BYTES);
}

interface Body {
  /** Undefined for the query alone. */
  readonly type: string | undefined;
  readonly text: string;
}

type Parts = readonly (readonly [name: string, text: string])[];

/** Undefined where they are too long for an address. */
function asAddress(values: Parts): string | undefined {
  const chars = values.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (chars > MAX_VALUES_CHARS) return undefined;
  const address = new URLSearchParams(values as [string, string][]).toString();
  return address.length > MAX_VALUES_CHARS ? undefined : `&${address}`;
}

function multipart(parts: Parts): Body {
  // No value can hold what is random.
  const boundary = `----${randomUUID()}`;
  const text = parts.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    text: `${text.join('')}--${boundary}--\r\n`,
  };
}

/** As the server reads the value of a parameter: as a field of a tab-separated file, texts of a list in quotes. */
function valueText(value: Query['values'][string]): string {
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  const items = value.map((item) => (typeof item === 'number' ? item : `'${escaped(item)}'`));
  return `[${items.join(',')}]`;
}

function escaped(text: string): string {
  return text.replace(/[\t\n\r'\\]/g, (char) => ESCAPES[char]!);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  "'": "\\'",
  '\\': '\\\\',
};
