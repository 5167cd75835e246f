import t from 'tap';
import {
  encodeCheckpoint,
  encodePrivateKey,
  isOrigin,
  openNote,
  parseCheckpoint,
  parsePrivateKey,
  parsePublicKey,
  signNote,
} from '../../../src/core/archive/note.ts';

// Keys and a note from the documentation of golang.org/x/mod/sumdb/note.
const GO_PRIVATE = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const GO_PUBLIC = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_NOTE = `${GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

t.test("keys and notes as Go's", async (t) => {
  const signer = parsePrivateKey(GO_PRIVATE)!;
  t.equal(signer.verifier.text, GO_PUBLIC);
  t.equal(signNote(GO_TEXT, signer), GO_NOTE);
  t.equal(openNote(GO_NOTE, parsePublicKey(GO_PUBLIC)!), GO_TEXT);
});

const signer = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 1)))!;
const other = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 2)))!;
const root = Buffer.alloc(32, 9);

t.test('checkpoints', async (t) => {
  const note = encodeCheckpoint({ size: 1234, root }, signer);
  t.match(note, /^example\.org\/n1\n1234\nCQkJ[^\n]+\n\n— example\.org\/n1 \S+\n$/);
  t.same(parseCheckpoint(note, signer.verifier), { kind: 'ok', checkpoint: { size: 1234, root } });
  t.equal(encodeCheckpoint({ size: 1234, root }, signer), note, 'the same bytes again');

  const both =
    note +
    signNote(note.slice(0, note.indexOf('\n\n') + 1), other)
      .split('\n')
      .at(-2) +
    '\n';
  for (const key of [signer, other])
    t.equal(parseCheckpoint(both, key.verifier).kind, 'ok', 'one of two signatures is enough');

  const bad = [
    ['another key', encodeCheckpoint({ size: 1234, root }, other)],
    ['changed size', note.replace('1234', '1235')],
    ['changed origin', note.replace('example.org', 'example.net')],
    ['no signature', note.slice(0, note.indexOf('\n\n') + 2)],
    ['cut signature', `${note.slice(0, -10)}\n`],
    ['not a note', 'hello\n'],
    ['empty', ''],
    ['signed, but of another log', signNote('example.org/n2\n1\nCQ==\n', signer)],
    ['signed, but no number', signNote(`example.org/n1\n-1\n${root.toString('base64')}\n`, signer)],
    ['signed, but no root', signNote('example.org/n1\n1\nCQ==\n', signer)],
  ] as const;
  for (const [name, text] of bad)
    t.equal(parseCheckpoint(text, signer.verifier).kind, 'invalid', name);
});

t.test('what is not a key', async (t) => {
  const good = signer.verifier.text;
  for (const text of [
    '',
    'x',
    good.slice(0, -4),
    good.replace('n1', 'n2'),
    good.replace(/\+[0-9a-f]{8}/, '+00000000'),
  ])
    t.equal(parsePublicKey(text), undefined, text);
  t.equal(parsePrivateKey(good), undefined);
  t.equal(parsePrivateKey(GO_PRIVATE.replace('c74f20a3', 'c74f20a4')), undefined);
  t.ok(isOrigin('example.org/n1'));
  for (const name of ['', 'a b', 'a+b', 'a\nb', 'é']) t.notOk(isOrigin(name), name);
});
