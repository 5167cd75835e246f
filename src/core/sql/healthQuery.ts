/** Queries that ask how the server is. */
import type { Query } from './query.ts';

/** Does it answer at all? */
export const answersSql = 'SELECT 1';

/** Behind /health (protocol, probes 3.19): can recent rows be read? */
export const healthQuery: Query = {
  sql: 'SELECT count() AS rows FROM fastpath WHERE measurement_start_time > now() - INTERVAL 3 HOUR',
  values: {},
};
