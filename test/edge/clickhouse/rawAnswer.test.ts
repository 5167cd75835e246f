/** An answer that the server broke off in the middle ends in an error, however it is cut into pieces. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import t from 'tap';
import { BrokenOff, wholeAnswer } from '../../../src/edge/clickhouse/rawAnswer.ts';

const TAG = 'hpdxmmfsmcqgnkdv';
const FAULT = `\r\n__exception__\r\n${TAG}\r\nCode: 395. DB::Exception: no\r\n29 ${TAG}\r\n__exception__\r\n`;

async function through(text: string, pieceBytes: number, tag: string | undefined): Promise<string> {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    pieces.push(bytes.subarray(at, at + pieceBytes));
  let passed = '';
  await pipeline(Readable.from(pieces), wholeAnswer(tag), async (source) => {
    for await (const chunk of source) passed += String(chunk);
  });
  return passed;
}

t.test('whole answers pass as they are', async (t) => {
  for (const text of ['', 'a\n', 'x'.repeat(200_000), `__exception__\r\nother${'y'.repeat(10)}`])
    for (const pieceBytes of [1_000, 70_000])
      t.equal(await through(text, pieceBytes, TAG), text, `${text.length} in ${pieceBytes}`);
});

t.test('broken ones do not', async (t) => {
  for (const before of ['', 'a\n', 'x'.repeat(200_000)])
    for (const pieceBytes of [7, 1_000, 300_000])
      await t.rejects(
        through(before + FAULT, pieceBytes, TAG),
        new BrokenOff(`Code: 395. DB::Exception: no\r\n29 ${TAG}\r\n__exception__`),
        `${before.length} in ${pieceBytes}`,
      );
  await t.rejects(through('a\nCode: 1. DB::Exception: old server', 100, undefined), BrokenOff);
});
