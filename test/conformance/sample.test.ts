/**
 * The sample of scoring cases that comes with the project: all pass, and no nettest is left out.
 *
 * Covers src/core/scoring/{localities, nettestRegistry, scores, tcpEndpoints, unknownFailure}.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { runCases } from './scoringCases.ts';

const SAMPLE = new URL('sample/corpus/', import.meta.url);

t.test('each case of the sample becomes the row that it expects', async (t) => {
  const said: string[] = [];
  const { passed, failed, groups } = runCases(
    readFileSync(new URL('cases.jsonl', SAMPLE)),
    { sample: new URL('fingerprints-sample', SAMPLE).pathname },
    [],
    (line) => said.push(line),
  );
  t.equal(failed, 0, said.join('\n'));
  t.ok(passed >= 100);
  const nettests = readdirSync(new URL('../../src/core/scoring/nettests', import.meta.url));
  for (const file of nettests) t.ok(groups.has(file.slice(0, -'.ts'.length)), file);
});

t.test('a case whose row differs is a failure that names the column', async (t) => {
  const [first] = readFileSync(new URL('cases.jsonl', SAMPLE), 'utf8').split('\n');
  const wrong = JSON.parse(first!) as { id: string; expected: { row: Record<string, unknown> } };
  wrong.expected.row.anomaly = 't';
  const said: string[] = [];
  const { failed } = runCases(
    Buffer.from(JSON.stringify(wrong)),
    { sample: new URL('fingerprints-sample', SAMPLE).pathname },
    [],
    (line) => said.push(line),
  );
  t.equal(failed, 1);
  t.match(said[0], /anomaly: expected "t", found "f"/);
});
