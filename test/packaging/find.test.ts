/** ooni-find says of each place whether a measurement is there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import t from 'tap';
import { parseMeasurementUid } from '../../src/core/measurement/measurementUid.ts';
import { incomingPath, pendingPath, SPOOL_FOLDERS } from '../../src/core/measurement/spoolPaths.ts';
import { judgeHealth } from '../../src/doctor/checks/service.ts';

const UID = '20261124101503.123456_IT_webconnectivity_0f3c9b7a5d2e4418';
const META = `/api/v1/measurement_meta?measurement_uid=${UID}`;
const PROOF = `/api/v1/measurement/${UID}/proof`;
const BODY = `/api/v1/measurement/${UID}`;

/** What the api answers by path; anything else as the real one does for what it does not know. */
let answers: Record<string, [number, unknown]> = {};
const api = createServer((request, response) => {
  const [status, body] = answers[request.url!] ?? (request.url === META ? [200, {}] : [404, {}]);
  response.writeHead(status).end(JSON.stringify(body));
});
await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
t.teardown(() => api.close());

/** A spool with files, and a journal with lines. */
function host(t: Tap, files: Record<string, string> = {}, journal = '') {
  const dir = t.testdir({ bin: {}, spool: {} });
  const write = (file: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), text, { mode });
  };
  for (const folder of SPOOL_FOLDERS) mkdirSync(join(dir, 'spool', folder));
  for (const [file, text] of Object.entries(files)) write(`spool/${file}`, text);
  write('journal', journal);
  write(
    'bin/journalctl',
    `#!/bin/sh\nprintf '%s\\n' "$@" >${dir}/asked\ncat ${dir}/journal\n`,
    0o755,
  );
  return dir;
}
type Tap = Pick<typeof t, 'testdir'>;

async function find(dir: string, words: string[], env: Record<string, string> = {}) {
  const child = spawn('systemd/ooni-find', words, {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
      OONI_SPOOL: join(dir, 'spool'),
      OONI_API: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      ...env,
    },
  });
  let text = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const places = Object.fromEntries(
    [...text.matchAll(/^(\w+) +(.*)$/gm)].map(([, place, answer]) => [place, answer]),
  );
  return { code, places, text, errors };
}

const PLACES = [
  'incoming',
  'pending',
  'outgoing',
  'quarantine',
  'row',
  'archive',
  'body',
  'journal',
];
const nowhere = Object.fromEntries(PLACES.map((place) => [place, 'not found']));

t.test('nowhere', async (t) => {
  answers = {};
  const { code, places, errors } = await find(host(t), [UID]);
  t.equal(code, 1);
  t.strictSame(places, nowhere);
  t.same(Object.keys(places), PLACES, 'in the order in which it travels');
  t.equal(errors, '');
});

t.test('just received', async (t) => {
  answers = {};
  const uid = parseMeasurementUid(UID)!;
  const dir = host(t, { [incomingPath(uid)]: '{}', [pendingPath(UID)]: '{}' });
  const { code, places } = await find(dir, [UID]);
  t.equal(code, 0);
  t.strictSame(places, {
    ...nowhere,
    incoming: `found: ${dir}/spool/${incomingPath(uid)}`,
    pending: `found: ${dir}/spool/${pendingPath(UID)}`,
  });
});

t.test('on its way into the bucket', async (t) => {
  answers = {};
  const can = 'outgoing/2026112410_IT_webconnectivity.n1.0';
  const line = (uid: string) => `${JSON.stringify({ uid, sha256: '0' })}\n`;
  const dir = host(t, {
    [`${can}.index`]: line('another') + line(UID),
    [`${can}.json`]: `${JSON.stringify({ version: 1, step: 'uploaded' }, null, 1)}\n`,
    'outgoing/2026112410_IT_webconnectivity.n1.1.index': line('another'),
    // A can without a manifest was not finished.
    'outgoing/2026112410_IT_webconnectivity.n1.2.index': line(UID),
  });
  const { code, places } = await find(dir, [UID]);
  t.equal(code, 0);
  t.equal(places.outgoing, `found: in ${dir}/spool/${can}.*, uploaded`);
});

t.test('in quarantine, with the reason', async (t) => {
  answers = {};
  const dir = host(t, {
    [`quarantine/${UID}.post.gz`]: '{}',
    [`quarantine/${UID}.reason`]: 'took longer than 10000 ms\n',
  });
  const { code, places, text } = await find(dir, [UID]);
  t.equal(code, 0);
  t.match(places.quarantine, /^found: /);
  t.match(text, /^ +took longer than 10000 ms$/m);
});

t.test('links in quarantine are told of, not followed', async (t) => {
  answers = {};
  const dir = host(t, { secret: 'precious' });
  for (const name of [`${UID}.post`, `${UID}.reason`])
    symlinkSync(join(dir, 'spool', 'secret'), join(dir, 'spool', 'quarantine', name));
  writeFileSync(join(dir, 'spool', 'quarantine', `${UID}.post.reason`), 'it is a symbolic link\n');
  const { places, text } = await find(dir, [UID]);
  t.match(places.quarantine, /^found: /);
  t.match(text, /^ +it is a symbolic link$/m);
  t.notMatch(text, /precious/);
});

