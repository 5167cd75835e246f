/** A process that looks for layouts in all kinds of bodies: fuzzProgram MODULE. */
import { createRequire } from 'node:module';
import { type LayoutDoor, NOT_IN_ORDER, ROOM_NUMBERS } from '../../../src/edge/layout/layout.ts';
import { ODD_ARGUMENTS } from '../../support/oddArguments.ts';
import { randomChoices } from '../../support/random.ts';
import { judgedTexts } from './bodies.ts';

export interface FuzzReport {
  readonly found: number;
  readonly left: number;
  /** Written or read beside the room, accepted though JavaScript does not, or neither answered nor refused. */
  readonly wrong: readonly string[];
}

const GUARD_BYTES = 64;
const GUARD = 0xa5;

async function fuzz(module: string): Promise<void> {
  const { layout, layoutNow } = createRequire(import.meta.url)(module) as LayoutDoor;
  const { below, pick } = randomChoices(42);
  const wrong: string[] = [];
  let found = 0;
  let left = 0;
  for (const { text: json, shape } of judgedTexts(4_000, 7)) {
    // In a buffer of its own size, so that a byte read behind it is one of nobody.
    const source = Buffer.from(json);
    const body = Buffer.allocUnsafeSlow(source.length);
    source.copy(body);
    const whole = Buffer.alloc(body.length + 2 * GUARD_BYTES, GUARD);
    const room = whole.subarray(GUARD_BYTES, GUARD_BYTES + body.length);
    const text = shape === 'text' ? room : Buffer.alloc(0);
    const numbers = new Int32Array(ROOM_NUMBERS);
    const now = layoutNow(body, text, numbers, 1_000);
    const others = new Int32Array(ROOM_NUMBERS);
    const textLength = await layout(body, text, others, 1_000);
    if (now !== textLength || Buffer.compare(bytesOf(numbers), bytesOf(others)) !== 0)
      wrong.push(`not the same in a thread: ${source.toString('base64')}`);
    const around = [whole.subarray(0, GUARD_BYTES), whole.subarray(GUARD_BYTES + body.length)];
    if (around.some((guard) => guard.some((byte) => byte !== GUARD)))
      wrong.push(`beside the room: ${source.toString('base64')}`);
    if (!body.equals(source)) wrong.push(`changed: ${source.toString('base64')}`);
    if (textLength === NOT_IN_ORDER) {
      left++;
      continue;
    }
    found++;
    try {
      const value = JSON.parse(body.toString()) as { content?: unknown };
      if (textLength >= 0 && room.toString('utf8', 0, textLength) !== value.content)
        wrong.push(`another text: ${source.toString('base64')}`);
    } catch {
      wrong.push(`no JSON: ${source.toString('base64')}`);
    }
  }
  for (let tries = 0; tries < 300; tries++) {
    const json = Buffer.from('{"content":"{}"}');
    const given: unknown[] = [json, Buffer.alloc(16), new Int32Array(ROOM_NUMBERS), 1_000];
    given[below(4)] = pick([...ODD_ARGUMENTS, new Int32Array(ROOM_NUMBERS - 1)]);
    if (below(5) === 0) given.length = below(4);
    try {
      const door = pick([layout, layoutNow]) as (...all: unknown[]) => unknown;
      if (typeof (await door(...given)) !== 'number') wrong.push(`odd ${tries}`);
    } catch (error) {
      if (!(error instanceof TypeError)) wrong.push(String(error));
    }
  }
  const report: FuzzReport = { found, left, wrong: wrong.slice(0, 10) };
  process.stdout.write(JSON.stringify(report));
}

const bytesOf = ({ buffer }: Int32Array) => new Uint8Array(buffer);

await fuzz(process.argv[2]!);
