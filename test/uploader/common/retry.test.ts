/** A ClickHouse that fails for a while does not end a run. */
import { createServer, request } from 'node:http';
import t, { type Test } from 'tap';
import { makeLog } from '../../../src/log/log.ts';
import { makeRetry } from '../../../src/uploader/common/retry.ts';
import { startStores } from '../../edge/objects/stores.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { fillSpool, jsonlRows, makeDatabase, makeHost, sampleContent } from '../fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});

/** ClickHouse behind a server that breaks the connection of inserts, before or after they were done. */
async function startProxy(t: Test, failures: ('before' | 'after')[]): Promise<string> {
  const server = createServer((asked, answer) => {
    const isInsert = asked.url!.includes('INSERT');
    const failure = isInsert ? failures.shift() : undefined;
    if (failure === 'before') return void asked.socket.destroy();
    const { url, method, headers } = asked;
    const passed = request(clickhouse.url + url, { method, headers }, (given) => {
      if (failure === 'after') return void given.resume().on('end', () => asked.socket.destroy());
      answer.writeHead(given.statusCode!, given.headers);
      given.pipe(answer);
    });
    passed.on('error', () => asked.socket.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

t.test('a run goes on when inserts fail now and then, and inserts once', async (t) => {
  const failures: ('before' | 'after')[] = ['before', 'after'];
  const url = await startProxy(t, failures);
  const database = await makeDatabase(clickhouse.url);
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const host = await makeHost(t.testdir(), kind, url, { database });
  t.teardown(() => host.close());
  fillSpool(
    host,
    Array.from({ length: 3 }, (_, at) => sampleContent(at)),
  );
  await host.run();
  t.same(failures, [], 'both happened');
  t.equal((await jsonlRows(host)).length, 3);
  t.match(
    host.logged.join(''),
    /ClickHouse failed: trying again.*check the \[clickhouse\] section/,
  );
});

t.test('tries are bounded, and the last error is told', async (t) => {
  const lines: string[] = [];
  const log = makeLog({ level: 'info', journald: false, write: (line) => lines.push(line) });
  const retry = makeRetry(log, [1, 2, 3]);
  let tries = 0;
  const work = async () => {
    tries++;
    throw new Error(`failure ${tries}`);
  };
  await t.rejects(retry('ask', work), { message: 'failure 4' });
  t.equal(lines.length, 3);
  tries = 0;
  t.equal(await retry('ask', async () => ++tries), 1);
});