t.test('published', async (t) => {
  answers = {
    [META]: [200, { measurement_uid: UID, report_id: 'r', input: 'https://example.org/' }],
    [PROOF]: [
      200,
      { collector_id: '1', leaf_index: 17, leaf: { key: 'raw/a.jsonl.gz', line: 3 }, entry: '' },
    ],
    [BODY]: [200, { a: 'é' }],
  };
  const { code, places } = await find(host(t), [UID]);
  t.equal(code, 0);
  t.match(places.row, /^found: report_id=r input=https:\/\/example\.org\/ /);
  t.match(places.archive, /^found: line 3 \(from 0\) of raw\/a\.jsonl\.gz, leaf 17 /);
  t.equal(places.body, 'found: 10 bytes');
});

t.test('what cannot be asked is told from what is not there', async (t) => {
  answers = { [META]: [500, { detail: 'Database query error' }] };
  const asked = await find(host(t), [UID]);
  t.equal(asked.code, 1);
  t.match(
    asked.places.row,
    /^cannot tell: ooni-api answers 500 at 127\.0\.0\.1:\d+ \(.*Database query error.*\): ooni-doctor says/,
  );
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const nobody = `127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => closed.close(resolve));
  const down = await find(host(t), [UID], {
    OONI_API: `http://${nobody}`,
    OONI_SPOOL: '/nonexistent',
  });
  t.equal(down.code, 1);
  for (const place of PLACES.filter((place) => place !== 'journal'))
    t.match(down.places[place], /^cannot tell: ./, place);
  // As ooni-doctor says it.
  const refused = { kind: 'nothing', why: 'ECONNREFUSED' } as const;
  const [finding] = judgeHealth('ooni-api', nobody, refused);
  t.match(down.places.row, finding!.what);
});

t.test('in the journal', async (t) => {
  answers = {};
  const dir = host(t, {}, `2026-11-24T10:15:04 ooni-fastpath: scored uid=${UID}\n`);
  const { code, places, text } = await find(dir, [UID]);
  t.equal(code, 0);
  t.match(places.journal, /^found: 1 lines/);
  t.match(text, new RegExp(`^ +2026-.* scored uid=${UID}$`, 'm'));
  const words = readFileSync(join(dir, 'asked'), 'utf8');
  t.match(words, '2026-11-24 10:15:03 UTC', 'from its receipt on');
  t.match(words, '20261124101503\\.123456_IT_', 'its dot stands for itself');
});

t.test('spool and api are where the configuration has them', async (t) => {
  answers = { [BODY]: [200, { a: 1 }] };
  const uid = parseMeasurementUid(UID)!;
  const dir = host(t, { [incomingPath(uid)]: '{}' });
  const port = (api.address() as AddressInfo).port;
  // As the program prints it; spool_dir is from a drop-in, the address from the socket.
  writeFileSync(
    join(dir, 'bin/ooni-api'),
    `#!/bin/sh\n[ "$*" = "--check-config --show" ] && cat ${dir}/config\n`,
    { mode: 0o755 },
  );
  writeFileSync(
    join(dir, 'config'),
    `listen = "127.0.0.1:${port}"     # default\nspool_dir = "${dir}/spool"  # ${dir}/local.toml\n`,
  );
  writeFileSync(join(dir, 'bin/systemctl'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const asConfigured = { OONI_SPOOL: '', OONI_API: '' };
  const { code, places, errors } = await find(dir, [UID], asConfigured);
  t.equal(code, 0);
  t.equal(places.incoming, `found: ${dir}/spool/${incomingPath(uid)}`);
  t.match(places.body, /^found: /);
  t.equal(errors, '');

  writeFileSync(
    join(dir, 'bin/systemctl'),
    `#!/bin/sh\nprintf '%s\\n' '/run/x (Stream)' '127.0.0.1:${port} (Stream)' '[::1]:1 (Stream)'\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(dir, 'config'), `listen = "127.0.0.1:9"  # default\n`);
  const bySocket = await find(dir, [UID], { ...asConfigured, OONI_SPOOL: join(dir, 'spool') });
  t.match(bySocket.places.body, /^found: /, 'the socket of systemd wins');
});

t.test('requests that asked for it are no trace of it', async (t) => {
  answers = {};
  const lines = [
    `ooni-api: cannot look for a body: check the source source=archive asked_for=${UID} report_id=r error=x`,
    `ooni-api: query failed path=/api/v1/measurement/${UID}/proof error=x`,
    `ooni-api: cannot read the log of what was published: check the bucket path="/api/v1/measurement/${UID}/proof" error=x`,
  ];
  const asked = await find(host(t, {}, `${lines.join('\n')}\n`), [UID]);
  t.equal(asked.code, 1);
  t.strictSame(asked.places, nowhere);
  const scored = `ooni-fastpath: scored measurement_uid=${UID}`;
  const both = await find(host(t, {}, `${[...lines, scored].join('\n')}\n`), [UID]);
  t.equal(both.code, 0);
  t.match(both.places.journal, /^found: 1 lines/);
  t.notMatch(both.text, 'asked_for');
});

t.test('anything but one uid is refused', async (t) => {
  for (const words of [[], [UID, UID], ['--help'], ['x/../../etc/passwd'], [`${UID}\n${UID}`]]) {
    const { code, text, errors } = await find(host(t), words);
    t.equal(code, 64, JSON.stringify(words));
    t.equal(text, '');
    t.not(errors, '');
  }
});
