/**
 * `make run`: the whole backend on loopback with a throw-away state folder. Some hundred
 * measurements go through the front door, the uploader runs, and the URLs to look at are printed: the pages
 * for people first.
 */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopSignal } from '../../src/program/signals.ts';
import { portOr } from '../../test/support/ports.ts';
import { sampleFindings } from './findings.ts';
import { sampleFleet } from './fleet.ts';
import { sampleMeasurement, webConnectivityKeys } from './measurements.ts';
import { BUCKET, startStack } from './stack.ts';

/** Measurements besides those that are named below, over so many days. */
const FLEET = 480;
const FLEET_DAYS = 26;
/** Submissions at the same time. */
const AT_ONCE = 8;

const stateDir = resolve('.run');
rmSync(stateDir, { recursive: true, force: true });
const stopped = stopSignal();

const say = (text: string) => process.stdout.write(`${text}\n`);
say('starting ClickHouse, an S3 server and the three programs …');
const apiPort = await portOr(8080, (port) => say(`port 8080 is taken: the api is on port ${port}`));
const stack = await startStack({ stateDir, apiPort, logs: 'inherit' });
// Whatever ends this, nothing stays running.
try {
  await play();
} finally {
  say('stopping …');
  await stack.stop();
}

async function play(): Promise<void> {
  await stack.startFastpath();
  await stack.startApi();

  const startTime = new Date(Date.now() - 60_000).toISOString().slice(0, 19).replace('T', ' ');
  const samples = (['page', 'dns injection', 'block page'] as const).map((saw) => {
    const input = `https://${saw.replace(' ', '-')}.example.org/`;
    return sampleMeasurement({
      probeCc: 'XA',
      probeAsn: 'AS64500',
      testName: 'web_connectivity',
      input,
      testKeys: webConnectivityKeys(input, saw),
      startTime,
    });
  });
  samples.push(
    sampleMeasurement({
      probeCc: 'XB',
      probeAsn: 'AS64501',
      testName: 'dnscheck',
      input: 'https://dns.example.org/dns-query',
      testKeys: { bootstrap_failure: null },
      startTime,
    }),
  );

  const submit = async (content: unknown): Promise<string> => {
    const answer = await fetch(`${stack.apiUrl}/api/v1/submit_measurement`, {
      method: 'POST',
      body: JSON.stringify({ format: 'json', content: JSON.stringify(content) }),
    });
    if (!answer.ok) throw new Error(`the api answered ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { measurement_uid: string }).measurement_uid;
  };
  const uids: string[] = [];
  const all = [...sampleFleet(FLEET, FLEET_DAYS, Date.now()), ...samples];
  while (uids.length < all.length)
    uids.push(...(await Promise.all(all.slice(uids.length, uids.length + AT_ONCE).map(submit))));
  const uid = uids.at(-samples.length);
  for (;;) {
    const [{ n } = { n: 0 }] = await stack.query<{ n: number }>(
      'SELECT uniqExact(measurement_uid) AS n FROM fastpath',
    );
    if (n >= uids.length) break;
    await sleep(100);
  }
  say(`${uids.length} measurements submitted and scored; uploading them …`);
  await stack.runUploader('--open-hours');
  await stack.insert('findings', sampleFindings(Date.now()));

  say(`
Running. Ctrl-C stops everything.

  pages         ${stack.apiUrl}/
  archive       ${stack.apiUrl}/ui/archive
  findings      ${stack.apiUrl}/ui/findings
  status        ${stack.statusUrl}
  search        ${stack.apiUrl}/api/v1/measurements?probe_cc=XA
  confirmed     ${stack.apiUrl}/api/v1/measurements?probe_cc=XA&confirmed=true
  URLs to test  ${stack.apiUrl}/api/v1/test-list/urls?country_code=XA
  metadata      ${stack.apiUrl}/api/v1/measurement_meta?measurement_uid=${uid}&full=true
  body          ${stack.apiUrl}/api/v1/raw_measurement?measurement_uid=${uid}
  health        ${stack.apiUrl}/health
  api metrics   ${stack.metricsUrls.api}
  fastpath      ${stack.metricsUrls.fastpath}
  ClickHouse    ${stack.clickhouse.url}/play
  bucket        ${stack.s3.endpoint}/${BUCKET}?list-type=2&prefix=raw/

Submit one of your own:

  curl -s ${stack.apiUrl}/api/v1/submit_measurement -d '{"format":"json","content":"{\\"test_name\\":\\"web_connectivity\\",\\"probe_cc\\":\\"XA\\",\\"probe_asn\\":\\"AS64500\\",\\"input\\":\\"https://example.org/\\",\\"measurement_start_time\\":\\"${startTime}\\",\\"test_start_time\\":\\"${startTime}\\",\\"software_name\\":\\"curl\\",\\"software_version\\":\\"1\\",\\"test_keys\\":{\\"blocking\\":\\"dns\\"}}"}'

Fetch fingerprints, test lists and names of networks again, from scripts/run/sources:

  node dist/ooni-api.js fetch fingerprints test-lists as-names --config .run/etc/api.toml

Upload what has come since:

  node dist/ooni-uploader.js --open-hours --config .run/etc/uploader.toml
`);
  await stopped;
}
