/**
 * ooni-api as processes: start, stop, death of a worker, sockets of systemd, commands.
 *
 * Covers src/api/commands/{migrateCommand, serveCommand}.ts, src/api/processes/{housekeeping,
 * metricsMemory, primary, worker, workerMessages}.ts, src/edge/spool/processTag.ts,
 * src/edge/systemd/{notify, sockets}.ts, src/program/signals.ts.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect, createServer, type ListenOptions } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { dayName } from '../../src/core/time/hours.ts';
import { listenForHints } from '../../src/edge/hints/hintServer.ts';
import { processTag } from '../../src/edge/spool/processTag.ts';
import { makeLog } from '../../src/log/log.ts';
import { claimsIn } from '../edge/spool/deposit/deposits.ts';
import { SAMPLES } from '../edge/zstd/samples.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { childrenOf, isRunning, PROGRAM, says, setUp, start, startApi } from './process.ts';
import { ask, CONTENT, filesIn, post, REPORT_ID } from './support.ts';

let serial = 0;
const submission = () => ({
  format: 'json',
  content: JSON.stringify({ ...CONTENT, serial: serial++ }),
});

t.test('measurements go to any worker, and the metrics are of all', async (t) => {
  const setup = await setUp(t);
  const api = await startApi(t, setup);
  const count = 40;
  const answers = await Promise.all(
    Array.from({ length: count }, () =>
      post(`${setup.url}/api/v1/submit_measurement`, submission(), { Connection: 'close' }),
    ),
  );
  t.ok(answers.every(({ status }) => status === 200));
  t.equal(filesIn(join(setup.spoolDir, 'incoming')).length, count);
  const uids = new Set(answers.map(({ json }) => json.measurement_uid));
  t.equal(uids.size, count);
  // A worker that is busy is not waited for: its last metrics count.
  const stored = `ooni_api_measurements_total{endpoint="submit",outcome="stored"} ${count}\n`;
  let metrics = (await ask(setup.metricsUrl)).text;
  while (!metrics.includes(stored)) metrics = (await ask(setup.metricsUrl)).text;
  t.match(metrics, /^ooni_api_workers 2$/m);
  t.match(metrics, /^ooni_api_spool_free_bytes \d+/m);
  for (let each = 0; each < 5; each++)
    await ask(`${setup.url}/api/v1/measurements?limit=0`, { headers: { Connection: 'close' } });
  const summaryUrl = setup.metricsUrl.replace('/metrics', '/api/_/quotas_summary');
  let summary = await ask(summaryUrl);
  while (summary.json.length === 0) {
    await sleep(50);
    summary = await ask(summaryUrl);
  }
  t.match(
    summary.json,
    [[/^[\w-]{16}$/, Number]],
    'who reads has spent something, all workers together',
  );
  t.equal(summary.json.length, 1);
  t.notMatch(summary.text, '127.0.0.1');
  t.equal((await ask(`${setup.url}/api/_/quotas_summary`)).status, 401, 'for admins alone');
  // A machine that is slow now is answered with 503, and asked again as a probe would.
  const sendZstd = () =>
    post(`${setup.url}/report/${REPORT_ID}`, Buffer.from(SAMPLES['level 19']!, 'base64'), {
      'Content-Encoding': 'zstd',
    });
  let zstd = await sendZstd();
  while (zstd.status === 503) zstd = await sendZstd();
  t.match(
    zstd,
    { status: 400, json: { detail: 'Inconsistent measurement' } },
    'it was decompressed',
  );
  api.child.kill('SIGTERM');
  t.equal(await api.ended, 0);
  t.match(api.output.stderr, `ooni-api stopped stored=${count}`);
});

t.test('a measurement repeated to another worker is known', async (t) => {
  const setup = await setUp(t);
  await startApi(t, setup);
  const body = submission();
  const uids = new Set<string>();
  for (let round = 0; round < 12; round++) {
    const { json } = await post(`${setup.url}/api/v1/submit_measurement`, body, {
      Connection: 'close',
    });
    uids.add(json.measurement_uid);
  }
  t.equal(uids.size, 1);
});

t.test('equal submissions at the same instant, at two workers: stored once', async (t) => {
  const setup = await setUp(t);
  const api = await startApi(t, setup);
  const pairs = 100;
  for (let pair = 0; pair < pairs; pair++) {
    const body = submission();
    const both = await Promise.all(
      [1, 2].map(() =>
        post(`${setup.url}/api/v1/submit_measurement`, body, { Connection: 'close' }),
      ),
    );
    t.strictSame(
      both.map(({ status }) => status),
      [200, 200],
    );
    t.equal(both[0]!.json.measurement_uid, both[1]!.json.measurement_uid);
    t.equal(both[0]!.json.report_id, both[1]!.json.report_id);
  }
  t.equal(filesIn(join(setup.spoolDir, 'incoming')).length, pairs);
  t.strictSame(claimsIn(setup.spoolDir), []);
  api.child.kill('SIGTERM');
  t.equal(await api.ended, 0);
  t.match(api.output.stderr, `stored=${pairs}`);
});

t.test('what a worker claimed and did not store is stored when it comes again', async (t) => {
  const setup = await setUp(t);
  const claims = join(setup.spoolDir, 'seen', dayName(Date.now()));
  mkdirSync(claims, { recursive: true });
  const leaveClaim = ({ content }: { content: string }, owner: string) => {
    const key = createHash('sha256').update(content).digest('hex');
    const uid = '20260821101503.123456_IT_webconnectivity_0f3c9b7a5d2e4418';
    symlinkSync(`/${owner}/${key.slice(0, 16)}/${uid}/${REPORT_ID}`, join(claims, key));
  };
  const send = (body: unknown) => post(`${setup.url}/api/v1/submit_measurement`, body);
  const before = submission();
  leaveClaim(before, '4194304-1.12345678');
  const api = await startApi(t, setup);
  t.equal((await send(before)).status, 200, 'left by a run before');

  const during = submission();
  const [worker] = childrenOf(api.child.pid!);
  leaveClaim(during, `${processTag(worker)}.12345678`);
  const answer = send(during);
  await sleep(100);
  t.equal(filesIn(join(setup.spoolDir, 'incoming')).length, 1, 'it may still be stored');
  // One of the two has the request; when it was this one, or had waited too long, the probe sends it again.
  process.kill(worker!, 'SIGKILL');
  let { status } = await answer.catch(() => send(during));
  while (status === 503) ({ status } = await send(during));
  t.equal(status, 200, 'left by a worker that was killed');
  t.equal(filesIn(join(setup.spoolDir, 'incoming')).length, 2);
});

/** A request that a worker has, and whose body is not complete yet. */
async function halfRequest(url: string): Promise<{ finish(): Promise<string> }> {
  const body = JSON.stringify(submission());
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  socket.write(
    `POST /api/v1/submit_measurement HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  // The worker that has begun with it asks for the rest.
  const [asked] = await once(socket, 'data');
  t.equal(asked, 'HTTP/1.1 100 Continue\r\n\r\n');
  socket.write(body.slice(0, 50));
  return {
    finish: () =>
      new Promise((resolve, reject) => {
        let answer = '';
        socket.on('data', (text) => {
          answer += text;
        });
        socket.on('error', reject);
        socket.on('close', () => resolve(answer));
        socket.write(body.slice(50));
      }),
  };
}

t.test('SIGTERM: what is in flight is finished, then exit 0', async (t) => {
  const setup = await setUp(t);
  const api = await startApi(t, setup);
  const half = await halfRequest(setup.url);
  api.child.kill('SIGTERM');
  await says(api, 'stopping');
  await sleep(800);
  t.equal(api.child.exitCode, null, 'it waits');
  const answer = await half.finish();
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  t.match(answer, /\r\nConnection: close\r\n/i);
  t.match(answer, '"measurement_uid"');
  t.equal(await api.ended, 0);
  t.equal(filesIn(join(setup.spoolDir, 'incoming')).length, 1);
  await t.rejects(ask(setup.url), 'nobody listens any more');
});

t.test('SIGTERM: what does not end in time is cut off', async (t) => {
  const setup = await setUp(t, 'shutdown_timeout_ms = 700');
  const api = await startApi(t, setup);
  await halfRequest(setup.url);
  api.child.kill('SIGTERM');
  t.equal(await api.ended, 0);
  t.match(api.output.stderr, 'stopped before all requests were answered requests=1');
  t.strictSame(filesIn(setup.spoolDir), []);
});

t.test('SIGTERM: a database that does not answer is not waited for', async (t) => {
  let tablesAsked = false;
  const silent = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      tablesAsked ||= chunk.includes('ooni_migrations');
    });
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const setup = await setUp(t, '', `http://127.0.0.1:${port}`);
  mkdirSync(`${setup.file}.d`);
  // Longer than any test takes: whoever waits for it ends with its complaint.
  writeFileSync(`${setup.file}.d/patient.toml`, '[clickhouse]\nrequest_timeout_ms = 600000\n');
  const api = await startApi(t, setup);
  while (!tablesAsked) await sleep(10);
  api.child.kill('SIGTERM');
  t.equal(await api.ended, 0);
  t.match(api.output.stderr, 'ooni-api stopped');
  t.notMatch(api.output.stderr, 'cannot be reached', 'and not complained of');
});

