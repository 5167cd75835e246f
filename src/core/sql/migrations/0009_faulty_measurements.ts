/** Measurements that say another place than their sender's address is in (protocol, probes 4.6). */
import { type EngineOptions, type Migration, onCluster, tableEngine } from './engine.ts';

export const faultyMeasurements: Migration = {
  number: 9,
  name: 'faulty_measurements',
  statements: (database: string, engine: EngineOptions) => [
    `CREATE TABLE IF NOT EXISTS ${database}.faulty_measurements${onCluster(engine)} (
      ts DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
      type String,
      uid String,
      probe_cc String,
      probe_asn UInt32,
      details String
    ) ENGINE = ${tableEngine('ReplacingMergeTree', '', engine)}
    ORDER BY (ts, type, probe_cc, probe_asn, uid)`,
  ],
};
