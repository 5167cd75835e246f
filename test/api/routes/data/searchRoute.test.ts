/** A search whose query fails when some of its results are there. They are made up, the connections real. */
import t, { type Test } from 'tap';
import { answerQueryErrors, QueryError } from '../../../../src/api/database.ts';
import { searchRoute } from '../../../../src/api/routes/data/searchRoute.ts';
import type { SearchRow } from '../../../../src/core/endpoints/measurements/searchSql.ts';
import { makeLog } from '../../../../src/log/log.ts';
import { serveRoutes } from '../../../support/routeServer.ts';

const uid = (serial: number) => `20260711174409.${String(serial).padStart(6, '0')}_IR_ndt_0`;
const row = (serial: number): SearchRow => ({
  measurement_uid: uid(serial),
  report_id: 'r',
  input: '',
  probe_cc: 'IR',
  probe_asn: 1,
  test_name: 'ndt',
  measurement_start_time: '2026-07-11T17:44:07Z',
  scores: JSON.stringify({ text: 'x'.repeat(1_000) }),
  anomaly: 'f',
  confirmed: 'f',
  msm_failure: 'f',
  is_verified: 'u',
  updated_ms: 0,
});
const BATCH = 100;
/** More than an answer that is sent whole has. */
const MANY_BATCHES = 60;

/** Answers of so many batches, after which the search fails. */
async function serve(t: Test, batches: number, reason: QueryError['reason']) {
  const family = searchRoute({
    searches: {
      async *rows() {
        for (let batch = 0; batch < batches; batch++)
          yield Array.from({ length: BATCH }, (_, at) => row(batch * BATCH + at));
        throw new QueryError(reason, 'of the test');
      },
    },
    baseUrl: 'https://api.example.org',
    nowMs: Date.now,
  });
  const log = makeLog({ level: 'err', journald: false, write: () => {} });
  const port = await serveRoutes(t, family, answerQueryErrors(log));
  return `http://127.0.0.1:${port}/api/v1/measurements`;
}

t.test('a page that has begun ends where it came to, and next_url goes on', async (t) => {
  for (const reason of ['timeout', 'too_much', 'busy'] as const) {
    const url = await serve(t, MANY_BATCHES, reason);
    const answer = await fetch(`${url}?probe_cc=IR&limit=1000000&offset=7`);
    const { results, metadata } = (await answer.json()) as {
      results: { measurement_uid: string }[];
      metadata: Record<string, unknown>;
    };
    t.equal(results.length, MANY_BATCHES * BATCH, reason);
    t.equal(results.at(-1)?.measurement_uid, uid(MANY_BATCHES * BATCH - 1));
    t.match(metadata, { count: -1, pages: -1, limit: 1_000_000, offset: 7 });
    const next = new URL(String(metadata.next_url)).searchParams;
    t.equal(next.get('offset'), String(7 + MANY_BATCHES * BATCH));
    t.equal(next.get('probe_cc'), 'IR');
    t.match(Buffer.from(next.get('cursor')!, 'base64url').toString(), uid(results.length - 1));
  }
});

t.test('what has not begun is an error', async (t) => {
  for (const batches of [0, 1]) {
    const answer = await fetch(`${await serve(t, batches, 'timeout')}?limit=1000000`);
    t.equal(answer.status, 504);
    t.match(await answer.text(), /timed out/);
  }
});

t.test('a fault of another kind breaks off', async (t) => {
  const answer = await fetch(`${await serve(t, MANY_BATCHES, 'error')}?limit=1000000`);
  t.equal(answer.status, 200);
  await t.rejects(answer.text());
});