t.test('signals to the whole group, as systemd and terminals send them', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const setup = await setUp(t);
    const api = await startApi(t, setup);
    const half = await halfRequest(setup.url);
    for (const pid of [api.child.pid!, ...childrenOf(api.child.pid!)]) process.kill(pid, signal);
    t.match(await half.finish(), /^HTTP\/1\.1 200/);
    t.equal(await api.ended, 0);
  }
});

t.test('a worker that dies is replaced, and the others serve on', async (t) => {
  const setup = await setUp(t);
  const api = await startApi(t, setup);
  const before = childrenOf(api.child.pid!);
  t.equal(before.length, 2);
  for (let round = 0; round < 10; round++)
    await post(`${setup.url}/api/v1/submit_measurement`, submission(), { Connection: 'close' });
  const counted = /outcome="stored"} 10$/m;
  while (!counted.test((await ask(setup.metricsUrl)).text)) await sleep(20);
  process.kill(before[0]!, 'SIGKILL');
  await says(api, 'a worker ended unexpectedly');
  t.match((await ask(setup.metricsUrl)).text, counted, 'what it had counted stays in the sum');
  t.match(api.output.stderr, new RegExp(`err: a worker ended.* pid=${before[0]} .*signal=SIGKILL`));
  for (let round = 0; round < 10; round++)
    t.equal((await ask(`${setup.url}/live`, { headers: { Connection: 'close' } })).status, 200);
  for (;;) {
    const { text } = await ask(setup.metricsUrl);
    if (/^ooni_api_workers 2$/m.test(text)) {
      t.match(text, /^ooni_api_worker_restarts 1$/m);
      t.match(text, counted);
      break;
    }
    await sleep(20);
  }
  const after = childrenOf(api.child.pid!);
  t.equal(after.length, 2);
  t.ok(after.includes(before[1]!) && !after.includes(before[0]!));
});

