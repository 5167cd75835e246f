/** A scoring thread of a replay: reads archived measurements in all their forms, and scores them. */
import { parentPort } from 'node:worker_threads';
import { compileFingerprints, type FingerprintSet } from '../../core/fingerprints/match.ts';
import { isObject, type JsonObject, parseBoundedJson } from '../../core/json/parse.ts';
import { indexedInput } from '../../core/measurement/envelope.ts';
import { derivedUid } from '../../core/replay/derivedUid.ts';
import { legacyMeasurement } from '../../core/replay/legacyReport.ts';
import { parseLegacyYaml } from '../../core/replay/legacyYaml.ts';
import type { Filter } from '../../core/replay/selection.ts';
import { plainTestName } from '../../core/replay/testNames.ts';
import type { Verified } from '../../core/scoring/envelope.ts';
import { scorePost, scoreValue } from '../../core/scoring/index.ts';
import { insertTexts } from '../../core/scoring/insertTexts.ts';
import type { Outcome } from '../../core/scoring/outcome.ts';
import { parseDateTime } from '../../core/scoring/time.ts';
import { yamlFault } from '../../core/yaml/fault.ts';
import type { FromWorker, ToWorker } from '../messages.ts';
import type { Job, JobResult, ReplayAnswer, ReplayTask, ReplayThreadData } from './messages.ts';

type Wanted = Pick<Filter, 'countries' | 'tests'>;

/** Serves the main thread until it ends this one. Call only inside a worker thread. */
export function runReplayThread(data: ReplayThreadData): void {
  const port = parentPort!;
  let known = compileFingerprints([], []);
  port.on('message', (message: ToWorker<ReplayTask>) => {
    if (message.kind === 'fingerprints') {
      known = compileFingerprints(message.dns, message.http);
      return;
    }
    port.postMessage({ kind: 'began', uid: message.uid } satisfies FromWorker);
    const result = doJob(message.job, known, data.replay);
    port.postMessage({
      kind: 'scored',
      uid: message.uid,
      result,
    } satisfies FromWorker<ReplayAnswer>);
  });
  port.postMessage({ kind: 'ready' } satisfies FromWorker);
}

/** Never throws for bad input. */
export function doJob(job: Job, known: FingerprintSet, wanted: Wanted): JobResult {
  switch (job.kind) {
    case 'post': {
      const uid = job.measurementUid;
      return resultOf(scorePost(job.bytes, uid, known), uid);
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
  switch (job.kind) {
    case 'line':
      return scoreBare(measurement, job.measurementUid, job.isVerified, known, job.bytes);
    case 'can-line':
      return scoreBare(measurement, uidOf(job.bytes, measurement), 'u', known, job.bytes);
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
  return scoreBare(measurement, uidOf(entry, measurement), 'u', known);
}

/**
 * Scores what is a measurement without envelope. It gets one of ours: its own members `is_verified`,
 * `format` or `content`, which are the probe's, must not be taken for ours.
 */
function scoreBare(
  measurement: JsonObject,
  measurementUid: string,
  isVerified: Verified,
  known: FingerprintSet,
  json?: Uint8Array,
): JobResult {
  const source = json && { json, at: () => 0 };
  const post = { format: 'json', content: measurement, is_verified: isVerified };
  return resultOf(scoreValue(post, measurementUid, known, source), measurementUid);
}

function resultOf(outcome: Outcome, measurementUid: string): JobResult {
  switch (outcome.kind) {
    case 'discard':
      return outcome;
    case 'quarantine':
      return { kind: 'failed', measurementUid, reason: outcome.reason };
    case 'row': {
      const texts = insertTexts(outcome);
      if (texts.kind !== 'row') return { kind: 'failed', measurementUid, reason: texts.reason };
      return {
        ...texts,
        measurementUid,
        testName: outcome.testName,
        measurementStartTime: outcome.row.measurement_start_time,
      };
    }
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
