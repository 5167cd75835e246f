/** Runs the module of the first argument through texts and through arguments that are none. */
import { inflateRawSync } from 'node:zlib';
import { type DeflateDoor, makeNativeDeflater } from '../../../src/edge/gzip/native.ts';
import { loadNative } from '../../../src/native/nativeModule.ts';
import { inPieces, LAST_BLOCK, texts } from './texts.ts';

const loaded = loadNative<DeflateDoor>(process.argv[2]!);
if (loaded.kind === 'unusable') throw new Error(loaded.reason);
const deflater = makeNativeDeflater(6, loaded.doors);

const wrong: string[] = [];
await Promise.all(
  texts().map(async ({ name, text }) => {
    const deflated = await deflater.deflate(text, Uint32Array.from(inPieces(text.length)));
    if (!inflateRawSync(Buffer.concat([deflated, LAST_BLOCK])).equals(text)) wrong.push(name);
  }),
);

const text = Buffer.from('text');
const ends = (...all: number[]) => Uint32Array.from(all);
const none: unknown[][] = [
  [],
  ['text', ends(4), 6],
  [text, [4], 6],
  [text, ends(), 6],
  [text, ends(3), 6],
  [text, ends(2, 2, 4), 6],
  [text, ends(5, 4), 6],
  [text, ends(4), 0],
  [text, ends(4), 10],
];
let refused = 0;
for (const given of none)
  try {
    (loaded.doors.deflate as (...given: unknown[]) => unknown)(...given);
  } catch (error) {
    if (error instanceof TypeError) refused++;
  }
console.log(JSON.stringify({ wrong, refused }));
