/** A process that gives the native decompressor what nobody should send: fuzzProgram MODULE. */
import { createRequire } from 'node:module';
import { ZSTDDecoder } from 'zstddec';
import type { DecompressDoor } from '../../../src/edge/zstd/native.ts';
import { ODD_ARGUMENTS } from '../../support/oddArguments.ts';
import { randomChoices } from '../../support/random.ts';
import {
  block,
  bomb,
  LONG_SEQUENCES,
  rawFrame,
  SAMPLE_TEXT,
  SAMPLES,
  skippableFrame,
  windowFrame,
} from './samples.ts';

export interface FuzzReport {
  readonly accepted: number;
  readonly refused: number;
  /** What differs from the reference, shows what was in the room, wrote beside it, or was not answered. */
  readonly wrong: readonly string[];
}

const TRIES = 4_000;
const ODD_TRIES = 300;
/** Around the room for the content: nobody may write there. */
const GUARD_BYTES = 256;

async function fuzz(module: string): Promise<void> {
  const { decompress } = createRequire(import.meta.url)(module) as DecompressDoor;
  const reference = new ZSTDDecoder();
  await reference.init();
  const { below, pick } = randomChoices(20261126);
  const seeds = [
    ...Object.values(SAMPLES).map((base64) => Buffer.from(base64, 'base64')),
    Buffer.concat([skippableFrame(Buffer.alloc(9)), rawFrame('abc'), rawFrame('x'.repeat(300))]),
    LONG_SEQUENCES,
    bomb(3),
    windowFrame(23, block(1, 1_000, Buffer.from('a'), false), block(0, 1, Buffer.from('b'))),
  ];

  const mutated = (): Buffer => {
    const seed = pick(seeds);
    let data = Buffer.from(seed);
    for (let changes = below(4); changes > 0; changes--) {
      const at = below(data.length);
      switch (below(6)) {
        case 0:
          data[at] = data[at]! ^ (1 << below(8));
          break;
        case 1:
          data[at] = below(256);
          break;
        case 2:
          data.fill(pick([0, 255, 128]), at, Math.min(data.length, at + below(8)));
          break;
        case 3:
          data = Buffer.concat([data.subarray(0, at), data.subarray(at + below(20))]);
          break;
        case 4:
          data = Buffer.concat([data.subarray(0, at), pick(seeds).subarray(below(30))]);
          break;
        case 5:
          data = Buffer.concat([data.subarray(0, at), data.subarray(below(at + 1))]);
      }
      if (data.length === 0) data = Buffer.from([below(256)]);
    }
    return data;
  };

  const decompressGuarded = async (data: Buffer, bound: number, filled: number) => {
    const whole = Buffer.alloc(bound + 2 * GUARD_BYTES, filled);
    const room = whole.subarray(GUARD_BYTES, GUARD_BYTES + bound);
    const length = await decompress(data, room);
    const around = [whole.subarray(0, GUARD_BYTES), whole.subarray(GUARD_BYTES + bound)];
    return {
      length,
      content: room.subarray(0, Math.max(0, length)),
      guarded: around.every((guard) => guard.every((byte) => byte === filled)),
    };
  };

  const wrong: string[] = [];
  let accepted = 0;
  for (let tries = 0; tries < TRIES; tries++) {
    const data = mutated();
    const bound = pick([1, 100, SAMPLE_TEXT.length, SAMPLE_TEXT.length - 1, 20_000]);
    const first = await decompressGuarded(data, bound, 0xa5);
    const second = await decompressGuarded(data, bound, 0x5a);
    // What was in the room before must not show: it may be of another's measurement.
    if (first.length !== second.length || !first.content.equals(second.content))
      wrong.push(`not all of its content is its own: ${data.toString('base64')}`);
    if (!first.guarded || !second.guarded)
      wrong.push(`written beside the room of ${bound}: ${data.toString('base64')}`);
    // Where there is no checksum libraries of before 1.5.7 let more damage pass. What the reference refuses
    // and what is empty cannot be told apart.
    const expected = Buffer.from(reference.decode(data, bound));
    if (expected.length > 0 && !expected.equals(first.content))
      wrong.push(`${first.length}, not ${expected.length}: ${data.toString('base64')}`);
    const { length } = first;
    if (length >= 0) accepted++;
  }
  for (let tries = 0; tries < ODD_TRIES; tries++) {
    const given: unknown[] = [rawFrame('abc'), Buffer.alloc(8)];
    given[below(2)] = pick(ODD_ARGUMENTS);
    if (below(5) === 0) given.length = below(2);
    try {
      const length = await (decompress as (...all: unknown[]) => Promise<unknown>)(...given);
      if (typeof length !== 'number') wrong.push(`odd ${tries}: ${typeof length}`);
    } catch (error) {
      if (!(error instanceof TypeError)) wrong.push(String(error));
    }
  }
  const report: FuzzReport = { accepted, refused: TRIES - accepted, wrong: wrong.slice(0, 10) };
  process.stdout.write(JSON.stringify(report));
}

await fuzz(process.argv[2]!);
