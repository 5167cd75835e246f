/**
 * A public bucket over plain HTTP(S), read only: an object is what GET gives below the base URL. A
 * folder that a web server shows is enough; where the service answers as S3 does, it can be listed.
 */
import { type ClientRequest, get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { wholeBytes } from '../../core/text/wholeBytes.ts';
import { checkKey } from './keys.ts';
import { isListing, type ListedObject, parseListing } from './s3Listing.ts';

export interface HttpBucket {
  readonly name: string;
  read(key: string): Promise<Readable | undefined>;
  /** Does the service list objects, as S3 does without credentials? */
  canList(): Promise<boolean>;
  /** Keys below a prefix, sorted; only where `canList`. */
  list(prefix: string): AsyncGenerator<ListedObject>;
  close(): void;
}

/** A page of a listing has 1,000 keys of at most 1,024 bytes, which may be escaped. */
const MAX_PAGE_BYTES = 16_777_216;

/** `idleTimeoutMs`: a connection on which nothing moves for this long is given up. */
export function openHttp(baseUrl: string, idleTimeoutMs: number): HttpBucket {
  const base = baseUrl.replace(/\/+$/, '');
  const get = (url: string) => answerOf(url, idleTimeoutMs);
  const page = async (parameters: Readonly<Record<string, string>>) => {
    const url = `${base}/?${new URLSearchParams({ 'list-type': '2', ...parameters })}`;
    const answer = await get(url);
    const text = answer.statusCode === 200 ? await textOf(answer, url) : undefined;
    if (text === undefined) answer.destroy();
    return { status: answer.statusCode ?? 0, url, text };
  };

  return {
    name: base,

    async read(key) {
      // These letters mean themselves in a path, but for '+', which some services take for a blank.
      const url = `${base}/${checkKey(key).replaceAll('+', '%2B')}`;
      const answer = await get(url);
      const encoding = answer.headers['content-encoding'] ?? 'identity';
      // What is stored as gzip may be said to be encoded so.
      const asStored = encoding === 'identity' || key.endsWith('.gz');
      if (answer.statusCode === 200 && asStored) return answer;
      answer.destroy();
      if (answer.statusCode === 200)
        throw new Error(`${url} answers in ${encoding}, expected the bytes as they are stored`);
      if (answer.statusCode === 404 || answer.statusCode === 410) return undefined;
      throw new Error(`${url} answers with ${answer.statusCode}, expected 200 or 404`);
    },

    async canList() {
      const { status, url, text } = await page({ prefix: 'raw/', 'max-keys': '1' });
      if (status >= 500 || status === 429) throw new Error(`${url} answers with ${status}`);
      return text !== undefined && isListing(text);
    },

    async *list(prefix) {
      let after: string | undefined;
      do {
        const { status, url, text } = await page({
          prefix,
          'encoding-type': 'url',
          ...(after === undefined ? {} : { 'continuation-token': after }),
        });
        if (text === undefined || !isListing(text))
          throw new Error(`${url} answers with ${status}, expected a list of objects`);
        const listing = parseListing(text);
        yield* listing.objects;
        if (listing.next !== undefined && listing.next === after)
          throw new Error(`${url} does not come to an end`);
        after = listing.next;
      } while (after !== undefined);
    },

    close: () => {},
  };
}

/** The answer, when its head is there. Its body ends with an error when the connection breaks. */
function answerOf(url: string, idleTimeoutMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? getHttps : getHttp;
    // The bytes as they are stored: compressed once more, they would be others.
    const request: ClientRequest = send(
      url,
      { headers: { 'accept-encoding': 'identity', 'user-agent': 'ooni-uploader' } },
      resolve,
    );
    request.setTimeout(idleTimeoutMs, () =>
      request.destroy(new Error(`${url}: nothing came for ${idleTimeoutMs} ms`)),
    );
    request.on('error', reject);
  });
}

async function textOf(answer: IncomingMessage, url: string): Promise<string> {
  const bytes = await wholeBytes(answer, MAX_PAGE_BYTES);
  if (bytes === undefined) throw new Error(`${url}: more than a page of a list`);
  return bytes.toString('utf8');
}