t.test('what is wrong is said once, and is in the metrics', async (t) => {
  const setup = await setUp(t, 'min_free_bytes = 1125899906842624');
  const api = await startApi(t, setup);
  const short = 'no room on the disk of the spool, submissions get 503';
  await says(api, `err: ${short}`);
  const count = (await ask(setup.metricsUrl)).text;
  t.match(count, 'ooni_api_health_errors{error="spool_full"} 1\n');
  t.match(count, 'ooni_api_health_errors{error="spool_error"} 0\n');
  t.match((await ask(`${setup.url}/health`)).json.errors[0], 'spool_full');
  api.child.kill('SIGTERM');
  t.equal(await api.ended, 0);
  t.equal(api.output.stderr.split(short).length, 2);
});

t.test('what cannot be read for probes is said once for all workers', async (t) => {
  const api = await startApi(t, await setUp(t));
  for (const value of ['test list', 'prioritisation rules', 'measurement counters'])
    await says(api, `cannot read ${value}: `);
  // Its own worker has said it: the other one has had as long.
  api.child.kill('SIGTERM');
  await api.ended;
  t.equal(
    api.output.stderr.match(/cannot read (test list|prioritisation|measurement)/g)?.length,
    3,
  );
});

t.test('when the primary dies its workers end, and the address is free', async (t) => {
  const setup = await setUp(t);
  const api = await startApi(t, setup);
  const workers = childrenOf(api.child.pid!);
  api.child.kill('SIGKILL');
  t.equal(await api.ended, 'SIGKILL');
  while (workers.some(isRunning)) await sleep(10);
  const again = await startApi(t, setup);
  t.equal((await ask(`${setup.url}/live`)).status, 200);
  again.child.kill('SIGTERM');
  t.equal(await again.ended, 0);
});

