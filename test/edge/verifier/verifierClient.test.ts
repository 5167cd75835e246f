import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openVerifierClient } from '../../../src/edge/verifier/verifierClient.ts';
import { startVerifier } from '../../support/verifier.ts';

const dir = mkdtempSync(join(tmpdir(), 'verifier-'));
t.teardown(() => rmSync(dir, { recursive: true, force: true }));
let number = 0;

function open(t: { teardown(step: () => void): unknown }, timeoutMs = 10_000) {
  const socketPath = join(dir, `${number++}.sock`);
  const reasons: string[] = [];
  let nowMs = 0;
  const client = openVerifierClient({
    socketPath,
    timeoutMs,
    onFault: (reason) => reasons.push(reason),
    nowMs: () => nowMs,
  });
  t.teardown(() => client.close());
  const sign = (request = 'r') => client.ask({ kind: 'sign', request, emissionDay: 1 });
  const later = (ms: number) => {
    nowMs += ms;
  };
  return { socketPath, reasons, client, sign, later };
}

t.test('answers find their questions, in whatever order', async (t) => {
  const { socketPath, sign } = open(t);
  const verifier = await startVerifier(socketPath);
  t.teardown(() => verifier.stop());
  const held: number[] = [];
  verifier.answer = ({ id }) => {
    held.push(id as number);
    if (held.length < 3) return undefined;
    return held
      .reverse()
      .map((one) => `${JSON.stringify({ id: one, ok: true, response: `r${one}xx` })}\n`)
      .join('');
  };
  const answers = await Promise.all([sign(), sign(), sign()]);
  t.strictSame(
    answers,
    [1, 2, 3].map((id) => ({ kind: 'ok', response: `r${id}xx` })),
  );
});

t.test('away: unusable at once, and back when it is', async (t) => {
  const { socketPath, sign, reasons, later } = open(t);
  t.strictSame(await sign(), { kind: 'unusable' });
  t.match(reasons, [/ENOENT/]);
  t.strictSame(await sign(), { kind: 'unusable' });
  t.match(reasons.at(-1), /a moment ago/);
  const verifier = await startVerifier(socketPath);
  t.teardown(() => verifier.stop());
  later(1_000);
  t.match(await sign(), { kind: 'ok' });
});

t.test('silent, or with an answer to something else: unusable in time', async (t) => {
  const { socketPath, sign, reasons } = open(t, 100);
  const verifier = await startVerifier(socketPath);
  t.teardown(() => verifier.stop());
  for (const answer of [undefined, { id: 999, ok: true, response: 'QUJD' }]) {
    verifier.answer = () => answer;
    t.strictSame(await sign(), { kind: 'unusable' });
    t.match(reasons.pop(), /in time/);
  }
  verifier.answer = () => ({ ok: true, response: 'QUJD' });
  // A machine that stood still has no answer in time either.
  let answer = await sign();
  while (answer.kind === 'unusable') answer = await sign();
  t.strictSame(answer, { kind: 'ok', response: 'QUJD' }, 'the next one is asked all the same');
});

t.test('wrong, broken: unusable, and the next one is asked all the same', async (t) => {
  const { socketPath, sign, reasons, later } = open(t);
  const verifier = await startVerifier(socketPath);
  t.teardown(() => verifier.stop());
  verifier.answer = () => ({ ok: false, error: 'a panic' });
  t.strictSame(await sign(), { kind: 'unusable' });
  t.match(reasons.pop(), /fault of its own/);
  verifier.answer = () => 'no JSON\n';
  t.strictSame(await sign(), { kind: 'unusable' });
  t.match(reasons.pop(), /no answer/);
  later(1_000);
  verifier.answer = () => 'x'.repeat(300_000);
  t.strictSame(await sign(), { kind: 'unusable' });
  t.match(reasons.pop(), /without end/);
  later(1_000);
  verifier.answer = () => ({ ok: true, response: 'QUJD' });
  t.strictSame(await sign(), { kind: 'ok', response: 'QUJD' });
});

t.test('one that does not keep up holds up nobody', async (t) => {
  const { socketPath, sign, reasons } = open(t, 60_000);
  const verifier = await startVerifier(socketPath);
  verifier.answer = () => undefined;
  const many = Array.from({ length: 256 }, () => sign());
  t.strictSame(await sign(), { kind: 'unusable' });
  t.match(reasons, ['too many questions wait for it']);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await verifier.stop();
  const rest = await Promise.all(many);
  t.ok(
    rest.every(({ kind }) => kind === 'unusable'),
    'when it ends, all that waited are answered',
  );
});
