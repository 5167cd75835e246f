/** The set of fingerprints that the daemon holds while ClickHouse and its tables come and go. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { versionText } from '../../src/core/sources/version.ts';
import { openClickHouse } from '../../src/edge/clickhouse/clickhouseClient.ts';
import { followFingerprints } from '../../src/fastpath/fingerprintSource.ts';
import { makeLog } from '../../src/log/log.ts';
import { signAsClickHouse } from '../support/clickhouseProxy.ts';

interface Tables {
  dns: number;
  http: number;
  down?: boolean;
  /** SHA-256 of the set, as a fetch notes it. */
  sha256?: string;
}

/** Answers each query with as many rows as the tables have now. */
async function setUp(t: Test, tables: Tables, refreshMs = 10, checkMs?: number) {
  const asked = { times: 0, reads: 0 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const look = body.includes('system.tables');
      if (look) asked.times++;
      else asked.reads++;
      if (tables.down) return void response.writeHead(500).end('Code: 210. DB::NetException');
      const dns = body.includes('fingerprints_dns');
      const row = {
        name: 'n',
        scope: 'nat',
        location_found: 'body',
        pattern_type: 'contains',
        pattern: 'p',
        confidence_no_fp: 5,
        expected_countries: '',
      };
      signAsClickHouse(request, response);
      if (look) {
        const state = (name: 'dns' | 'http') => ({
          name: `fingerprints_${name}`,
          engine: 'MergeTree',
          comment:
            tables.sha256 === undefined
              ? ''
              : versionText({
                  sha256: tables.sha256,
                  source: 's',
                  validators: {},
                  takenAtMs: 0,
                  rows: tables[name],
                }),
          rows: tables[name],
        });
        const lines = (['dns', 'http'] as const).map((name) => JSON.stringify(state(name)));
        return void response.end(`${lines.join('\n')}\n`);
      }
      response.end(`${JSON.stringify(row)}\n`.repeat(dns ? tables.dns : tables.http));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = openClickHouse({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    database: 'd',
    username: 'default',
    password: '',
    requestTimeoutMs: 10_000,
    application: 'test',
  });
  const lines: string[] = [];
  const sets: string[] = [];
  const followed = followFingerprints({
    client,
    refreshMs,
    ...(checkMs === undefined ? {} : { checkMs }),
    firstRetryMs: 5,
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
    onTables: ({ dns, http }) => sets.push(`${dns.length}+${http.length}`),
  });
  t.teardown(async () => {
    followed.close();
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  /** Resolves after the tables were looked at so many times more. */
  const refreshes = async (count: number) => {
    const goal = asked.times + count + 1;
    while (asked.times < goal) await sleep(2);
  };
  return { tables, followed, lines, sets, asked, refreshes };
}

t.test('a set in use is kept when a refresh fails', async (t) => {
  for (const [what, change] of [
    ['the server is down', { down: true }],
    ['both tables are empty', { dns: 0, http: 0 }],
    ['one table is empty', { dns: 0 }],
    ['a table has lost more than half', { http: 99 }],
  ] as [string, Partial<Tables>][]) {
    const { tables, followed, lines, sets, refreshes } = await setUp(t, { dns: 20, http: 200 });
    await followed.loaded;
    const before = sets.length;
    Object.assign(tables, change);
    await refreshes(1);
    const after = sets.length;
    await refreshes(3);
    t.equal(sets.length, after, what);
    t.ok(after - before <= 1);
    t.equal(followed.current?.value.http.length, 200);
    t.equal(lines.filter((line) => line.startsWith('<4>cannot refresh')).length, 1, 'said once');
    Object.assign(tables, { dns: 20, http: 210, down: false });
    while (followed.current?.value.http.length !== 210) await sleep(2);
    t.match(lines.at(-1), /^<6>fingerprints loaded dns=20 http=210/);
  }
});

t.test('a set may grow, and shrink to half', async (t) => {
  const { tables, followed } = await setUp(t, { dns: 20, http: 200 });
  await followed.loaded;
  for (const http of [100, 1000, 500]) {
    tables.http = http;
    while (followed.current?.value.http.length !== http) await sleep(2);
  }
});

t.test('empty tables are asked again soon, long before the next refresh', async (t) => {
  const { tables, followed, lines } = await setUp(t, { dns: 0, http: 0 }, 3_600_000);
  await followed.loaded;
  await sleep(30);
  tables.dns = 1;
  tables.http = 2;
  while (followed.current?.value.http.length !== 2) await sleep(2);
  t.equal(lines.filter((line) => line.includes('tables are empty')).length, 1);
});

t.test('tables that look the same are not read again', async (t) => {
  const { followed, sets, asked, lines } = await setUp(
    t,
    { dns: 20, http: 200, sha256: 'a'.repeat(64) },
    // Not read again for being old, and looked at as often as may be.
    10_000_000,
    5,
  );
  await followed.loaded;
  t.match(lines.at(-1), /fingerprints loaded dns=20 http=200 sha256=aaaa/);
  const goal = asked.times + 5;
  while (asked.times < goal) await sleep(2);
  t.strictSame([asked.reads, sets], [2, ['20+200']]);
});

t.test('a set that was fetched is taken, also when it is smaller or as large', async (t) => {
  const { tables, followed, sets } = await setUp(t, { dns: 20, http: 200, sha256: 'a'.repeat(64) });
  await followed.loaded;
  Object.assign(tables, { http: 10, sha256: 'b'.repeat(64) });
  while (followed.current?.value.http.length !== 10) await sleep(2);
  tables.sha256 = 'c'.repeat(64);
  while (followed.current.value.mark.sha256 !== tables.sha256) await sleep(2);
  t.equal(sets.at(-1), '20+10');
});
