/**
 * The `score` command: measurements in, the rows that the daemon would store out, one JSON line each,
 * with no config, database or network. It is how anyone checks a published score (docs/scoring.md).
 */
import type { Readable, Writable } from 'node:stream';
import { compileFingerprints, type FingerprintSet } from '../../core/fingerprints/match.ts';
import { MAX_DEPTH } from '../../core/json/bounds.ts';
import { has, isObject, type JsonObject } from '../../core/json/jsonValue.ts';
import { parseBoundedJson } from '../../core/json/parseJson.ts';
import { memberValue } from '../../core/json/scan.ts';
import { MAX_BODY_BYTES } from '../../core/measurement/sizes.ts';
import { type Scored, scoreBare, scoreParsedPost } from '../../core/scoring/archived.ts';
import { rowAsJson } from '../../core/scoring/fastpathRow.ts';
import { rawLines } from '../../core/text/lines.ts';
import { printable } from '../../core/text/printable.ts';
import { type AddCommand, FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { FINGERPRINT_FOLDER, readFingerprintFolder } from '../../program/fingerprintFolder.ts';

export interface ScoreOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Folder with fingerprints_dns.csv and fingerprints_http.csv; without it nothing is confirmed. */
  readonly fingerprintsDir?: string;
}

export const addScore: AddCommand = (cli, exit) =>
  cli.command(
    'score',
    'score measurements from standard input: no config, database or network',
    (options) =>
      options.option('fingerprints', {
        type: 'string',
        describe: FINGERPRINT_FOLDER,
      }),
    async ({ fingerprints }) =>
      exit(
        await runScore({
          input: process.stdin,
          output: process.stdout,
          ...(fingerprints === undefined ? {} : { fingerprintsDir: fingerprints }),
        }),
      ),
  );

/** Longer lines are answered with an error and skipped: the api takes none that is longer. */
const MAX_LINE_BYTES = MAX_BODY_BYTES + '\n'.length;

/**
 * Reads `{"measurement_uid", "measurement"}` (or `"post"`) lines and answers each in order. Memory holds one line
 * at a time, however slow the reader of the output is. Returns the exit code.
 */
export async function runScore({ input, output, fingerprintsDir }: ScoreOptions): Promise<number> {
  const known = loadFingerprints(fingerprintsDir);
  const answers = answerWriter(output);
  for await (const line of rawLines(input, MAX_LINE_BYTES)) {
    const text = 'tooLongBytes' in line ? tooLong() : answer(line, known);
    if (!(await answers.write(`${printable(text)}\n`))) return EXIT.io;
  }
  return (await answers.flush()) ? EXIT.ok : EXIT.io;
}

function answer(line: Buffer, known: FingerprintSet): string {
  // What is given is one level within the line.
  const parsed = parseBoundedJson(line, MAX_DEPTH + 1);
  if (parsed.kind === 'invalid') return answerJson(null, 'error', parsed.reason);
  const { value } = parsed;
  if (!isObject(value) || typeof value.measurement_uid !== 'string') {
    return answerJson(null, 'error', 'expected an object with measurement_uid and measurement');
  }
  return scoredJson(value.measurement_uid, scoreGiven(line, value, value.measurement_uid, known));
}

/** `post` is a stored envelope; `measurement` a published line, or an envelope that is no measurement. */
function scoreGiven(line: Buffer, given: JsonObject, uid: string, known: FingerprintSet): Scored {
  const sourceOf = (name: string) => ({
    json: line,
    at: () => memberValue(line, 0, name)?.start ?? 0,
  });
  if (has(given, 'post')) return scoreParsedPost(given.post, uid, known, sourceOf('post'));
  const { measurement } = given;
  const source = sourceOf('measurement');
  const isMeasurement = isObject(measurement) && has(measurement, 'report_id');
  return isMeasurement
    ? scoreBare({ value: measurement, isVerified: 'u', source }, uid, known)
    : scoreParsedPost(measurement, uid, known, source);
}

function scoredJson(uid: string, scored: Scored): string {
  switch (scored.kind) {
    case 'row':
      return `{"measurement_uid":${JSON.stringify(uid)},"row":${rowAsJson(scored.row)}}`;
    case 'discard':
      return answerJson(uid, 'discarded', scored.reason);
    case 'quarantine':
      return answerJson(uid, 'error', scored.reason);
  }
}

function answerJson(uid: string | null, kind: 'discarded' | 'error', reason: string): string {
  return JSON.stringify({ measurement_uid: uid, [kind]: reason });
}

function tooLong(): string {
  return answerJson(null, 'error', `line of more than ${MAX_BODY_BYTES} bytes`);
}

function loadFingerprints(folder: string | undefined): FingerprintSet {
  return folder === undefined ? compileFingerprints([], []) : readFingerprintFolder(folder);
}

interface AnswerWriter {
  /** Resolves when there is room for more; false once the reader is gone. */
  write(text: string): Promise<boolean>;
  /** Resolves when everything was handed over. */
  flush(): Promise<boolean>;
}

/** A reader that leaves early, such as `head`, is no error; any other failure to write is. */
function answerWriter(output: Writable): AnswerWriter {
  let failure: NodeJS.ErrnoException | undefined;
  output.on('error', (error) => {
    failure ??= error;
  });
  const isOpen = (): boolean => {
    if (failure && failure.code !== 'EPIPE')
      throw new FatalError('cannot write the answers', EXIT.io, { cause: failure });
    return failure === undefined && !output.destroyed;
  };
  return {
    async write(text) {
      if (isOpen() && !output.write(text)) await roomIn(output);
      return isOpen();
    },
    async flush() {
      if (isOpen()) await new Promise<void>((resolve) => output.write('', () => resolve()));
      return isOpen();
    },
  };
}

function roomIn(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      output.off('drain', done).off('error', done).off('close', done);
      resolve();
    };
    output.on('drain', done).on('error', done).on('close', done);
  });
}
