/**
 * One file over HTTPS, whole or not at all. Nothing that the other side does may cost more than the
 * limits: time, size and redirects are bounded, and its word for "nothing new" is only taken when asked.
 */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent, type RequestOptions, request as requestHttps } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { wholeBytes } from '../../core/text/wholeBytes.ts';
import { isWithoutProxy } from './noProxy.ts';
import { checkLiteralHost, type IsAllowed, lookupAllowed } from './publicAddress.ts';
import { SourceError, type SourceLimits } from './sourceError.ts';

export interface DownloadOptions extends SourceLimits {
  /** Asked of the address of each connection, also after a redirect. */
  readonly allowed: IsAllowed;
  /** `http://[user:password@]host:port` of a proxy that connects for us (CONNECT); it decides which hosts it connects to. */
  readonly proxy: string | undefined;
  /** Hosts that are asked without it (noProxy.ts). */
  readonly noProxy?: string | undefined;
  readonly userAgent: string;
  /** Certificate authorities in place of the system's, in PEM. */
  readonly ca?: string | undefined;
}

export type Downloaded =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly etag: string | undefined }
  /** The file is the one with the ETag that was given. */
  | { readonly kind: 'unchanged' };

const MAX_REDIRECTS = 5;
const MAX_ETAG_CHARS = 200;

/** Throws SourceError with the address and what was expected of it. */
export async function download(
  url: string,
  etag: string | undefined,
  options: DownloadOptions,
): Promise<Downloaded> {
  const ended = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    ended.abort();
  }, options.timeoutMs);
  try {
    return await follow(new URL(url), etag, options, ended.signal);
  } catch (cause) {
    if (late)
      throw new SourceError(`${url}: was not there after ${options.timeoutMs} ms`, { cause });
    const reason = cause instanceof Error ? cause.message || String(cause) : String(cause);
    throw new SourceError(reason.startsWith(url) ? reason : `${url}: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
}

async function follow(
  first: URL,
  etag: string | undefined,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Downloaded> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await ask(url, etag, options, signal);
    try {
      const status = answer.statusCode ?? 0;
      if (status === 304 && etag !== undefined) return { kind: 'unchanged' };
      if (status === 200) return await take(answer, options.maxBytes);
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
        throw new SourceError(`answers with status ${status}, expected 200`);
      if (!URL.canParse(location, url.href)) throw new SourceError('redirects to what is no URL');
      url = new URL(location, url);
      if (url.protocol !== 'https:' || url.username !== '' || url.password !== '')
        throw new SourceError(`redirects to ${url.protocol}//${url.host}, expected plain https`);
    } finally {
      answer.destroy();
    }
  }
  throw new SourceError(`redirects more than ${MAX_REDIRECTS} times`);
}

async function ask(
  url: URL,
  etag: string | undefined,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  checkLiteralHost(url.hostname, options.allowed);
  const tls = { ...(options.ca === undefined ? {} : { ca: options.ca }) };
  const request: RequestOptions = {
    ...tls,
    agent: false,
    signal,
    headers: {
      'User-Agent': options.userAgent,
      Accept: '*/*',
      // What was counted is then what was sent, and what has the ETag.
      'Accept-Encoding': 'identity',
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
    },
  };
  const { proxy, noProxy = '' } = options;
  if (proxy !== undefined && !isWithoutProxy(url, noProxy)) {
    const socket = await tunnel(url, proxy, signal);
    const agent = new Agent();
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const servername = isIP(host) === 0 ? { servername: host } : {};
    agent.createConnection = () => connectTls({ ...tls, socket, host, ...servername });
    // Nothing else closes it for certain.
    signal.addEventListener('abort', () => socket.destroy());
    request.agent = agent;
  } else request.lookup = lookupAllowed(options.allowed);
  return response(requestHttps(url, request));
}

/** A connection to the host of an https URL, made by a proxy. */
async function tunnel(url: URL, proxy: string, signal: AbortSignal) {
  // Not named as it is written: it may hold a password.
  if (!URL.canParse(proxy) || new URL(proxy).protocol !== 'http:')
    throw new SourceError('the proxy of the environment (https_proxy): expected http://host:port');
  const { hostname, port, host, username, password } = new URL(proxy);
  const authority = `${url.hostname}:${url.port || 443}`;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const secret = { 'Proxy-Authorization': `Basic ${Buffer.from(user).toString('base64')}` };
  const request = requestHttp({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port || 80,
    method: 'CONNECT',
    path: authority,
    headers: { Host: authority, ...(username === '' ? {} : secret) },
    agent: false,
    signal,
  });
  return new Promise<Socket>((resolve, reject) => {
    const refused = (answer: IncomingMessage) =>
      reject(new SourceError(`the proxy ${host} answers with status ${answer.statusCode}`));
    request.once('connect', (answer, socket) => {
      if (answer.statusCode === 200) return resolve(socket);
      socket.destroy();
      refused(answer);
    });
    request.once('response', (answer) => {
      answer.destroy();
      refused(answer);
    });
    request.once('error', (cause) =>
      reject(new SourceError(`the proxy ${host}: ${cause.message}`, { cause })),
    );
    request.end();
  });
}

function response(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    request.end();
  });
}

async function take(answer: IncomingMessage, maxBytes: number): Promise<Downloaded> {
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new SourceError(`answers in ${encoding}, expected the file as it is`);
  const { 'content-length': length, 'transfer-encoding': transfer } = answer.headers;
  if (length === undefined && transfer === undefined)
    throw new SourceError('does not say where its answer ends: what is cut off would look whole');
  const tooLarge = () => new SourceError(`is larger than ${maxBytes} bytes (fetch.max_bytes)`);
  if (Number(length ?? 0) > maxBytes) throw tooLarge();
  // An answer that ends early is an error of the stream.
  const bytes = await wholeBytes(answer, maxBytes);
  if (bytes === undefined) throw tooLarge();
  const { etag } = answer.headers;
  const usable = etag !== undefined && etag.length <= MAX_ETAG_CHARS ? etag : undefined;
  return { kind: 'file', bytes, etag: usable };
}
