/** The query behind /health (protocol, probes 3.19): can recent rows be read? */
import type { Query } from './query.ts';

export const healthQuery: Query = {
  sql: 'SELECT count() AS rows FROM fastpath WHERE measurement_start_time > now() - INTERVAL 3 HOUR',
  values: {},
};
