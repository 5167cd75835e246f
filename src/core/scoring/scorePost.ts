import type { FingerprintSet } from '../fingerprints/match.ts';
import { parseBoundedJson } from '../json/parseJson.ts';
import { memberValue } from '../json/scan.ts';
import { UNKNOWN_ASN } from '../measurement/asNumber.ts';
import { unwrap, type Verified } from '../measurement/unwrap.ts';
import { checkClock } from './clockCheck.ts';
import { fastpathRow } from './fastpathRow.ts';
import { type Source, withLiterals } from './literals.ts';
import type { Measurement } from './measurement.ts';
import { score } from './nettestRegistry.ts';
import { openvpnRow } from './openvpnRow.ts';
import type { Outcome } from './outcome.ts';
import { absent, MalformedField } from './values.ts';

/**
 * Scores one stored `.post` (protocol, scoring 1). Never throws for bad input: that is an
 * outcome. A bug in a rule is one too, for the measurement must not be lost to it.
 */
export function scorePost(bytes: Uint8Array, uid: string, known: FingerprintSet): Outcome {
  const parsed = parseBoundedJson(bytes);
  if (parsed.kind === 'invalid') return { kind: 'quarantine', reason: parsed.reason };
  return scoreValue(parsed.value, uid, known, { json: bytes, at: () => 0 });
}

/** The same for a `.post` that is parsed already; `source` is the text that it was parsed from. */
export function scoreValue(
  value: unknown,
  uid: string,
  known: FingerprintSet,
  source?: Source,
): Outcome {
  const post = unwrap(value);
  if (post.kind === 'invalid') return { kind: 'quarantine', reason: post.reason };
  const { measurement, verified, enveloped } = post;
  const within = enveloped ? source && contentOf(source) : source;
  return scoreMeasurement(measurement, verified, uid, known, within);
}

/** Of what its envelope holds, or of what never had one. */
export function scoreMeasurement(
  measurement: Measurement,
  verified: Verified,
  uid: string,
  known: FingerprintSet,
  source?: Source,
): Outcome {
  try {
    const reason = discardReason(measurement);
    if (reason !== undefined) return { kind: 'discard', reason };

    const scores = score(measurement, known);
    checkClock(measurement, uid, scores);
    const written = source === undefined ? measurement : withLiterals(measurement, source);
    const row = fastpathRow({ measurementUid: uid, measurement: written, verified, scores });
    const outcome: Outcome = { kind: 'row', testName: row.test_name, row };
    if (measurement.test_name === 'openvpn') outcome.openvpn = openvpnRow(written, row);
    return outcome;
  } catch (error) {
    if (error instanceof MalformedField) return { kind: 'quarantine', reason: error.message };
    // Rules compare and copy values by recursion; what JSON.parse can read may be deeper.
    if (error instanceof RangeError)
      return { kind: 'quarantine', reason: `too deep or too large: ${error.message}` };
    return { kind: 'quarantine', reason: `scoring failed: ${bugOf(error)}` };
  }
}

function contentOf({ json, at }: Source): Source {
  return { json, at: () => memberValue(json, at(), 'content')?.start ?? 0 };
}

/** What and where, without the message, which may quote the measurement. */
function bugOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name} ${/^ +at .*$/m.exec(error.stack ?? '')?.[0].trim() ?? ''}`.trim();
}

/** Step 4: measurements that nobody can attribute to a report or a network. */
function discardReason(measurement: Measurement): string | undefined {
  if (absent(measurement.report_id)) return 'no report_id';
  if (upperCased(measurement.probe_cc) === 'ZZ') return 'probe_cc is ZZ';
  if (upperCased(measurement.probe_asn) === UNKNOWN_ASN) return 'probe_asn is AS0';
  return undefined;
}

function upperCased(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toUpperCase() : undefined;
}
