/** A process that gives the native gunzip what nobody should send: gunzipProgram MODULE. */
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { type GunzipDoor, gunzipByZlib } from '../../../src/edge/http/gunzip.ts';
import { ODD_ARGUMENTS } from '../../support/oddArguments.ts';
import { randomChoices } from '../../support/random.ts';
import { texts } from '../gzip/texts.ts';

export interface FuzzReport {
  readonly filled: number;
  readonly refused: number;
  /** What zlib says otherwise, was written beside the room, or was not answered. */
  readonly wrong: readonly string[];
}

const TRIES = 6_000;
const ODD_TRIES = 300;
/** Around the room for the content: nobody may write there. */
const GUARD_BYTES = 256;
const GUARD = 0xa5;

const { gunzip } = createRequire(import.meta.url)(process.argv[2]!) as GunzipDoor;
const { below, pick } = randomChoices(20261127);
const seeds = texts()
  .filter(({ name }) => !name.startsWith('noise'))
  .flatMap(({ text }) =>
    [0, 1, 9].map((level) => gzipSync(text.subarray(0, below(20_000)), { level })),
  );

/** Many stay whole. */
function mutated(): Buffer {
  let data = Buffer.from(pick(seeds));
  for (let changes = below(3); changes > 0 && data.length > 0; changes--) {
    const at = below(data.length);
    switch (below(4)) {
      case 0:
        data[at] = data[at]! ^ (1 << below(8));
        break;
      case 1:
        data.fill(pick([0, 255, 128]), at, Math.min(data.length, at + below(8)));
        break;
      case 2:
        data = Buffer.concat([data.subarray(0, at), data.subarray(at + below(20))]);
        break;
      case 3:
        data = Buffer.concat([data.subarray(0, at), pick(seeds).subarray(below(30))]);
    }
  }
  return data;
}

const wrong: string[] = [];
let filled = 0;
for (let tries = 0; tries < TRIES; tries++) {
  const data = mutated();
  const said = data.length < 4 ? 0 : data.readUInt32LE(data.length - 4);
  const length = Math.max(0, Math.min(said, 100_000) + pick([0, 0, 0, -1, 1]));
  const whole = Buffer.alloc(length + 2 * GUARD_BYTES, GUARD);
  const content = whole.subarray(GUARD_BYTES, GUARD_BYTES + length);
  const isFilled = gunzip(data, content);
  const around = [whole.subarray(0, GUARD_BYTES), whole.subarray(GUARD_BYTES + length)];
  if (!around.every((guard) => guard.every((byte) => byte === GUARD)))
    wrong.push(`written beside the room of ${length}: ${data.toString('base64')}`);
  if (!isFilled) continue;
  filled++;
  const expected = Buffer.alloc(length);
  if (!gunzipByZlib(data, expected) || !expected.equals(content))
    wrong.push(`not what zlib says: ${data.toString('base64')}`);
}
for (let tries = 0; tries < ODD_TRIES; tries++) {
  const given: unknown[] = [gzipSync('text'), Buffer.alloc(4)];
  given[below(2)] = pick(ODD_ARGUMENTS);
  if (below(5) === 0) given.length = below(2);
  try {
    const answer = (gunzip as (...all: unknown[]) => unknown)(...given);
    if (answer !== false) wrong.push(`odd ${tries}: ${String(answer)}`);
  } catch (error) {
    if (!(error instanceof TypeError)) wrong.push(String(error));
  }
}
const report: FuzzReport = { filled, refused: TRIES - filled, wrong: wrong.slice(0, 10) };
process.stdout.write(JSON.stringify(report));
