/** The verdict, and what it rests on. */
import t from 'tap';
import { verdictOf, verdictReasons } from '../../../../src/core/endpoints/measurements/verdict.ts';

t.test('failure wins over confirmed, and that over anomaly', (t) => {
  for (const [flags, expected] of [
    ['', 'ok'],
    ['a', 'anomaly'],
    ['ac', 'confirmed'],
    ['acf', 'failure'],
    ['f', 'failure'],
  ] as const)
    t.equal(
      verdictOf({
        anomaly: flags.includes('a'),
        confirmed: flags.includes('c'),
        failure: flags.includes('f'),
      }),
      expected,
      flags,
    );
  t.end();
});

const NONE = {
  blockingType: undefined,
  fingerprints: [],
  accuracy: undefined,
  messages: [],
  notes: [],
};

t.test('reasons, of whatever shape the scores are', (t) => {
  for (const scores of ['', '[]', 'null', '{}', '{"analysis":[],"fingerprints":{},"msg":1}'])
    t.strictSame(verdictReasons(scores), NONE, scores);
  t.strictSame(
    verdictReasons(
      JSON.stringify({
        accuracy: 0,
        msg: 'm',
        analysis: { blocking_type: 'dns', msg: 'n', ok: true, text: 'x'.repeat(400) },
        fingerprints: [
          null,
          { name: 'a', scope: 'nat', expected_countries: ['IT', 1] },
          { name: 2 },
        ],
      }),
    ),
    {
      blockingType: 'dns',
      fingerprints: [
        { name: 'a', scope: 'nat', countries: ['IT', '1'] },
        { name: '2', scope: '', countries: [] },
      ],
      accuracy: 0,
      messages: ['m', 'n'],
      notes: [
        ['ok', 'true'],
        ['text', `${'x'.repeat(300)}…`],
      ],
    },
  );
  t.equal(verdictReasons('{"analysis":{"blocking_type":"__proto__"}}').blockingType, undefined);
  t.end();
});
