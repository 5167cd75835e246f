/** Tables of the measurement path (protocol, data A; scoring 2 and 5). */
import {
  type EngineOptions,
  localEngine,
  type Migration,
  mutationsStatements,
  onCluster,
  rowsOf,
  spreadStatements,
  tableEngine,
} from './engine.ts';

export const base: Migration = {
  number: 1,
  name: 'base',
  statements: (database, engine) => [
    fastpath(database, engine),
    jsonl(database, engine),
    citizenlab('citizenlab', database, engine),
    citizenlab('citizenlab_flip', database, engine),
    fingerprints('fingerprints_dns', database, engine),
    fingerprints('fingerprints_http', database, engine),
    obsOpenvpn(database, engine),
    ...spreadStatements(database, ['fastpath', 'jsonl'], engine),
    ...mutationsStatements(database, engine),
  ],
};

/**
 * A batch that is sent again with the same token (the answer to the first try was lost) is dropped
 * by the server. Replicated tables have such a window by default.
 */
function deduplication(engine: EngineOptions): string {
  return engine.cluster === undefined ? ', non_replicated_deduplication_window = 10000' : '';
}

function fastpath(database: string, engine: EngineOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.${rowsOf('fastpath', engine)}${onCluster(engine)} (
    measurement_uid String,
    report_id String,
    input String,
    probe_cc LowCardinality(String),
    probe_asn UInt32,
    test_name LowCardinality(String),
    test_start_time DateTime('UTC'),
    measurement_start_time DateTime('UTC'),
    filename String,
    scores String,
    platform String,
    anomaly String,
    confirmed String,
    msm_failure String,
    domain String,
    software_name String,
    software_version String,
    control_failure String,
    blocking_general Float32,
    is_ssl_expected Int8,
    page_len Int32,
    page_len_ratio Float32,
    server_cc String,
    server_asn Int8,
    server_as_name String,
    update_time DateTime64(3) MATERIALIZED now64(3),
    test_version String,
    architecture String,
    engine_name LowCardinality(String),
    engine_version String,
    test_runtime Float32,
    blocking_type String,
    test_helper_address LowCardinality(String),
    test_helper_type LowCardinality(String),
    ooni_run_link_id Nullable(UInt64),
    is_verified LowCardinality(String) DEFAULT 'u',
    INDEX fastpath_rid_idx report_id TYPE minmax GRANULARITY 1,
    INDEX measurement_uid_idx measurement_uid TYPE minmax GRANULARITY 8,
    INDEX measurement_uid_bloom_idx measurement_uid TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX report_id_bloom_idx report_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX domain_bloom_idx domain TYPE bloom_filter(0.01) GRANULARITY 4
  ) ENGINE = ${localEngine('ReplacingMergeTree', 'update_time', engine)}
  ORDER BY (measurement_start_time, report_id, input, measurement_uid)
  SETTINGS index_granularity = 8192${deduplication(engine)}`;
}

// member_offset_bytes, member_length_bytes and member_line say where the gzip member that holds the
// line begins, how long it is, and which of its lines it is; a row without them (length 0) was
// written by an older uploader, and the object is read from its start.
function jsonl(database: string, engine: EngineOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.${rowsOf('jsonl', engine)}${onCluster(engine)} (
    report_id String,
    input String,
    s3path String,
    linenum Int32,
    measurement_uid String,
    date Date DEFAULT toDate(0),
    source LowCardinality(String) DEFAULT '',
    member_offset_bytes UInt64 DEFAULT 0,
    member_length_bytes UInt32 DEFAULT 0,
    member_line UInt32 DEFAULT 0,
    update_time DateTime64(3) MATERIALIZED now64(3),
    INDEX measurement_uid_bloom_idx measurement_uid TYPE bloom_filter(0.001) GRANULARITY 1
  ) ENGINE = ${localEngine('ReplacingMergeTree', 'update_time', engine)}
  ORDER BY (report_id, input, measurement_uid)
  SETTINGS index_granularity = 8192${deduplication(engine)}`;
}

function citizenlab(name: string, database: string, engine: EngineOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.${name}${onCluster(engine)} (
    domain String,
    url String,
    cc LowCardinality(String),
    category_code String
  ) ENGINE = ${tableEngine('ReplacingMergeTree', '', engine)}
  ORDER BY (domain, url, cc, category_code)
  SETTINGS index_granularity = 4`;
}

// Upstream keeps these in EmbeddedRocksDB, which has no order; matches are listed in table order
// (protocol, scoring 4.3), so the position in the source file is a column here.
function fingerprints(name: string, database: string, engine: EngineOptions): string {
  const scopes = ['nat', 'isp', 'prod', 'inst', 'vbw', 'fp', 'injb', 'prov'];
  const enumOf = (names: readonly string[]) =>
    names.map((value, index) => `'${value}' = ${index + 1}`).join(', ');
  return `CREATE TABLE IF NOT EXISTS ${database}.${name}${onCluster(engine)} (
    position UInt32,
    name String,
    scope Enum8(${enumOf(scopes)}),
    other_names String,
    location_found String,
    pattern_type Enum8(${enumOf(['full', 'prefix', 'contains', 'regexp'])}),
    pattern String,
    confidence_no_fp UInt8,
    expected_countries String,
    source String,
    exp_url String,
    notes String
  ) ENGINE = ${tableEngine('MergeTree', '', engine)} ORDER BY position`;
}

function obsOpenvpn(database: string, engine: EngineOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.obs_openvpn${onCluster(engine)} (
    anomaly Bool,
    bootstrap_time Float32,
    confirmed Bool,
    failure String,
    input String,
    last_handshake_transaction_id Int32,
    measurement_start_time DateTime('UTC'),
    measurement_uid String,
    minivpn_version String,
    obfs4_version String,
    obfuscation String,
    platform String,
    probe_asn UInt32,
    probe_cc LowCardinality(String),
    probe_network_name String,
    provider String,
    remote String,
    report_id String,
    resolver_asn UInt32,
    resolver_ip String,
    resolver_network_name String,
    software_name String,
    software_version String,
    success Bool,
    success_handshake Bool,
    success_icmp Bool,
    success_urlgrab Bool,
    test_runtime Float32,
    test_start_time DateTime('UTC'),
    transport String,
    update_time DateTime64(3) MATERIALIZED now64(3)
  ) ENGINE = ${tableEngine('ReplacingMergeTree', 'update_time', engine)}
  ORDER BY (measurement_start_time, report_id, input, measurement_uid)
  SETTINGS index_granularity = 8192${deduplication(engine)}`;
}
