import { parseReferenceAsn } from '../measurement/asNumber.ts';
import { parseInteger } from '../measurement/integer.ts';
import type { Verified } from '../measurement/unwrap.ts';
import { formatDateTime, parseDateTime } from '../time/measurementTime.ts';
import { networkLocation } from './domain.ts';
import type { Measurement } from './measurement.ts';
import type { Scores } from './scores.ts';
import { absent, isObject, type JsonObject, MalformedField, stored, truthy } from './values.ts';

type Flag = 't' | 'f';

/** A row of the `fastpath` table (protocol, scoring 2), with the scores still an object. */
export interface FastpathRow {
  measurement_uid: string;
  report_id: string;
  input: string;
  probe_cc: string;
  probe_asn: number;
  test_name: string;
  /** `YYYY-MM-DD HH:MM:SS`, UTC. */
  test_start_time: string;
  measurement_start_time: string;
  scores: Scores;
  platform: string;
  anomaly: Flag;
  confirmed: Flag;
  msm_failure: Flag;
  blocking_type: string;
  domain: string;
  software_name: string;
  software_version: string;
  test_version: string;
  test_runtime: number;
  architecture: string;
  engine_name: string;
  engine_version: string;
  test_helper_address: string;
  test_helper_type: string;
  /** Decimal text where a JavaScript number would not be exact. */
  ooni_run_link_id: number | string | null;
  is_verified: Verified;
}

/** The row as ClickHouse takes it in JSONEachRow: the scores are JSON text. */
export type FastpathInsertRow = Omit<FastpathRow, 'scores'> & { scores: string };

export function toClickHouseRow(row: FastpathRow): FastpathInsertRow {
  return { ...row, scores: JSON.stringify(row.scores) };
}

/** The row as JSON with the scores as an object, and with every number exact. */
export function rowAsJson(row: FastpathRow): string {
  const { ooni_run_link_id: id, ...others } = row;
  return `${JSON.stringify(others).slice(0, -1)},"ooni_run_link_id":${id}}`;
}

export interface RowSource {
  readonly measurementUid: string;
  readonly measurement: Measurement;
  readonly verified: Verified;
  readonly scores: Scores;
}

/** Throws MalformedField when a member does not fit its column. */
export function fastpathRow({
  measurementUid,
  measurement,
  verified,
  scores,
}: RowSource): FastpathRow {
  const annotations = isObject(measurement.annotations) ? measurement.annotations : {};
  const { input, domain } = inputOf(measurement);
  const helper = testHelperOf(measurement);
  return {
    measurement_uid: measurementUid,
    report_id: text(measurement.report_id, 'report_id'),
    input,
    probe_cc: text(measurement.probe_cc, 'probe_cc'),
    probe_asn: asnColumn(measurement.probe_asn, 'probe_asn'),
    test_name: testNameOf(measurement),
    test_start_time: timeColumn(measurement, 'test_start_time'),
    measurement_start_time: timeColumn(measurement, 'measurement_start_time'),
    scores,
    platform: text(annotations.platform ?? 'unset', 'annotations.platform'),
    anomaly: flag((scores.blocking_general ?? 0) > 0.5),
    confirmed: flag(scores.confirmed === true),
    msm_failure: flag((scores.accuracy ?? 1) < 0.5),
    blocking_type: text(scores.analysis?.blocking_type, 'blocking_type'),
    domain,
    software_name: text(measurement.software_name, 'software_name'),
    software_version: text(measurement.software_version, 'software_version'),
    test_version: text(measurement.test_version, 'test_version'),
    test_runtime: float32(measurement.test_runtime, 'test_runtime'),
    architecture: text(annotations.architecture, 'annotations.architecture'),
    engine_name: text(annotations.engine_name, 'annotations.engine_name'),
    engine_version: text(annotations.engine_version, 'annotations.engine_version'),
    test_helper_address: text(helper.address, 'test_helpers.backend.address'),
    test_helper_type: text(helper.type, 'test_helpers.backend.type'),
    ooni_run_link_id: runLinkId(annotations.ooni_run_link_id),
    is_verified: verified,
  };
}

/** A String column: null and missing are empty, what is not text is stored as its JSON text. */
export function text(value: unknown, field: string): string {
  if (typeof value === 'string') return wellFormed(value);
  return absent(value) ? '' : wellFormed(JSON.stringify(stored(value, field)));
}

/** The database refuses half a surrogate pair, and one refused row would hold up its whole batch. */
function wellFormed(value: string): string {
  return value.toWellFormed();
}

/** A Float32 column: null and missing are 0, and a truth value counts as a number. */
function float32(value: unknown, field: string): number {
  const number = typeof value === 'boolean' ? Number(value) : (value ?? 0);
  if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) {
    throw new MalformedField(field, 'a number within Float32', value);
  }
  return number;
}

const LARGEST_UINT64 = 18_446_744_073_709_551_615n;

function asnColumn(value: unknown, field: string): number {
  const asn = typeof value === 'string' ? parseReferenceAsn(value) : undefined;
  if (asn === undefined) throw new MalformedField(field, 'AS and a number of 32 bits', value);
  return asn;
}

/** ClickHouse's DateTime counts seconds in 32 bits. */
const LATEST_DATE_TIME_S = 2 ** 32 - 1;

const CANONICAL_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

/** A DateTime column in its canonical form, which nearly all have. */
function timeColumn(measurement: Measurement, field: string): string {
  const given = measurement[field];
  const seconds = parseDateTime(given);
  if (seconds === undefined || seconds < 0 || seconds > LATEST_DATE_TIME_S) {
    throw new MalformedField(field, 'YYYY-MM-DD HH:MM:SS from 1970 to 2106', given);
  }
  return typeof given === 'string' && CANONICAL_TIME.test(given) ? given : formatDateTime(seconds);
}

function flag(value: boolean): Flag {
  return value ? 't' : 'f';
}

function testNameOf(measurement: Measurement): string {
  return truthy(measurement.test_name) ? text(measurement.test_name, 'test_name') : '';
}

/** Input and domain; the meek test alone has a list of hosts as its input. */
function inputOf(measurement: Measurement): { input: string; domain: string } {
  const { input } = measurement;
  if (!truthy(input)) return { input: '', domain: '' };
  if (typeof input === 'string') {
    return { input: wellFormed(input), domain: wellFormed(networkLocation(input)) };
  }
  if (measurement.test_name === 'meek_fronted_requests_test' && isTextList(input)) {
    return { input: wellFormed(`{${input.join(',')}}`), domain: wellFormed(input[0]!) };
  }
  throw new MalformedField('input', 'text or null', input);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function testHelperOf(measurement: Measurement): JsonObject {
  const helpers = measurement.test_helpers;
  const backend = isObject(helpers) ? helpers.backend : undefined;
  return isObject(backend) ? backend : {};
}

/** Nothing that is not a number of the column's size is an error here: the link is optional. */
function runLinkId(value: unknown): number | string | null {
  let id: bigint | undefined;
  if (typeof value === 'string') id = parseInteger(value);
  else if (typeof value === 'boolean') id = BigInt(value);
  else if (typeof value === 'number' && Number.isFinite(value)) id = BigInt(Math.trunc(value));
  if (id === undefined || id < 0n || id > LARGEST_UINT64) return null;
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : id.toString();
}
