/** What a server may do to a query that somebody waits for. Its values: test/edge/clickhouse/answer.test.ts. */
import { getEventListeners, once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { openReads, settingsText } from '../../../src/edge/clickhouse/reads.ts';

async function serve(t: Test, listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reads = openReads({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    database: 'ooni',
    username: 'reader',
    password: 'secret ü',
    application: 'test',
    maxConnections: 2,
    settings: { common: 1 },
  });
  t.teardown(() => {
    reads.close();
    server.closeAllConnections();
    server.close();
  });
  return reads;
}

const addressOf = (asked: IncomingMessage) => new URL(asked.url!, 'http://server');
function begin(asked: IncomingMessage, answer: ServerResponse): void {
  answer.setHeader('X-ClickHouse-Query-Id', addressOf(asked).searchParams.get('query_id')!);
}
const QUERY = { sql: 'SELECT 1', values: {} };
const never = new AbortController().signal;

t.test('what is asked, and by whom', async (t) => {
  const seen: { asked: IncomingMessage; body: string }[] = [];
  const reads = await serve(t, async (asked, answer) => {
    begin(asked, answer);
    let body = '';
    for await (const chunk of asked) body += String(chunk);
    seen.push({ asked, body });
    answer.end('[]');
  });
  const values = { text: 'a\tb', list: ["it's", '\ud800'], numbers: [1, 2], long: '' };
  for (const long of ['', 'ü'.repeat(700), 'x'.repeat(5_000)]) {
    const { stream } = await reads.ask(
      { sql: 'SELECT {text:String}', values: { ...values, long } },
      settingsText({ more: 'a b' }),
      never,
    );
    t.equal(String(await stream.toArray()), '[]');
  }
  const [short, escaped, long] = seen;
  const { searchParams, pathname } = addressOf(short!.asked);
  t.equal(pathname, '/');
  t.match(Object.fromEntries(searchParams), {
    database: 'ooni',
    common: '1',
    more: 'a b',
    param_text: 'a\\tb',
    param_list: "['it\\'s','\ufffd']",
    param_numbers: '[1,2]',
  });
  t.equal(short!.body, 'SELECT {text:String}');
  const { authorization, 'user-agent': agent } = short!.asked.headers;
  t.equal(authorization, `Basic ${Buffer.from('reader:secret ü').toString('base64')}`);
  t.equal(agent, 'test');
  for (const { asked, body } of [escaped!, long!]) {
    t.notOk(addressOf(asked).searchParams.has('param_text'), 'no address without bounds');
    t.match(asked.headers['content-type'], /^multipart\/form-data; boundary=/);
    t.match(body, 'name="query"\r\n\r\nSELECT {text:String}\r\n');
    t.match(body, 'name="param_text"\r\n\r\na\\tb\r\n');
  }
});

t.test('a kept connection that the server ends just then is no fault', async (t) => {
  const used = new Map<unknown, number>();
  const reads = await serve(t, (asked, answer) => {
    const before = used.get(asked.socket) ?? 0;
    used.set(asked.socket, before + 1);
    if (before === 1) return asked.socket.destroy();
    begin(asked, answer);
    return answer.end('[1]');
  });
  for (let turn = 0; turn < 4; turn++) {
    const { stream } = await reads.ask(QUERY, '', never);
    t.equal(String(await stream.toArray()), '[1]');
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.ok([...used.values()].includes(2), 'one was used again');
});

t.test('a new connection that ends is one', async (t) => {
  let asked = 0;
  const reads = await serve(t, ({ socket }) => {
    asked++;
    socket.destroy();
  });
  await t.rejects(reads.ask(QUERY, '', never), { code: 'ECONNRESET' });
  t.equal(asked, 1, 'not asked again');
});

t.test('stopped before it is asked, before it is answered and in the middle', async (t) => {
  const closed: Promise<unknown>[] = [];
  let begun = () => {};
  const reads = await serve(t, (asked, answer) => {
    closed.push(once(asked.socket, 'close'));
    begin(asked, answer);
    if (addressOf(asked).searchParams.has('headers')) answer.write('[');
    begun();
  });
  const reason = new Error('nobody waits');
  await t.rejects(reads.ask(QUERY, '', AbortSignal.abort(reason)), reason);

  const waiting = new AbortController();
  const reached = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const answer = reads.ask(QUERY, '', waiting.signal);
  await reached;
  waiting.abort(reason);
  await t.rejects(answer, reason);

  const reading = new AbortController();
  const { stream } = await reads.ask(QUERY, 'headers=1', reading.signal);
  const whole = stream.toArray();
  reading.abort(reason);
  await t.rejects(whole, reason);
  await Promise.all(closed);
  t.ok(closed.length >= 2, 'the server sees it');
});

t.test('nothing is left waiting on a signal that lives on', async (t) => {
  const reads = await serve(t, (asked, answer) => {
    begin(asked, answer);
    answer.end('[1]');
  });
  const { signal } = new AbortController();
  for (let turn = 0; turn < 3; turn++) {
    const { stream } = await reads.ask(QUERY, '', signal);
    await stream.toArray();
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(getEventListeners(signal, 'abort').length, 0);
});

t.test('faults', async (t) => {
  const FAULT = 'Code: 159. DB::Exception: Too slow. (TIMEOUT_EXCEEDED) (version 1)';
  let fault: RequestListener = () => {};
  const reads = await serve(t, (asked, answer) => fault(asked, answer));
  fault = (_, answer) => answer.writeHead(500).end(FAULT);
  await t.rejects(reads.ask(QUERY, '', never), { code: '159', type: 'TIMEOUT_EXCEEDED' });
  fault = (_, answer) => answer.writeHead(200, { 'X-ClickHouse-Exception-Code': 159 }).end(FAULT);
  await t.rejects(reads.ask(QUERY, '', never), { code: '159' });
  fault = (_, answer) => answer.end('<html>');
  await t.rejects(reads.ask(QUERY, '', never), { name: 'ForeignAnswer' });
  // A page without end.
  fault = (_, answer) => {
    answer.writeHead(502);
    const more = () => {
      while (!answer.destroyed && answer.write('x'.repeat(50_000)));
    };
    answer.on('drain', more);
    more();
  };
  const error = await reads.ask(QUERY, '', never).catch((error: Error) => error);
  t.equal((error as Error).message.length, 65_536);
});