t.test('faults at the start: one line, an exit code, nothing left running', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const address = `127.0.0.1:${(taken.address() as { port: number }).port}`;
  const cases: [string, (text: string, dir: string) => string, number, RegExp][] = [
    ['unknown key', (text) => `wrokers = 3\n${text}`, 78, /api\.toml: wrokers: unknown key/],
    [
      'wrong type',
      (text) => text.replace('workers = 2', 'workers = "2"'),
      78,
      /workers: expected a value of type number, found "2"|workers: expected/,
    ],
    ['no bucket', (text) => text.replace(/\[s3\]\n.*/s, ''), 78, /s3: missing/],
    [
      'no password file',
      (text) => text.replace('[s3]', 'password_file = "/nonexistent"\n[s3]'),
      78,
      /clickhouse\.password_file: expected a readable file/,
    ],
    [
      'address taken',
      (text) => text.replace(/listen = "[^"]*"\nm/, `listen = "${address}"\nm`),
      69,
      new RegExp(`cannot listen on ${address}: .*EADDRINUSE`),
    ],
    [
      'metrics address taken',
      (text) => text.replace(/metrics_listen = "[^"]*"/, `metrics_listen = "${address}"`),
      69,
      new RegExp(`${address}.*EADDRINUSE`),
    ],
    [
      'spool in the way',
      (text, dir) => text.replace(/spool_dir = "[^"]*"/, `spool_dir = "${dir}/api.toml/spool"`),
      74,
      /spool.*ENOTDIR/,
    ],
  ];
  for (const [name, change, code, line] of cases) {
    const setup = await setUp(t);
    writeFileSync(setup.file, change(readFileSync(setup.file, 'utf8'), setup.dir));
    const api = start(t, process.execPath, [PROGRAM, '--config', setup.file]);
    t.equal(await api.ended, code, name);
    const lines = api.output.stderr.trim().split('\n');
    t.match(lines.at(-1), line, name);
    if (code === 78) t.equal(lines.length, 1, `${name}: ${api.output.stderr}`);
  }
});

t.test('--check-config, --help, --version, wrong arguments', async (t) => {
  const setup = await setUp(t);
  const run = async (...args: string[]) => {
    const { ended, output } = start(t, process.execPath, [PROGRAM, ...args]);
    return { code: await ended, ...output };
  };
  t.match(await run('--check-config', '--config', setup.file), {
    code: 0,
    stdout: `${setup.file}: good\n`,
  });
  t.strictSame(filesIn(setup.spoolDir), [], 'nothing was made');
  t.match(await run('--check-config', '--config', '/nonexistent'), {
    code: 78,
    stderr: /no such file/,
  });
  t.match(await run('--help'), { code: 0, stdout: /migrate/ });
  t.match(await run('--version'), { code: 0, stdout: 'development\n' });
  t.match(await run('--no-such-option'), { code: 64, stderr: /Unknown argument/ });
});

t.test('migrate', async (t) => {
  const clickhouse = await startClickHouse();
  t.teardown(() => clickhouse.stop());
  const setup = await setUp(t, '', clickhouse.url);
  const run = async (...args: string[]) => {
    const { ended, output } = start(t, process.execPath, [
      PROGRAM,
      'migrate',
      '--config',
      setup.file,
      ...args,
    ]);
    return { code: await ended, ...output };
  };
  const api = await startApi(t, setup);
  await says(api, 'tables are missing or old: run `ooni-api migrate`');
  t.match(await run('--check-config'), { code: 0, stdout: /: good\n$/ });
  const both = await Promise.all([run(), run()]);
  // Each applies what the other has not come to yet.
  for (const result of both)
    t.match(result, { code: 0, stdout: /^ooni: (applied \d|nothing to do)/ });
  t.match(await run(), { code: 0, stdout: /^ooni: nothing to do, at migration \d+\n$/ });
  const quiet = makeLog({ level: 'err', journald: false, write: () => {} });
  const fastpath = await listenForHints({ path: join(setup.dir, 's') }, () => {}, quiet);
  t.teardown(() => fastpath.close());
  while ((await ask(`${setup.url}/health`)).status !== 200) await sleep(100);
  t.match(await run('--cluster', "x' ON"), { code: 78, stderr: /--cluster: expected the name/ });
  t.match(await run('--cluster', 'nowhere'), { code: 69, stderr: /cannot migrate: .*nowhere/ });
  const elsewhere = await setUp(t);
  const unreachable = start(t, process.execPath, [PROGRAM, 'migrate', '--config', elsewhere.file]);
  t.equal(await unreachable.ended, 69);
  t.match(unreachable.output.stderr, /cannot migrate: .*ECONNREFUSED/);
});

