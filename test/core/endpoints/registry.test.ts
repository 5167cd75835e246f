/**
 * What every endpoint keeps to, whatever it is about.
 *
 * Covers src/core/endpoints/aggregation/torsfStats.ts, src/core/endpoints/analysis/{analysis,
 * analysisAggregation, analysisWindow, changepoints}.ts, src/core/endpoints/{described, page, timeBuckets}.ts,
 * src/core/endpoints/observations/{observations, observationsAggregation, observationsCtrl}.ts.
 */
import t from 'tap';
import { DESCRIBED_ROUTES } from '../../../src/core/endpoints/described.ts';
import { readQuery } from '../../../src/core/endpoints/endpoint.ts';
import { ENDPOINTS } from '../../../src/core/endpoints/registry.ts';

const NOW_MS = Date.parse('2026-07-15T12:00:00Z');
/** Would show in the SQL text if it were pasted, and would break it. */
const HOSTILE = "x'; DROP TABLE fastpath --";

t.test('paths are there once', (t) => {
  const paths = [...DESCRIBED_ROUTES, ...ENDPOINTS].map(({ method, path }) => `${method} ${path}`);
  t.equal(new Set(paths).size, paths.length);
  t.end();
});

t.test('nothing from outside is part of SQL text, and time is a value', (t) => {
  for (const endpoint of ENDPOINTS) {
    const query = new URLSearchParams();
    for (const [name, { schema }] of Object.entries(endpoint.parameters as object)) {
      // Texts can be anything; what has a form is left out or fits it.
      const { type, pattern, examples } = schema as Record<string, unknown>;
      if (type === 'string' && pattern === undefined && examples === undefined)
        query.set(name, name === 'probe_cc' ? 'IT' : name.endsWith('asn') ? '7' : HOSTILE);
    }
    query.delete('format');
    query.delete('order');
    const check = readQuery(endpoint, query, NOW_MS);
    if (check.kind !== 'ok') continue;
    const queries = endpoint.queries(check.asked, NOW_MS);
    for (const { sql } of Object.values(queries) as { sql: string }[]) {
      t.notMatch(sql, 'DROP TABLE', endpoint.path);
      t.notMatch(sql, /\b(now|today|yesterday)\(/, endpoint.path);
      t.notMatch(sql, /SELECT \*/, endpoint.path);
    }
  }
  t.end();
});
