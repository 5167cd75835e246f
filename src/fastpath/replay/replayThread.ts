/** A scoring thread of a replay: reads archived measurements in all their forms, and scores them. */
import { parentPort } from 'node:worker_threads';
import { compileFingerprints, type FingerprintSet } from '../../core/fingerprints/match.ts';
import { isObject, type JsonObject } from '../../core/json/jsonValue.ts';
import { parseBoundedJson } from '../../core/json/parseJson.ts';
import { indexedInput } from '../../core/measurement/envelope.ts';
import type { Verified } from '../../core/measurement/unwrap.ts';
import { plainTestName } from '../../core/nettests/testNameForms.ts';
import { derivedUid } from '../../core/replay/derivedUid.ts';
import { legacyMeasurement } from '../../core/replay/legacyReport.ts';
import { parseLegacyYaml } from '../../core/replay/legacyYaml.ts';
import type { Filter } from '../../core/replay/selection.ts';
import { type Scored, scoreBare, scoreStored } from '../../core/scoring/archived.ts';
import { parseDateTime } from '../../core/time/measurementTime.ts';
import { yamlFault } from '../../core/yaml/fault.ts';
import { serveTasks } from '../taskLoop.ts';
import type {
  Job,
  JobResult,
  ReplayAnswer,
  ReplayTask,
  ReplayThreadData,
} from './replayMessages.ts';

type Wanted = Pick<Filter, 'countries' | 'tests'>;

/** Serves the main thread until it ends this one. Call only inside a worker thread. */
export function runReplayThread(data: ReplayThreadData): void {
  let known = compileFingerprints([], []);
  serveTasks<ReplayTask, ReplayAnswer>({
    port: parentPort!,
    onFingerprints({ dns, http, sha256 }) {
      known = compileFingerprints(dns, http, sha256);
    },
    work({ uid, job }, began) {
      began();
      return { uid, result: doJob(job, known, data.replay) };
    },
    bytesOf: ({ result }) =>
      result.kind === 'row' ? result.row.length + (result.openvpnRow?.length ?? 0) : 0,
  });
}

/** Never throws for bad input. */
function doJob(job: Job, known: FingerprintSet, wanted: Wanted): JobResult {
  switch (job.kind) {
    case 'post': {
      const uid = job.measurementUid;
      return resultOf(scoreStored(job.bytes, uid, known), uid);
    }
    case 'yaml':
      return scoreEntry(job.header, job.entry, known, wanted);
    default: {
      const line = parseBoundedJson(job.bytes);
      if (line.kind === 'invalid') return { kind: 'failed', reason: line.reason };
      if (!isObject(line.value)) return { kind: 'failed', reason: 'not a JSON object' };
      if (Object.keys(line.value).length === 0) return { kind: 'empty' };
      return doLine(job, line.value, known, wanted);
    }
  }
}

function doLine(
  job: Extract<Job, { kind: 'identify' | 'line' | 'can-line' }>,
  measurement: JsonObject,
  known: FingerprintSet,
  wanted: Wanted,
): JobResult {
  if (!isWanted(measurement, wanted)) return { kind: 'unwanted' };
  const score = (uid: string, isVerified: Verified) => {
    const source = { json: job.bytes, at: () => 0 };
    return resultOf(scoreBare({ value: measurement, isVerified, source }, uid, known), uid);
  };
  switch (job.kind) {
    case 'line':
      return score(job.measurementUid, job.isVerified);
    case 'can-line':
      return score(uidOf(job.bytes, measurement), 'u');
    case 'identify': {
      const { report_id, input, measurement_start_time } = measurement;
      return {
        kind: 'identity',
        identity: {
          reportId: typeof report_id === 'string' ? report_id : '',
          input: indexedInput(input),
          measurementStartS: parseDateTime(measurement_start_time),
          derivedUid: uidOf(job.bytes, measurement),
        },
      };
    }
  }
}

function scoreEntry(
  header: Uint8Array,
  entry: Uint8Array,
  known: FingerprintSet,
  wanted: Wanted,
): JobResult {
  let documents: unknown[];
  try {
    documents = [header, entry].map((bytes) =>
      parseLegacyYaml(Buffer.from(bytes).toString('utf8')),
    );
  } catch (error) {
    return { kind: 'failed', reason: `not YAML: ${yamlFault(error)}` };
  }
  const [report, measured] = documents;
  // Some reports end in a document that says nothing.
  if (measured === null) return { kind: 'empty' };
  if (!isObject(report) || !isObject(measured))
    return { kind: 'failed', reason: 'a YAML document that is not a map' };
  const measurement = legacyMeasurement(report, measured);
  if (!isWanted(measurement, wanted)) return { kind: 'unwanted' };
  const uid = uidOf(entry, measurement);
  return resultOf(scoreBare({ value: measurement, isVerified: 'u' }, uid, known), uid);
}

function resultOf(scored: Scored, measurementUid: string): JobResult {
  switch (scored.kind) {
    case 'discard':
      return scored;
    case 'quarantine':
      return { kind: 'failed', measurementUid, reason: scored.reason };
    case 'row':
      return {
        ...scored.texts,
        measurementUid,
        testName: scored.testName,
        measurementStartTime: scored.row.measurement_start_time,
      };
  }
}

function uidOf(raw: Uint8Array, measurement: JsonObject): string {
  return derivedUid(raw, measurement.measurement_start_time);
}

function isWanted({ probe_cc, test_name }: JsonObject, { countries, tests }: Wanted): boolean {
  const cc = typeof probe_cc === 'string' ? probe_cc.toUpperCase() : '';
  const test = typeof test_name === 'string' ? plainTestName(test_name) : '';
  return (countries.size === 0 || countries.has(cc)) && (tests.size === 0 || tests.has(test));
}
