/**
 * Large answers: made piece by piece, and only so many held at once. Covers src/api/endpointReads.ts,
 * src/edge/http/pieces.ts. The database is made up: a real one takes long for a million rows.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { ask, startService } from './support.ts';

/** Of an aggregation along an axis, by `since`; `hold`: answers begin when `go` is called. */
const database = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    const query = new URL(request.url!, 'http://localhost').searchParams;
    const isCounts = text.includes('axis_domain');
    const count = isCounts ? ROWS : 0;
    response.setHeader('X-ClickHouse-Query-Id', query.get('query_id')!);
    response.setHeader('X-ClickHouse-Format', 'JSONEachRow');
    response.setHeader(
      'X-ClickHouse-Summary',
      JSON.stringify({ result_rows: String(count), result_bytes: String(resultBytes) }),
    );
    const row = (at: number) => `{"axis_domain":"${at}.org","measurement_count":${at}}\n`;
    const rows = Array.from({ length: count }, (_, at) => row(at)).join('');
    if (!isCounts || waiting === undefined) response.end(rows);
    else {
      response.write(row(0));
      waiting.push({ response, rows: rows.slice(row(0).length) });
      onWaiting();
    }
  });
});
const ROWS = 5_000;
/** So many that no two have room. */
const MANY_BYTES = 300_000_000;
let resultBytes = 0;
let waiting: { response: ServerResponse; rows: string }[] | undefined;
let onWaiting = () => {};

await new Promise<void>((listening) => database.listen(0, '127.0.0.1', listening));
t.teardown(() => database.close());
const { port } = database.address() as AddressInfo;
const { url } = await startService(t, {
  clickhouseUrl: `http://127.0.0.1:${port}`,
  nowMs: () => Date.parse('2026-07-15'),
});
const LARGE = `${url}/api/v1/aggregation?axis_x=domain&since=2026-01-01&until=2026-02-01`;

t.test('a large answer is whole, as JSON and as CSV', async (t) => {
  const { status, json, headers } = await ask(LARGE);
  t.equal(status, 200);
  t.equal(headers.get('content-type'), 'application/json');
  const { result, dimension_count } = json as { result: object[]; dimension_count: number };
  t.equal(dimension_count, 1);
  t.equal(result.length, ROWS);
  t.match(result.at(-1), { domain: `${ROWS - 1}.org`, measurement_count: ROWS - 1 });
  const { text } = await ask(`${LARGE}&format=CSV`);
  t.equal(text.split('\r\n').length, ROWS + 2);
  t.match(text.split('\r\n').at(-2), `${ROWS - 1}.org`);
  const head = await fetch(LARGE, { method: 'HEAD' });
  t.equal(head.status, 200);
});

t.test('who comes while another holds as much is told to come back', async (t) => {
  resultBytes = MANY_BYTES;
  waiting = [];
  const begun = new Promise<void>((resolve) => {
    onWaiting = resolve;
  });
  const first = ask(LARGE);
  await begun;
  const second = await ask(`${LARGE}&probe_cc=IT`);
  t.equal(second.status, 503);
  t.equal(second.headers.get('retry-after'), '30');
  t.equal(second.headers.get('cache-control'), 'no-cache');
  for (const { response, rows } of waiting) response.end(rows);
  waiting = undefined;
  t.equal((await first).status, 200);
  t.equal((await ask(LARGE)).status, 200, 'then there is room again');
});

t.test('one that leaves gives its room back', async (t) => {
  resultBytes = MANY_BYTES;
  for (let each = 0; each < 3; each++) {
    waiting = [];
    const begun = new Promise<void>((resolve) => {
      onWaiting = resolve;
    });
    const leaves = new AbortController();
    const left = fetch(LARGE, { signal: leaves.signal });
    await begun;
    const { response } = waiting[0]!;
    // The service lets go of the database's answer when its client has gone.
    const letGo = new Promise((resolve) => response.once('close', resolve));
    leaves.abort();
    await t.rejects(left);
    await letGo;
  }
  waiting = undefined;
  t.equal((await ask(LARGE)).status, 200);
});

t.test('what no worker has room for is refused, with how to narrow it', async (t) => {
  resultBytes = 10 * MANY_BYTES;
  const { status, text } = await ask(LARGE);
  t.equal(status, 422);
  t.match(text, /\/api\/v1\/export/);
});
