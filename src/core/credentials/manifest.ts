/** The manifest of anonymous credentials: what a credential must be to count (protocol, probes 3.4.1). */
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import { parseBoundedJson } from '../json/parseJson.ts';
import { sha256Hex } from '../text/sha256.ts';

export interface Policy {
  /** `*` or a country. */
  readonly probeCc: string;
  /** `*` or a network, `AS30722`. */
  readonly probeAsn: string;
  /** Days of issue (Julian day numbers) of credentials that count. */
  readonly age: readonly [number, number];
  readonly minMeasurementCount: number;
}

export interface Manifest {
  /** The file's content, for clients, with its defaults. */
  readonly document: JsonObject;
  /** The last one fits everybody. */
  readonly policies: readonly Policy[];
  /** Names this very content. */
  readonly version: string;
}

const DEFAULT_NYM_SCOPE = 'ooni.org/{probe_cc}/{probe_asn}';
const VERSION_CHARACTERS = 32;

/** Throws with a reason. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const parsed = parseBoundedJson(bytes);
  if (parsed.kind === 'invalid') throw new Error(parsed.reason);
  if (!isObject(parsed.value)) throw new Error('it is no JSON object');
  const file = parsed.value;
  const nymScope = member(file, 'nym_scope') ?? DEFAULT_NYM_SCOPE;
  if (typeof nymScope !== 'string' || nymScope === '') throw new Error('"nym_scope" is no text');
  const parameters = member(file, 'public_parameters');
  if (typeof parameters !== 'string' || parameters.trim() === '')
    throw new Error('"public_parameters" is no text');
  const entries = member(file, 'submission_policy');
  if (!Array.isArray(entries) || entries.length === 0)
    throw new Error('"submission_policy" is no list with entries');
  const policies = entries.map(policyOf);
  const last = policies.at(-1)!;
  if (last.probeCc !== '*' || last.probeAsn !== '*')
    throw new Error('the last rule of "submission_policy" is not for everybody (* and *)');
  return {
    document: { ...file, nym_scope: nymScope },
    policies,
    version: sha256Hex(bytes).slice(0, VERSION_CHARACTERS),
  };
}

function policyOf(entry: unknown, at: number): Policy {
  const where = `entry ${at + 1} of "submission_policy"`;
  const part = (name: string): JsonObject => {
    const value = isObject(entry) ? member(entry, name) : undefined;
    if (!isObject(value)) throw new Error(`${where} has no object "${name}"`);
    return value;
  };
  const match = part('match');
  const policy = part('policy');
  const [probeCc, probeAsn] = [member(match, 'probe_cc'), member(match, 'probe_asn')];
  if (typeof probeCc !== 'string' || typeof probeAsn !== 'string')
    throw new Error(`${where} has no texts "probe_cc" and "probe_asn"`);
  const age = member(policy, 'age');
  const [from, to, ...more] = Array.isArray(age) ? age : [];
  if (!isCount(from) || !isCount(to) || more.length > 0)
    throw new Error(`"age" in ${where} is not two whole numbers`);
  const minMeasurementCount = member(policy, 'min_measurement_count');
  if (!isCount(minMeasurementCount))
    throw new Error(`"min_measurement_count" in ${where} is no whole number`);
  return { probeCc, probeAsn, age: [from, to], minMeasurementCount };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The first policy that fits; there is always one. Texts are compared as they are. */
export function policyFor({ policies }: Manifest, probeCc: string, probeAsn: string): Policy {
  return policies.find(
    (policy) =>
      (policy.probeCc === '*' || policy.probeCc === probeCc) &&
      (policy.probeAsn === '*' || policy.probeAsn === probeAsn),
  )!;
}

/** Julian day number of the UTC date, by which credentials tell their age. */
export function julianDay(atMs: number): number {
  return Math.floor(atMs / 86_400_000) + JULIAN_DAY_OF_1970;
}

const JULIAN_DAY_OF_1970 = 2_440_588;
