/** GET /api/_/show_countries_prioritization (protocol, probes 3.17). */
import {
  type ListEntry,
  priorityOf,
  type Rule,
  rulesOfCountry,
} from '../../prioritisation/rules.ts';
import { rulesSql } from '../../sql/prioritisation.ts';
import { IN_WINDOW, windowValues } from '../../sql/timeWindow.ts';
import { DAY_MS } from '../../time/days.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { text } from '../parameters.ts';

interface Rows extends RowsByQuery {
  /** `cc` in capitals. */
  readonly entries: readonly (ListEntry & {
    readonly msmt_cnt: number;
    readonly anomaly_perc: number;
  })[];
  readonly rules: readonly (Rule & { readonly is_live: number })[];
}

const COUNTED_DAYS = 7;

export const countriesPrioritization = endpoint({
  path: '/api/_/show_countries_prioritization',
  summary: 'The whole test list by country, with priorities and the measurements of the last week',
  cacheSeconds: 300,
  parameters: { format: text('`CSV`: as a file; otherwise JSON') },
  read: ({ format }) => ({ kind: 'ok', asked: { isCsv: format?.toUpperCase() === 'CSV' } }),

  queries(_asked, nowMs) {
    const untilMs = Math.floor(nowMs / 1000) * 1000;
    return {
      entries: {
        sql: `SELECT listed.cc AS cc, category_code, domain, url,
  toUInt32(measurements) AS msmt_cnt,
  toUInt32(if(measurements = 0, 0, intDiv(100 * anomalies, measurements))) AS anomaly_perc
FROM (
  SELECT DISTINCT upper(cc) AS cc, category_code, domain, url FROM citizenlab WHERE url != ''
) AS listed
LEFT JOIN (
  SELECT input, probe_cc, uniqExact(measurement_uid) AS measurements,
    uniqExactIf(measurement_uid, anomaly = 't') AS anomalies
  FROM fastpath
  WHERE ${IN_WINDOW} AND input IN (SELECT url FROM citizenlab)
  GROUP BY input, probe_cc
) AS measured ON measured.input = listed.url AND measured.probe_cc = listed.cc`,
        values: windowValues({ sinceMs: untilMs - COUNTED_DAYS * DAY_MS, untilMs }),
      },
      rules: { sql: rulesSql, values: {} },
    };
  },

  answer({ entries, rules }: Rows, { isCsv }) {
    const live = rules.filter(({ is_live }) => is_live === 1);
    const rulesByCc = new Map<string, Rule[]>();
    // An entry for all countries (ZZ) has the rules for all of them alone.
    const rulesOf = (cc: string): Rule[] => {
      const known = rulesByCc.get(cc) ?? rulesOfCountry(live, cc);
      rulesByCc.set(cc, known);
      return known;
    };
    const rows = entries
      .map(({ anomaly_perc, category_code, cc, domain, msmt_cnt, url }) => {
        const entry = { category_code, cc, domain, url };
        const priority = priorityOf(entry, rulesOf(cc));
        return { anomaly_perc, category_code, cc, domain, msmt_cnt, priority, url };
      })
      .sort((a, b) => (a.cc === b.cc ? b.priority - a.priority : a.cc < b.cc ? -1 : 1));
    if (rows.length === 0)
      return {
        kind: 'json',
        status: 400,
        value: { detail: 'no data', error: 'no data', message: 'no data' },
        isFault: true,
      };
    return isCsv ? { kind: 'csv', rows } : { kind: 'json', value: rows };
  },
});
