/**
 * Credentials over HTTP, against a stand-in for the verifier. Covers src/api/credentials.ts,
 * src/api/routes/submission/credentialRoutes.ts
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseManifest } from '../../../../src/core/credentials/manifest.ts';
import { startVerifier } from '../../../support/verifier.ts';
import { ask, CONTENT, filesIn, post, startService } from '../../support.ts';

const dir = mkdtempSync(join(tmpdir(), 'credentials-'));
t.teardown(() => rmSync(dir, { recursive: true, force: true }));
const manifest_file = join(dir, 'manifest.json');
const document = {
  public_parameters: 'AdqzxWc0',
  submission_policy: [
    {
      match: { probe_cc: '*', probe_asn: '*' },
      policy: { age: [2461110, 2826140], min_measurement_count: 0 },
    },
  ],
};
writeFileSync(manifest_file, JSON.stringify(document));
const { version } = parseManifest(readFileSync(manifest_file));
const verifier_socket = join(dir, 'v.sock');
const verifier = await startVerifier(verifier_socket);
let stopped = false;
t.teardown(() => (stopped ? undefined : verifier.stop()));

const NOW = Date.parse('2026-08-21T10:15:00Z');
const startWith = async (timeout_ms: number) => {
  const service = await startService(t, {
    nowMs: () => NOW,
    config: { credentials: { manifest_file, verifier_socket, timeout_ms } },
  });
  while ((await ask(`${service.url}/api/v1/manifest`)).status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return service;
};
/** Waits for an answer however slow the machine is. */
const api = await startWith(20_000);
const { url } = api;

const credential = {
  nym: 'SECRET-NYM',
  zkp_request: 'SECRET-PROOF',
  manifest_version: version,
  protocol_version: '0.1.0',
};
let serial = 0;
const fresh = () => JSON.stringify({ ...CONTENT, serial: serial++ });
const submit = (content: string, fields: object = credential, to = api) =>
  post(`${to.url}/api/v1/submit_measurement`, { format: 'json', content, ...fields });
const storedOf = (uid: string, { spoolDir } = api) => {
  const file = filesIn(spoolDir).find((name) => name.endsWith(`${uid}.post`))!;
  return JSON.parse(readFileSync(join(spoolDir, file), 'utf8'));
};

t.test('the manifest, as clients insist on it', async (t) => {
  const answer = await ask(`${url}/api/v1/manifest`);
  t.equal(answer.headers.get('cache-control'), 'max-age=60');
  t.strictSame(answer.json.manifest, {
    ...document,
    nym_scope: 'ooni.org/{probe_cc}/{probe_asn}',
  });
  t.match(answer.json.meta, {
    version,
    last_modification_date: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    manifest_url: 'https://api.example.org/api/v1/manifest',
    library_version: '0.3.3',
    protocol_version: '0.1.0',
  });
});

t.test('a credential is signed', async (t) => {
  const sign = (manifest_version: string, credential_sign_request: unknown = 'REQUEST') =>
    post(`${url}/api/v1/sign_credential`, { manifest_version, credential_sign_request });
  const signed = await sign(version);
  t.strictSame(signed.json, { credential_sign_response: 'UkVTUE9OU0U=', emission_day: 2461274 });
  t.equal(signed.headers.get('cache-control'), 'no-cache');
  t.match(verifier.questions.at(-1), {
    op: 'sign',
    credential_sign_request: 'REQUEST',
    emission_day: 2461274,
  });
  t.match(await sign('999'), {
    status: 404,
    json: {
      detail: {
        error: 'manifest_not_found',
        message: "No manifest with version '999' was found",
      },
    },
  });
  t.equal((await sign(version, 7)).status, 422);
  for (const [error, status] of [
    ['deserialization_failed', 400],
    ['protocol_error', 403],
    ['credential_error', 403],
    ['something else', 503],
  ] as const) {
    verifier.answer = () => ({ ok: false, error });
    const answer = await sign(version);
    t.equal(answer.status, status, error);
    if (status !== 503) t.match(answer.json.detail, { error, message: /./ });
  }
});

