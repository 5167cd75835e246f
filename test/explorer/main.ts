/**
 * `make test-explorer EXPLORER=/path/to/explorer`: the real Explorer, built from a checkout of it, against this
 * backend with made-up measurements. Every page is visited in Chromium; a call that fails or an error on a page
 * is a fault. `ONLY` is a regular expression for the pages to visit. Screenshots and a list of all calls stay in build/explorer-walk.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '../../scripts/run/stack.ts';
import { openClickHouse } from '../../src/edge/clickhouse/clickhouseClient.ts';
import { ACCOUNT_KEYS, giveRole, logIn, mailedToken } from '../api/accounts/support.ts';
import { startSmtp } from '../support/smtp.ts';
import { startTlsServer } from '../support/tlsServer.ts';
import { apiOfLastBuild, buildExplorer, faultOfCheckout } from './checkout.ts';
import { startBrowser } from './devtools.ts';
import { finding, submitMeasurements, writeRows } from './made.ts';
import {
  findingPages,
  loginPage,
  measurementPages,
  pagesOfAdmin,
  reportPages,
} from './madePages.ts';
import { PAGES, type Page } from './pages.ts';
import { startRecorder } from './recorder.ts';
import { evaluate, prepare, type Visit, visit } from './walk.ts';

/** The host that the api trusts with accounts: only the browser thinks that it is here. */
const SITE_HOST = 'explorer.ooni.org';
const SITE = `https://${SITE_HOST}`;
const ADMIN = 'admin@example.org';
const REPORT_DIR = resolve('build/explorer-walk');

const say = (text: string) => process.stdout.write(`${text}\n`);
const checkout = process.env.EXPLORER;
const fault = faultOfCheckout(checkout);
if (fault === undefined) process.exitCode = await run(checkout!);
else {
  say(fault);
  process.exitCode = 2;
}

async function run(folder: string): Promise<number> {
  const ends: (() => unknown)[] = [];
  const stateDir = mkdtempSync(join(tmpdir(), 'ooni-explorer-'));
  ends.push(() => rmSync(stateDir, { recursive: true, force: true }));
  try {
    const smtp = await startSmtp();
    ends.push(() => smtp.close());
    // `REUSE=1`: what was built last is walked again.
    const built = process.env.REUSE === '1' ? apiOfLastBuild() : undefined;
    const recorder = await startRecorder(Number(built?.port ?? 0));
    ends.push(() => recorder.close());
    const keysFile = join(stateDir, 'account-keys');
    writeFileSync(
      keysFile,
      `hashing_key=${ACCOUNT_KEYS.hashingKey}\nsigning_key=${ACCOUNT_KEYS.signingKeys[0]}\n`,
    );
    const stack = await startStack({
      stateDir,
      baseUrl: recorder.url,
      logs: 'files',
      apiToml: `quotas = ""
[accounts]
keys_file = "${keysFile}"
[mail]
from = "noreply@example.org"
smtp_url = "${smtp.url}"
`,
    });
    ends.push(() => stack.stop());
    recorder.forwardTo(stack.apiUrl);
    await stack.startFastpath();
    await stack.startApi();
    say('submitting made-up measurements …');
    const submitted = await submitMeasurements(stack);
    await stack.runUploader('--open-hours');
    await writeRows(stack.clickhouse.url);

    const client = openClickHouse({
      url: stack.clickhouse.url,
      database: 'ooni',
      username: 'default',
      password: '',
      requestTimeoutMs: 30_000,
      application: 'ooni-test-explorer',
    });
    await giveRole(client, ADMIN, 'admin', Date.now());
    await client.close();
    const bearer = await logIn(stack.apiUrl, smtp, ADMIN);
    const created = await fetch(`${stack.apiUrl}/api/v1/incidents/create`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${bearer}` },
      body: JSON.stringify(finding(ADMIN, SITE)),
    });
    if (!created.ok) throw new Error(`no finding: ${await created.text()}`);
    const { id } = (await created.json()) as { id: string };

    const explorer = await buildExplorer(folder, { apiUrl: recorder.url, siteUrl: SITE }, say);
    ends.push(() => explorer.stop());
    const site = await startTlsServer((asked, reply) => {
      const { hostname, port } = new URL(explorer.url);
      const { url: path, method, headers } = asked;
      const upstream = request({ host: hostname, port, path, method, headers }, (answer) => {
        reply.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(reply);
      });
      upstream.once('error', () => reply.destroy());
      asked.pipe(upstream);
    });
    ends.push(() => site.close());
    const browser = await startBrowser(process.env.CHROMIUM ?? 'chromium', {
      [SITE_HOST]: `127.0.0.1:${site.port}`,
    });
    ends.push(() => browser.stop());

    const tab = await browser.openTab();
    await prepare(tab);
    rmSync(REPORT_DIR, { recursive: true, force: true });
    mkdirSync(REPORT_DIR, { recursive: true });
    const visits: Visit[] = [];
    const only = new RegExp(process.env.ONLY ?? '');
    const go = async (page: Page) => {
      if (!only.test(page.path)) return;
      const seen = await visit(tab, SITE, page, recorder);
      visits.push(seen);
      report(visits.length, seen);
    };
    for (const page of [...PAGES, ...findingPages(id), ...measurementPages(submitted)])
      await go(page);
    for (const page of await reportPages(stack.apiUrl, submitted)) await go(page);
    await go(loginPage(ADMIN));
    await go({
      path: `/login?token=${mailedToken(smtp, ADMIN)}`,
      calls: ['GET /api/v1/user_login?k=', 'OPTIONS /api/_/account_metadata'],
    });
    // It leads on by itself after a few seconds.
    await sleep(4_000);
    for (const page of pagesOfAdmin(id, submitted)) await go(page);
    await evaluate(tab, 'localStorage.clear()');
    writeFileSync(join(REPORT_DIR, 'explorer.log'), explorer.output());
    const faults = visits.filter((seen) => seen.faults.length > 0);
    say(`${visits.length} pages, ${faults.length} with faults; pictures and calls: ${REPORT_DIR}`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

function report(number: number, { path, faults, calls, screenshot }: Visit): void {
  const slowest = Math.max(0, ...calls.map(({ ms }) => ms));
  say(
    `${faults.length === 0 ? 'ok    ' : 'FAULTS'} ${path} (${calls.length} calls, slowest ${slowest} ms)`,
  );
  for (const text of faults) say(`       ${text.replaceAll('\n', '\n       ')}`);
  const name = `${String(number).padStart(3, '0')}${path.slice(0, 60).replaceAll(/[^a-zA-Z0-9]+/g, '-')}`;
  writeFileSync(join(REPORT_DIR, `${name}.png`), screenshot);
  writeFileSync(
    join(REPORT_DIR, `${name}.txt`),
    [path, ...faults, ...calls.map((c) => `${c.status} ${c.ms} ms ${c.method} ${c.path}`)].join(
      '\n',
    ),
  );
}