// What systemd does: the socket stays open, the service is started again on it whenever it ends.
const SYSTEMD = 'while sh -c \'LISTEN_PID=$$ exec "$@"\' sh "$@"; do :; done';

t.test('several sockets of systemd: each worker accepts from each', async (t) => {
  const setup = await setUp(t);
  const holders = await Promise.all(
    ['127.0.0.1', '::1', '127.0.0.1'].map(async (host) => {
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen({ host, port: 0 }, resolve));
      const { port } = holder.address() as AddressInfo;
      const { fd } = (holder as unknown as { _handle: { fd: number } })._handle;
      return { holder, fd, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}` };
    }),
  );
  const api = start(
    t,
    'sh',
    ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', process.execPath, PROGRAM, '--config', setup.file],
    { env: { LISTEN_FDS: '3' }, fds: holders.map(({ fd }) => fd) },
  );
  await says(api, 'listen="sockets of systemd: 3"');
  // From here on the program alone accepts.
  for (const { holder } of holders) holder.close();
  for (const { url } of holders) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(`${url}/live`)));
    t.ok(
      answers.every(({ status }) => status === 200),
      url,
    );
  }
  api.child.kill('SIGTERM');
  t.equal(await api.ended, 0, 'and stops with all of them');
});

const addresses: [string, (dir: string) => ListenOptions][] = [
  ['TCP', () => ({ host: '127.0.0.1', port: 0 })],
  ['Unix', (dir) => ({ path: join(dir, 'api.sock') })],
];
for (const [name, address] of addresses)
  t.test(`a socket of systemd (${name}): no connection is refused while it restarts`, async (t) => {
    const setup = await setUp(t);
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(address(setup.dir), resolve));
    const where = holder.address();
    const socketPath = join(setup.dir, 'moved.sock');
    // Node removes a socket's file when it closes it; this one stays for the others.
    if (typeof where === 'string') renameSync(where, socketPath);
    const target =
      typeof where === 'string' ? { socketPath } : { host: '127.0.0.1', port: where!.port };
    const { fd } = (holder as unknown as { _handle: { fd: number } })._handle;
    const systemd = start(
      t,
      'sh',
      ['-c', SYSTEMD, 'sh', process.execPath, PROGRAM, '--config', setup.file],
      { env: { LISTEN_FDS: '1' }, fds: [fd] },
    );
    t.teardown(() => {
      for (const pid of childrenOf(systemd.child.pid!)) process.kill(pid, 'SIGKILL');
    });
    await says(systemd, 'ooni-api started');
    // From here on the shell alone holds the socket.
    holder.close();
    t.match(systemd.output.stderr, 'listen="sockets of systemd: 1"');

    let running = true;
    let answered = 0;
    const failures: string[] = [];
    const keepAlive = new Agent({ keepAlive: true, maxSockets: 4 });
    const ask = (agent: Agent | false) =>
      new Promise<void>((resolve) => {
        const body = JSON.stringify(submission());
        const outgoing = request(
          { ...target, agent, method: 'POST', path: '/api/v1/submit_measurement' },
          (response) => {
            if (response.statusCode === 200) answered++;
            else failures.push(String(response.statusCode));
            response.resume();
            response.once('end', resolve);
          },
        );
        outgoing.once('error', (error) => {
          failures.push(error.message);
          resolve();
        });
        outgoing.end(body);
      });
    const clients = [false, false, keepAlive, keepAlive].map(async (agent) => {
      while (running) await ask(agent as Agent | false);
    });
    for (let restart = 0; restart < 3; restart++) {
      await sleep(200);
      const stops = systemd.output.stderr.split('ooni-api stopped').length;
      const starts = systemd.output.stderr.split('ooni-api started').length;
      const [api] = childrenOf(systemd.child.pid!);
      process.kill(api!, 'SIGTERM');
      while (systemd.output.stderr.split('ooni-api stopped').length === stops) await sleep(10);
      while (systemd.output.stderr.split('ooni-api started').length === starts) await sleep(10);
    }
    // However slow the machine is: some are asked after the last restart too.
    const before = answered;
    while (answered < before + 8 && failures.length === 0) await sleep(10);
    running = false;
    await Promise.all(clients);
    keepAlive.destroy();
    t.strictSame(failures, []);
    t.equal(filesIn(join(setup.spoolDir, 'incoming')).length, answered);
  });
