/**
 * Pieces of deflated text, made by the native module and by the reference: put one behind the other they are one
 * stream, whatever the text is. The module runs under the compiler's checks too.
 *
 * Covers src/edge/gzip/{native, reference}.ts.
 */
import { inflateRawSync } from 'node:zlib';
import t from 'tap';
import { makeNativeDeflater, openDeflater } from '../../../src/edge/gzip/native.ts';
import { openReferenceDeflater } from '../../../src/edge/gzip/reference.ts';
import { noFallback } from '../../support/noFallback.ts';
import { runSanitized } from '../../support/sanitizedModule.ts';
import { inPieces, LAST_BLOCK, texts } from './texts.ts';

const SYNC_MARK = Buffer.from([0, 0, 0xff, 0xff]);

for (const level of [1, 6, 9])
  for (const deflater of [openDeflater(level, noFallback), openReferenceDeflater(level)])
    t.test(`${deflater.name}, level ${level}`, async (t) => {
      for (const { name, text } of texts()) {
        const textEnds = inPieces(text.length);
        const ends = Uint32Array.from(textEnds);
        const deflated = await deflater.deflate(text, ends);
        t.equal(ends.at(-1), deflated.length, `${name}: the last piece ends it`);
        const whole = Buffer.concat([deflated, LAST_BLOCK]);
        t.ok(inflateRawSync(whole).equals(text), `${name}: in one`);
        const wrong = textEnds.findIndex((end, at) => {
          const piece = deflated.subarray(ends[at - 1] ?? 0, ends[at]);
          const alone = inflateRawSync(Buffer.concat([piece, LAST_BLOCK]));
          const isText = alone.equals(text.subarray(textEnds[at - 1] ?? 0, end));
          return !isText || !piece.subarray(-4).equals(SYNC_MARK);
        });
        t.equal(wrong, -1, `${name}: each of ${textEnds.length} pieces alone`);
        const again = await deflater.deflate(text, Uint32Array.from(textEnds));
        t.ok(again.equals(deflated), `${name}: the same bytes again`);
      }
    });

t.test('what the module cannot deflate, zlib does', async (t) => {
  const deflater = makeNativeDeflater(6, {
    libdeflateVersion: 'at fault',
    deflate: async () => 'no memory',
  });
  const text = Buffer.from('the same text twice, the same text twice');
  const ends = Uint32Array.of(20, text.length);
  const deflated = await deflater.deflate(text, ends);
  t.equal(ends[1], deflated.length);
  t.ok(inflateRawSync(Buffer.concat([deflated, LAST_BLOCK])).equals(text));
});

t.test('where the module cannot be used, zlib deflates, and it is told', async (t) => {
  const reasons: string[] = [];
  const deflater = openDeflater(6, (reason) => reasons.push(reason), '/nowhere/native.node');
  t.match(deflater.name, /^zlib /);
  t.match(reasons, [/^\/nowhere\/native\.node cannot be loaded: /]);
  const told: string[] = [];
  t.match(openDeflater(6, (reason) => told.push(reason)).name, /^libdeflate \d/);
  t.strictSame(told, []);
});

t.test('the module under the checks of memory and undefined behaviour', async (t) => {
  const { status, signal, stdout, stderr } = runSanitized(
    new URL('./sanitizedProgram.ts', import.meta.url),
  );
  t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
  t.match(JSON.parse(stdout), { wrong: [], refused: 9 });
});
