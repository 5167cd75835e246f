/**
 * Covers src/core/replay/{derivedUid, yamlDocuments}.ts.
 */
import t from 'tap';
import { derivedUid } from '../../../src/core/replay/derivedUid.ts';
import { yamlDocuments } from '../../../src/core/replay/yamlDocuments.ts';
import { rawLines } from '../../../src/core/text/lines.ts';

async function* inPieces(text: string, pieceBytes: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

t.test('lines with their line feeds', async (t) => {
  for (const pieceBytes of [1, 2, 5, 100]) {
    const found: unknown[] = [];
    for await (const line of rawLines(inPieces('a\n\nlonger than ten\nbcdé\nend', pieceBytes), 10))
      found.push('tooLongBytes' in line ? line.tooLongBytes : line.toString());
    t.strictSame(found, ['a\n', '\n', 16, 'bcdé\n', 'end'], `pieces of ${pieceBytes}`);
  }
});

t.test('a line has memory of its own, of its own size', async (t) => {
  for await (const line of rawLines(inPieces('short\n', 100), 10))
    if (!('tooLongBytes' in line)) t.equal(line.buffer.byteLength, 6);
});

t.test('documents of a report', async (t) => {
  const report = [
    '# a comment\n',
    '---\nheader: 1\n...\n',
    '...\n',
    '---\na: |\n  ---\n  ...\n...\n',
    '\n# another\n',
    '--- \nb: 1\n',
    '---\nc: 1\n...\n',
    `---\nlong: ${'x'.repeat(60)}\n...\n`,
    '---\nd: 1\n',
  ];
  for (const pieceBytes of [1, 7, 1000]) {
    const found: string[] = [];
    const lines = rawLines(inPieces(report.join(''), pieceBytes), 40);
    for await (const document of yamlDocuments(lines, 40))
      found.push(document.kind === 'document' ? document.bytes.toString() : document.reason);
    t.strictSame(found, [
      '---\nheader: 1\n...\n',
      '---\na: |\n  ---\n  ...\n...\n',
      '--- \nb: 1\n',
      '---\nc: 1\n...\n',
      'YAML document of more than 40 bytes',
      'the report ends inside an entry',
    ]);
  }
});

t.test('derived uids', async (t) => {
  // SHAKE128 as Python has it: hashlib.shake_128(b'a').hexdigest(15).
  t.equal(
    derivedUid(Buffer.from('a'), '2019-07-21 10:11:12'),
    '012019072185c8de88d28866bf0868090b396116',
  );
  t.equal(derivedUid(Buffer.from('a'), 'yesterday'), '010000000085c8de88d28866bf0868090b396116');
  t.match(derivedUid(Buffer.from('a\n'), undefined), /^0100000000(?!85c8)[0-9a-f]{30}$/);
});
