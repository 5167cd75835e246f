/** GET /api/_/countries (protocol, data 5.2.3). */
import { FROM_SUMS } from '../../sql/projections.ts';
import { COUNTRY_NAMES } from '../../text/countryNames.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';

interface Rows extends RowsByQuery {
  readonly countries: readonly { readonly probe_cc: string; readonly count: number }[];
}

export const countries = endpoint({
  path: '/api/_/countries',
  summary: 'Measurements by country, with its name',
  cacheSeconds: 86_400,
  parameters: {},
  read: () => ({ kind: 'ok', asked: {} }),
  queries: () => ({
    countries: {
      sql: `SELECT probe_cc, count() AS count FROM fastpath GROUP BY probe_cc ORDER BY probe_cc
${FROM_SUMS}`,
      values: {},
    },
  }),
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
