/**
 * Records of removals: one text for one meaning, and none that this key has not signed.
 *
 * Covers src/core/archive/leaf.ts.
 */
import { createHash } from 'node:crypto';
import t from 'tap';
import type { PublishedLeaf } from '../../../src/core/archive/leaf.ts';
import {
  encodeCheckpoint,
  encodePrivateKey,
  parseCheckpoint,
  parsePrivateKey,
  signNote,
} from '../../../src/core/archive/note.ts';
import {
  encodeRemoval,
  hasNoLine,
  isRemovalOf,
  judgeLine,
  parseRemoval,
  type RemovalRecord,
  removalPath,
} from '../../../src/core/archive/removal.ts';

const signer = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 1)))!;
const stranger = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 2)))!;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const record: RemovalRecord = {
  uid: '20260821101500.123456_IT_tor_0123456789abcdef',
  key: 'raw/20260821/10/IT/tor/2026082110_IT_tor.n1.0.jsonl.gz',
  line: 3,
  line_sha256: sha256('line'),
  jsonl: { old_sha256: sha256('a'), new_sha256: sha256('b') },
  tar: { old_sha256: sha256('c'), new_sha256: sha256('d') },
  reason: 'holds a name;\n\n— “quoted” \u2028 and lines',
  time: '2026-11-24T05:00:00Z',
};
const leaf: PublishedLeaf = {
  kind: 'published',
  uid: record.uid,
  sha256: record.line_sha256,
  key: record.key,
  line: 3,
};

t.test('written and read back', async (t) => {
  const note = encodeRemoval(record, signer);
  t.same(parseRemoval(note, signer.verifier), { kind: 'ok', record });
  t.equal(encodeRemoval({ ...record }, signer), note, 'the same bytes again');
  t.match(note, /^ooni-archive-removal\/v1\n\{"uid":"20260821101500/);
  t.equal(note.split('\n').length, 5, 'a reason cannot add lines');
  t.equal(removalPath(record.uid), `removal/${record.uid}`);
});

t.test('what is no record', async (t) => {
  const note = encodeRemoval(record, signer);
  const signed = (text: string) => signNote(text, signer);
  const json = note.split('\n')[1]!;
  const without = (name: string) =>
    signed(`ooni-archive-removal/v1\n${json.replace(`"${name}"`, '"x"')}\n`);
  const cases: Record<string, string> = {
    empty: '',
    'changed after it was signed': note.replace('"line":3', '"line":4'),
    'signed by another': encodeRemoval(record, stranger),
    'a checkpoint': encodeCheckpoint({ size: 3, root: Buffer.alloc(32) }, signer),
    'another version': signed(`ooni-archive-removal/v2\n${json}\n`),
    'with more lines': signed(`ooni-archive-removal/v1\n${json}\n${json}\n`),
    'not JSON': signed('ooni-archive-removal/v1\n{\n'),
    'not an object': signed('ooni-archive-removal/v1\n[]\n'),
    'a line that is none': signed(
      `ooni-archive-removal/v1\n${json.replace('"line":3', '"line":-3')}\n`,
    ),
    'a checksum that is none': signed(
      `ooni-archive-removal/v1\n${json.replace(record.jsonl.old_sha256, 'abc')}\n`,
    ),
  };
  for (const name of ['uid', 'key', 'line', 'line_sha256', 'jsonl', 'tar', 'reason', 'time'])
    cases[`without ${name}`] = without(name);
  for (const [name, text] of Object.entries(cases))
    t.equal(parseRemoval(text, signer.verifier).kind, 'invalid', name);
  t.equal(parseCheckpoint(note, signer.verifier).kind, 'invalid', 'nor is a record a checkpoint');
});

t.test('which published line it is about', async (t) => {
  t.ok(isRemovalOf(record, leaf));
  const others: Partial<PublishedLeaf>[] = [
    { uid: record.uid.replace('IT', 'DE') },
    { line: 4 },
    { key: record.key.replace('n1.0', 'n1.1') },
    { sha256: sha256('other') },
  ];
  for (const other of others) t.notOk(isRemovalOf(record, { ...leaf, ...other }));
  t.equal(judgeLine(leaf, sha256('line')), 'published');
  t.equal(judgeLine(leaf, sha256('{}')), 'blank');
  t.equal(judgeLine(leaf, sha256('Line')), 'altered');
  const unparsed = { ...leaf, sha256: sha256('{}') };
  t.equal(judgeLine(unparsed, sha256('{}')), 'published', 'it was {} from the start');
  t.notOk(hasNoLine(leaf));
  t.ok(hasNoLine(unparsed));
});
