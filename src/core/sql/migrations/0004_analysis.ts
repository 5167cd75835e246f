/**
 * Tables that an analysis pipeline fills: observations, what they say of blocking, and when that
 * changed (protocol, data A.5 to A.8). Where the pipeline has made them already they stay its own.
 */
import {
  ANALYSIS_COLUMNS,
  CHANGEPOINT_COLUMNS,
  OBS_WEB_COLUMNS,
  OBS_WEB_CTRL_COLUMNS,
} from '../analysisTables.ts';
import { type EngineOptions, type Migration, onCluster, tableEngine } from './engine.ts';

export const analysis: Migration = {
  number: 4,
  name: 'analysis',
  statements: (database: string, engine: EngineOptions) => {
    const table = (name: string, columns: Readonly<Record<string, string>>, keys: string) => {
      const list = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
      return `CREATE TABLE IF NOT EXISTS ${database}.${name}${onCluster(engine)} (
      ${list.join(',\n      ')}
    ) ENGINE = ${tableEngine('ReplacingMergeTree', '', engine)}
    ${keys}`;
    };
    const byMonth = 'PARTITION BY substring(bucket_date, 1, 7)';
    return [
      table(
        'obs_web',
        OBS_WEB_COLUMNS,
        `${byMonth} PRIMARY KEY (measurement_uid, observation_idx)
    ORDER BY (measurement_uid, observation_idx, measurement_start_time, probe_cc, probe_asn)`,
      ),
      table(
        'obs_web_ctrl',
        OBS_WEB_CTRL_COLUMNS,
        `${byMonth} PRIMARY KEY (measurement_uid, observation_idx)
    ORDER BY (measurement_uid, observation_idx, measurement_start_time, hostname)`,
      ),
      table(
        'analysis_web_measurement',
        ANALYSIS_COLUMNS,
        `PARTITION BY substring(measurement_uid, 1, 6) PRIMARY KEY measurement_uid
    ORDER BY (measurement_uid, measurement_start_time, probe_cc, probe_asn, domain)`,
      ),
      // Two signals of a series may change in the same hour: the kind of block is part of the key.
      table(
        'event_detector_changepoints',
        CHANGEPOINT_COLUMNS,
        `PARTITION BY toYYYYMM(ts)
    ORDER BY (probe_asn, probe_cc, ts, domain, block_type)`,
      ),
    ];
  },
};
