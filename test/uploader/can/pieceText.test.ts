/** Pieces of a file: their text, and the memory that they are put together in. */
import t from 'tap';
import { openReferenceDeflater } from '../../../src/edge/gzip/reference.ts';
import { makePieceText } from '../../../src/uploader/can/pieceText.ts';

const PART_BYTES = 1_000_000;
const MEASUREMENT_BYTES = 67_108_864;
const KEPT_BYTES = 8_388_608;

const parts = (bytes: number) =>
  Array.from({ length: Math.ceil(bytes / PART_BYTES) }, (_, at) => Buffer.alloc(PART_BYTES, at));

t.test('a measurement of the largest size leaves no memory of its size behind', async (t) => {
  const text = makePieceText(openReferenceDeflater(1), 524_288);
  const lengths: number[] = [];
  for (const bytes of [2_000_000, MEASUREMENT_BYTES, 3_000_000, 2_000_000]) {
    const added = parts(bytes);
    for (const part of added) text.append(part);
    text.endPiece();
    const pieces = await text.deflate();
    t.ok(
      Buffer.concat(pieces.map((piece) => piece.text)).equals(Buffer.concat(added)),
      `${bytes} bytes: the text`,
    );
    lengths.push(pieces[0]!.text.buffer.byteLength);
  }
  const [first, , after, last] = lengths;
  t.ok(first! <= KEPT_BYTES);
  t.ok(after! <= KEPT_BYTES, `${after} bytes are kept`);
  t.equal(last, after, 'what is kept is used again');
});
