/**
 * An entry of a legacy YAML report in the form that JSON measurements have (protocol, scoring 7):
 * the report's header in each, results in test_keys, today's names and shapes.
 */
import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../json/jsonValue.ts';
import { UNKNOWN_ASN } from '../measurement/asNumber.ts';
import { currentTestName } from '../nettests/testNameForms.ts';
import { formatDateTime } from '../time/measurementTime.ts';
import { withDnsKeys } from './legacyDns.ts';
import { withHttpKeys } from './legacyHttp.ts';

/** Members of a measurement itself; in old entries all others are results of the test. */
const MEASUREMENT_MEMBERS = new Set(
  `id input input_hashes report_id report_filename options probe_cc probe_asn probe_ip probe_city
  backend_version data_format_version test_name test_version test_start_time measurement_start_time
  test_runtime test_helpers software_name software_version test_keys`.split(/\s+/),
);

/** `header` and `entry` are documents as parseLegacyYaml returns them. */
export function legacyMeasurement(header: JsonObject, entry: JsonObject): JsonObject {
  const { report, ...merged }: Record<string, unknown> = { ...entry, ...header };
  // In the header it is when the report began, in an entry when the measurement did.
  if ('test_start_time' in entry) merged.test_start_time = entry.test_start_time;
  if (isObject(report)) Object.assign(merged, report);
  merged.report_id ||= generatedReportId(header);
  merged.test_name = currentTestName(merged.test_name);
  // The second version of the format is JSON's already.
  if (merged.data_format_version === '0.2.0' && isObject(merged.test_keys)) return merged;
  return withTestKeys({ ...merged, ...timesOf(merged), options: optionsOf(merged.options) });
}

function withTestKeys(merged: Record<string, unknown>): JsonObject {
  const { start_time: _, ...members } = merged;
  const test_keys: Record<string, unknown> = isObject(merged.test_keys)
    ? { ...merged.test_keys }
    : {};
  const measurement: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    if (!MEASUREMENT_MEMBERS.has(name)) test_keys[name] = value;
    else measurement[name] = value;
  }
  return withDnsKeys(withHttpKeys({ ...measurement, test_keys }));
}

/**
 * Old reports count seconds: `start_time` is when the test began, `test_start_time` when the
 * measurement did. Newer ones have texts for both, under today's names.
 */
function timesOf(merged: JsonObject): JsonObject {
  const { start_time, test_start_time, measurement_start_time } = merged;
  const began = typeof start_time === 'number' ? timeText(start_time) : undefined;
  if (typeof test_start_time === 'string') return { test_start_time, measurement_start_time };
  return {
    test_start_time: began,
    measurement_start_time: typeof test_start_time === 'number' ? timeText(test_start_time) : began,
  };
}

function timeText(seconds: number): string | undefined {
  const whole = Math.floor(seconds);
  return whole >= 0 && whole < 2 ** 32 ? formatDateTime(whole) : undefined;
}

function optionsOf(options: unknown): unknown {
  return isObject(options) ? (options.subargs ?? []) : options;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const REPORT_ID_LETTERS = 50;

/**
 * A report id for the reports that have none: `<start time>_` and letters made from the header, the
 * same for the same header, as published data has them.
 */
export function generatedReportId(header: JsonObject): string {
  const seconds = typeof header.start_time === 'number' ? header.start_time : 0;
  const began = (timeText(seconds) ?? timeText(0)!).replace(/[-:]/g, '').replace(' ', 'T');
  const text = (name: string, missing: string) =>
    typeof header[name] === 'string' ? header[name] : missing;
  const city = header.probe_city === null ? '' : (cityText(header.probe_city) ?? 'None');
  const hash = createHash('sha512')
    .update(text('probe_cc', 'ZZ'))
    .update(text('probe_asn', UNKNOWN_ASN))
    .update(text('test_name', 'invalid'))
    .update(text('software_version', '0.0.0'))
    .update(city)
    .digest();
  const letters = [...hash].map((byte) => LETTERS[byte % LETTERS.length]);
  return `${began}Z_${letters.slice(0, REPORT_ID_LETTERS).join('')}`;
}

/** What is no UTF-8 arrives as base64; its readable bytes count. */
function cityText(city: unknown): string | undefined {
  if (typeof city === 'string') return city;
  if (!isObject(city) || typeof city.data !== 'string') return undefined;
  return Buffer.from(city.data, 'base64').toString('utf8').replaceAll('\ufffd', '');
}
