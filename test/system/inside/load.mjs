// Probes that submit measurements until SIGTERM: node load.mjs URL CA-FILE UID-FILE.
//
// Each measurement is sent once, with no retry. The uids of those answered with 200 go to UID-FILE, one
// a line; what was not answered with 200 is counted, and told on standard output at the end:
// `accepted=N refused=N first_refusal=…`.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { measurementText, submissionOf } from './measurement.mjs';

const PROBES = 8;
const [url, caFile, uidFile] = process.argv.slice(2);
// A connection for each measurement: one that is kept open may be closed by nginx, when that reloads,
// in the very moment that the next request is sent, which HTTP/1.1 can't tell from a refusal.
const agent = new Agent({ ca: readFileSync(caFile), servername: 'api.example.org' });
const run = `${process.pid}-${Date.now()}`;
let stopping = false;
let sent = 0;
let accepted = 0;
const refusals = [];

process.once('SIGTERM', () => {
  stopping = true;
});

/** Answers `{ status, body }`; a connection that fails is status 0. */
function submit(body) {
  return new Promise((resolve) => {
    const outgoing = request(
      `${url}/api/v1/submit_measurement`,
      { method: 'POST', agent, headers: { 'Content-Length': Buffer.byteLength(body) } },
      (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', (error) => resolve({ status: 0, body: String(error) }));
        response.on('end', () =>
          resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() }),
        );
      },
    );
    outgoing.on('error', (error) => resolve({ status: 0, body: String(error) }));
    outgoing.end(body);
  });
}

async function probe() {
  while (!stopping) {
    const text = measurementText(`https://www.example.org/${run}/${sent++}`);
    const { status, body } = await submit(submissionOf(text));
    if (status === 200) {
      accepted++;
      appendFileSync(uidFile, `${JSON.parse(body).measurement_uid}\n`);
    } else refusals.push(`${status} ${body}`);
  }
}

writeFileSync(uidFile, '');
await Promise.all(Array.from({ length: PROBES }, probe));
agent.destroy();
console.log(
  `accepted=${accepted} refused=${refusals.length} first_refusal=${JSON.stringify(refusals[0] ?? '')}`,
);
