/** Whether a host of others answers, found out as cheaply as can be. Never throws, and ends by itself. */
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect } from 'node:net';

/** undefined: it answers. Otherwise why not, for the log. */
export type Unreachable = string | undefined;

const LATE = 'no answer in time';
/** As text of an error's code: a status or certificate that is wrong is told as it is. */
const reasonOf = ({ code, message }: NodeJS.ErrnoException) => code ?? message;

/** Over HTTP(S), certificate included: any answer but a fault of the server (5xx) will do. */
export function httpUnreachable(url: string, timeoutMs: number): Promise<Unreachable> {
  return inTime(timeoutMs, (end) => {
    const get = url.startsWith('https:') ? getHttps : getHttp;
    const request = get(url, { agent: false }, ({ statusCode = 0 }) =>
      end(statusCode < 500 ? undefined : `HTTP ${statusCode}`),
    );
    request.on('error', (error) => end(reasonOf(error)));
    return request;
  });
}

/** Whether it takes a connection. */
export function tcpUnreachable(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<Unreachable> {
  return inTime(timeoutMs, (end) => {
    const socket = connect({ host, port });
    socket.once('connect', () => end(undefined));
    socket.on('error', (error) => end(reasonOf(error)));
    return socket;
  });
}

/** Of all of it, names included: a socket's own timeout begins later. */
function inTime(
  timeoutMs: number,
  begin: (end: (why: Unreachable) => void) => { destroy(): unknown },
): Promise<Unreachable> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end(LATE), timeoutMs);
    const begun = begin((why) => end(why));
    const end = (why: Unreachable) => {
      clearTimeout(timer);
      resolve(why);
      begun.destroy();
    };
  });
}
