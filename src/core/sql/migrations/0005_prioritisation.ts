/** What URL prioritisation is made from, beside the test list (protocol, probes 4.8). */
import { DEFAULT_RULES } from '../../prioritisation/defaultRules.ts';
import { textLiteral } from '../literal.ts';
import {
  type EngineOptions,
  localEngine,
  type Migration,
  onCluster,
  rowsOf,
  spreadStatements,
  tableEngine,
} from './engine.ts';

export const prioritisation: Migration = {
  number: 5,
  name: 'prioritisation',
  statements: (database, engine) => [
    counters(database, engine),
    ...spreadStatements(database, ['counters_asn_test_list'], engine),
    countersView(database, engine),
    urlPriorities(database, engine),
    defaultRules(database),
  ],
  rebuild: (database) => [
    `INSERT INTO ${database}.counters_asn_test_list (week, probe_cc, probe_asn, input, measurement)
    ${countedMeasurements(database, 'fastpath')}`,
  ],
};

// One row a measurement and not a sum, since the view sees every insert: a row that is scored again, or
// sent again because an answer was lost, must not count twice. `measurement` is a hash of the uid, and
// those of one URL lie together, so that a measurement takes about ten bytes. A partition is a week, and
// goes as a whole when it counts no more.
function counters(database: string, engine: EngineOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.${rowsOf('counters_asn_test_list', engine)}${onCluster(engine)} (
    week Date,
    probe_cc LowCardinality(String),
    probe_asn UInt32,
    input String,
    measurement UInt64
  ) ENGINE = ${localEngine('ReplacingMergeTree', '', engine)}
  PARTITION BY week
  ORDER BY (week, probe_cc, probe_asn, input, measurement)
  TTL week + INTERVAL 14 DAY
  SETTINGS ttl_only_drop_parts = 1`;
}

function countersView(database: string, engine: EngineOptions): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.counters_asn_test_list_view${onCluster(engine)}
    TO ${database}.${rowsOf('counters_asn_test_list', engine)}
    AS ${countedMeasurements(database, rowsOf('fastpath', engine))}`;
}

// Of any URL, so that one that comes into a list later has its past. What is older would not count, and a
// clock that is ahead would be kept for years.
function countedMeasurements(database: string, fastpath: string): string {
  return `SELECT
      toStartOfWeek(measurement_start_time, 0, 'UTC') AS week,
      probe_cc,
      probe_asn,
      input,
      sipHash64(measurement_uid) AS measurement
    FROM ${database}.${fastpath}
    WHERE test_name = 'web_connectivity'
      AND input != ''
      AND measurement_start_time >= toStartOfWeek(now('UTC'), 0, 'UTC') - INTERVAL 7 DAY
      AND measurement_start_time < now('UTC') + INTERVAL 1 DAY`;
}

// The newest row of a rule is the one that counts; sign -1: it was deleted. Whoever reads it takes the
// newest itself, and waits for no merge.
function urlPriorities(database: string, engine: EngineOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.url_priorities${onCluster(engine)} (
    sign Int8 DEFAULT 1,
    category_code String DEFAULT '*',
    cc String DEFAULT '*',
    domain String DEFAULT '*',
    url String DEFAULT '*',
    priority Int32,
    version DateTime64(6) MATERIALIZED now64(6)
  ) ENGINE = ${tableEngine('ReplacingMergeTree', 'version', engine)}
  ORDER BY (category_code, cc, domain, url)`;
}

function defaultRules(database: string): string {
  const rows = DEFAULT_RULES.map(
    ({ category_code, priority }) => `(${textLiteral(category_code)}, ${priority})`,
  );
  return `INSERT INTO ${database}.url_priorities (category_code, priority)
    SELECT category_code, priority
    FROM values('category_code String, priority Int32', ${rows.join(', ')})
    WHERE (SELECT count() FROM ${database}.url_priorities) = 0`;
}
