/**
 * What people write: roles of accounts, feedback on measurements (protocol, data A.9), findings and OONI
 * Run links (protocol, data 5.4 and 6.1).
 *
 * Findings and links are kept edit by edit: each edit is a row of its own, numbered, and the highest
 * number counts. A row is never changed, so two who edit at once can tell (docs/design).
 */
import { type EngineOptions, type Migration, onCluster, tableEngine } from './engine.ts';

export const accounts: Migration = {
  number: 7,
  name: 'accounts',
  statements: (database: string, engine: EngineOptions) => [
    `CREATE TABLE IF NOT EXISTS ${database}.account_roles${onCluster(engine)} (
      account_id String,
      role LowCardinality(String),
      sessions_since DateTime('UTC') DEFAULT 0,
      update_time DateTime64(6, 'UTC')
    ) ENGINE = ${tableEngine('ReplacingMergeTree', 'update_time', engine)} ORDER BY account_id`,
    `CREATE TABLE IF NOT EXISTS ${database}.msmt_feedback${onCluster(engine)} (
      measurement_uid String,
      account_id String,
      status LowCardinality(String),
      update_time DateTime64(3) DEFAULT now64(3)
    ) ENGINE = ${tableEngine('ReplacingMergeTree', 'update_time', engine)}
    ORDER BY (measurement_uid, account_id)`,
    `CREATE TABLE IF NOT EXISTS ${database}.findings${onCluster(engine)} (
      id String,
      edit UInt32,
      write_id String,
      creator_account_id String,
      email_address String,
      create_time DateTime64(0, 'UTC'),
      update_time DateTime64(0, 'UTC'),
      start_time DateTime64(0, 'UTC'),
      end_time Nullable(DateTime64(0, 'UTC')),
      title String,
      short_description String,
      text String,
      slug String,
      reported_by String,
      event_type String,
      published Bool,
      ASNs Array(UInt32),
      CCs Array(String),
      themes Array(String),
      tags Array(String),
      test_names Array(String),
      domains Array(String),
      links Array(String)
    ) ENGINE = ${tableEngine('MergeTree', '', engine)} ORDER BY (id, edit, write_id)`,
    `CREATE TABLE IF NOT EXISTS ${database}.oonirun_links${onCluster(engine)} (
      oonirun_link_id UInt64,
      edit UInt32,
      write_id String,
      creator_account_id String,
      author String,
      name String,
      short_description String,
      description String,
      name_intl String,
      short_description_intl String,
      description_intl String,
      icon Nullable(String),
      color Nullable(String),
      date_created DateTime64(0, 'UTC'),
      date_updated DateTime64(0, 'UTC'),
      expiration_date DateTime64(0, 'UTC'),
      revision UInt32,
      revision_created DateTime64(0, 'UTC'),
      nettests String
    ) ENGINE = ${tableEngine('MergeTree', '', engine)} ORDER BY (oonirun_link_id, edit, write_id)`,
  ],
};
