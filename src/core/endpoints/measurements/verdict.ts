/** The verdict on a measurement, and what in its scores it rests on: for whoever says it in words. */
import { isObject } from '../../json/jsonValue.ts';
import { parseJsonText } from '../../json/parseJson.ts';
import { shortened } from '../../text/shortened.ts';

/** In the order in which one wins over the next; each measurement has one (protocol, data 4.7). */
export const VERDICTS = ['failure', 'confirmed', 'anomaly', 'ok'] as const;
export type Verdict = (typeof VERDICTS)[number];

export function verdictOf(flags: {
  readonly failure: boolean;
  readonly confirmed: boolean;
  readonly anomaly: boolean;
}): Verdict {
  return VERDICTS.find((verdict) => verdict === 'ok' || flags[verdict]) ?? 'ok';
}

export const BLOCKING_TYPES = ['dns', 'tcp_ip', 'http-diff', 'http-failure'] as const;
export type BlockingType = (typeof BLOCKING_TYPES)[number];

export interface VerdictReasons {
  readonly blockingType: BlockingType | undefined;
  readonly fingerprints: readonly {
    readonly name: string;
    readonly scope: string;
    readonly countries: readonly string[];
  }[];
  /** From 0 to 1. */
  readonly accuracy: number | undefined;
  readonly messages: readonly string[];
  /** What else the scoring noted, as texts. */
  readonly notes: readonly (readonly [name: string, value: string])[];
}

/** Notes of one measurement: more would be a list that nobody reads. */
const MAX_NOTES = 20;
const MAX_NOTE_CHARS = 300;

/** `scores`: JSON as it stands in the row. What has another shape is left out. */
export function verdictReasons(scores: string): VerdictReasons {
  const parsed = parseJsonText(scores);
  const value = parsed.kind === 'ok' && isObject(parsed.value) ? parsed.value : {};
  const analysis = isObject(value.analysis) ? value.analysis : {};
  const fingerprints = Array.isArray(value.fingerprints) ? value.fingerprints : [];
  return {
    blockingType: BLOCKING_TYPES.find((type) => type === analysis.blocking_type),
    fingerprints: fingerprints
      .filter(isObject)
      .slice(0, MAX_NOTES)
      .map(({ name, scope, expected_countries: countries }) => ({
        name: noteText(name),
        scope: noteText(scope),
        countries: Array.isArray(countries) ? countries.slice(0, MAX_NOTES).map(noteText) : [],
      })),
    accuracy: typeof value.accuracy === 'number' ? value.accuracy : undefined,
    messages: [value.msg, analysis.msg].filter(
      (message): message is string => typeof message === 'string' && message !== '',
    ),
    notes: Object.entries(analysis)
      .filter(([name]) => name !== 'msg' && name !== 'blocking_type')
      .slice(0, MAX_NOTES)
      .map(([name, note]) => [name, noteText(note)] as const),
  };
}

function noteText(value: unknown): string {
  return shortened(
    typeof value === 'string' ? value : (JSON.stringify(value) ?? ''),
    MAX_NOTE_CHARS,
  );
}