t.test('verified: the verdict is stored, the client goes on', async (t) => {
  verifier.answer = () => ({ ok: true, response: 'TkVYVA==' });
  const content = fresh();
  const answer = await submit(content);
  t.match(answer, {
    status: 200,
    json: {
      verification_status: 'verified',
      submit_response: 'TkVYVA==',
      protocol_version: '0.1.0',
      error: null,
      report_id: /_webconnectivity_IT_30722_n1_/,
    },
  });
  t.match(verifier.questions.at(-1), {
    op: 'verify',
    nym: 'SECRET-NYM',
    zkp_request: 'SECRET-PROOF',
    probe_cc: 'IT',
    probe_asn: 'AS30722',
    age: [2461110, 2826140],
    min_measurement_count: 0,
    manifest_version: version,
    content_sha256: createHash('sha256').update(content).digest('hex'),
  });
  const envelope = storedOf(answer.json.measurement_uid);
  t.strictSame(Object.keys(envelope), [
    'content',
    'format',
    'protocol_version',
    'manifest_version',
    'is_verified',
  ]);
  t.equal(envelope.is_verified, 't');

  const again = await submit(content);
  t.equal(again.json.measurement_uid, answer.json.measurement_uid, 'stored once');
  t.equal(again.json.submit_response, 'TkVYVA==', 'and verified again: the first answer was lost');
  const fallback = await submit(content, {});
  t.equal(fallback.json.measurement_uid, answer.json.measurement_uid, 'so is the fallback');
  t.match(fallback.json, { verification_status: 'unverified', error: null });
});

t.test('what is wrong costs the verdict, never the measurement', async (t) => {
  const cases: [fields: object, verifierAnswer: object, json: object, stored: string][] = [
    [
      credential,
      { ok: false, error: 'protocol_error' },
      { verification_status: 'failed', error: 'protocol_error' },
      'f',
    ],
    [
      credential,
      { ok: false, error: 'panic' },
      { verification_status: 'unverified', error: 'unknown_error' },
      'u',
    ],
    [
      { ...credential, manifest_version: 'x' },
      { ok: true, response: 'QUJD' },
      { verification_status: 'unverified', error: 'manifest_not_found' },
      'u',
    ],
    [{}, { ok: true, response: 'QUJD' }, { verification_status: 'unverified', error: null }, 'u'],
  ];
  for (const [fields, verifierAnswer, json, stored] of cases) {
    verifier.answer = () => verifierAnswer;
    const answer = await submit(fresh(), fields);
    t.equal(answer.status, 200);
    t.match(answer.json, { ...json, submit_response: null, protocol_version: '0.1.0' });
    t.equal(storedOf(answer.json.measurement_uid).is_verified, stored);
  }
});

t.test('a verifier that says nothing is not waited for for long', async (t) => {
  verifier.answer = () => undefined;
  const impatient = await startWith(100);
  const answer = await submit(fresh(), credential, impatient);
  t.match(answer, {
    status: 200,
    json: { verification_status: 'unverified', error: 'unknown_error', submit_response: null },
  });
  t.equal(storedOf(answer.json.measurement_uid, impatient).is_verified, 'u');
});

t.test('the verifier away', async (t) => {
  await verifier.stop();
  stopped = true;
  const answer = await submit(fresh());
  t.match(answer, {
    status: 200,
    json: { verification_status: 'unverified', error: 'unknown_error', submit_response: null },
  });
  t.equal(storedOf(answer.json.measurement_uid).is_verified, 'u');
  const signing = { manifest_version: version, credential_sign_request: 'r' };
  t.equal((await post(`${url}/api/v1/sign_credential`, signing)).status, 503);
  t.match(api.lines.join('\n'), /the verifier of credentials gives no answer that can be used/);
});

t.test('not configured: every client goes on without', async (t) => {
  const bare = await startService(t);
  t.match(await ask(`${bare.url}/api/v1/manifest`), {
    status: 404,
    json: { detail: { error: 'manifest_not_found', message: 'No manifest is configured' } },
  });
  const signing = { manifest_version: 'v', credential_sign_request: 'r' };
  t.match(await post(`${bare.url}/api/v1/sign_credential`, signing), {
    status: 404,
    json: { detail: { error: 'manifest_not_found' } },
  });
  t.match(
    await post(`${bare.url}/api/v1/submit_measurement`, {
      format: 'json',
      content: fresh(),
      ...credential,
    }),
    {
      status: 200,
      json: {
        verification_status: 'unverified',
        error: 'manifest_not_found',
        submit_response: null,
      },
    },
  );
});

t.test('nothing of who sent it is left', async (t) => {
  for (const file of filesIn(api.spoolDir))
    t.notMatch(readFileSync(join(api.spoolDir, file), 'latin1'), /SECRET/, file);
  t.notMatch(api.lines.join('\n'), /SECRET/);
});
