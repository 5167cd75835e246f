/** GET /api/_/countries (protocol, data 5.2.3). */
import { COUNTRY_NAMES } from '../../text/countryNames.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { type AllTimeCounts, allTimeCounts, allTimePlan } from './allTime.ts';

interface Rows extends RowsByQuery {
  readonly countries: readonly { readonly probe_cc: string; readonly count: number }[];
}

const BY_COUNTRY: AllTimeCounts = {
  table: 'network_days',
  groups: () => ({ probe_cc: 'probe_cc' }),
};

export const countries = endpoint({
  path: '/api/_/countries',
  summary: 'Measurements by country, with its name',
  cacheSeconds: 86_400,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  plan: () => allTimePlan(),
  queries(_, nowMs, planned) {
    const counts = allTimeCounts(BY_COUNTRY, nowMs, planned);
    return {
      countries: {
        sql: `SELECT probe_cc, measurements AS count
FROM ${counts.sql}
ORDER BY probe_cc
${counts.settings}`,
        values: counts.values,
      },
    };
  },
  // Codes without a name (`ZZ`, `EU`) are not countries.
  answer: (rows: Rows) => ({
    kind: 'json',
    value: {
      countries: rows.countries.flatMap(({ probe_cc, count }) => {
        const name = COUNTRY_NAMES.get(probe_cc);
        return name === undefined ? [] : [{ alpha_2: probe_cc, count, name }];
      }),
    },
  }),
});
