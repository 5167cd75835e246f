import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readTar, TAR_END, tarHeader, tarPadding } from '../../../src/core/archive/tar.ts';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';

// The longest names that there are.
const folder = parseHourFolder('2021081715_US_abcdefghijklmnopqrstuvwxyz0123')!;
const uid = (at: number) =>
  `20210817150000.00000${at}_US_abcdefghijklmnopqrstuvwxyz0123_0123456789abcdef`;
const bodies = [0, 1, 511, 512, 513, 100_000].map((size, at) => Buffer.alloc(size, `${at}`));
const receivedMs = Date.UTC(2021, 7, 17, 15, 0, 7, 999);

function makeTar(): Buffer {
  return Buffer.concat([
    ...bodies.flatMap((body, at) => [
      tarHeader(folder, uid(at), body.length, receivedMs),
      body,
      tarPadding(body.length),
    ]),
    TAR_END,
  ]);
}

async function read(tar: Buffer, chunkBytes: number) {
  const chunks: Buffer[] = [];
  for (let at = 0; at < tar.length; at += chunkBytes)
    chunks.push(tar.subarray(at, at + chunkBytes));
  const members = [];
  for await (const member of readTar(chunks)) members.push(member);
  return members;
}

t.test('tar(1) and Python read it', async (t) => {
  const file = join(t.testdir(), 'x.tar');
  writeFileSync(file, makeTar());
  const listing = execFileSync('tar', ['--utc', '--full-time', '-tvf', file], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '));
  t.same(
    listing,
    bodies.map(
      (body, at) =>
        `-rw-r--r-- 0/0 ${body.length} 2021-08-17 15:00:07 ${folder.name}/${uid(at)}.post`,
    ),
  );
  const python = `
import sys, tarfile, json
with tarfile.open(sys.argv[1]) as tar:
    print(json.dumps([[m.name, len(tar.extractfile(m).read())] for m in tar]))`;
  t.same(
    JSON.parse(execFileSync('python3', ['-c', python, file], { encoding: 'utf8' })),
    bodies.map((body, at) => [`${folder.name}/${uid(at)}.post`, body.length]),
  );
});

t.test('read again, in pieces of any size', async (t) => {
  for (const chunkBytes of [1, 100, 512, 4_096, 1_000_000]) {
    const members = await read(makeTar(), chunkBytes);
    t.ok(
      members.every(({ bytes, name }, at) => bytes.equals(bodies[at]!) && name.includes(uid(at))),
    );
    t.equal(members.length, bodies.length);
  }
});

t.test('reads what tar(1) writes', async (t) => {
  const dir = t.testdir({ folder: { 'a.post': 'one', 'b.post': 'two' } });
  const files = ['folder/a.post', 'folder/b.post'];
  for (const format of ['ustar', 'gnu']) {
    const tar = execFileSync('tar', ['-C', dir, `--format=${format}`, '-c', ...files]);
    const members = await read(tar, 1_000);
    t.same(members.map(({ name, bytes }) => `${name} ${bytes}`).sort(), [
      'folder/a.post one',
      'folder/b.post two',
    ]);
  }
});

t.test('a tar that is cut or changed is an error', async (t) => {
  const tar = makeTar();
  for (const length of [0, 100, 512, 600, 2_000, tar.length - 1_024])
    await t.rejects(read(tar.subarray(0, length), 512), /tar ends/, `${length} bytes`);
  const changed = Buffer.from(tar);
  changed[5]! ^= 1;
  await t.rejects(read(changed, 512), /wrong checksum/);
});

t.test('a tar with room for something else is an error', async (t) => {
  const tar = makeTar();
  const end = tar.length - TAR_END.length;
  t.equal((await read(Buffer.concat([tar, Buffer.alloc(9_216)]), 700)).length, bodies.length);
  for (const [name, more] of [
    ['text', Buffer.from('hidden')],
    ['a second tar', tar],
    ['a member after one empty block', tar.subarray(0, end)],
  ] as const)
    await t.rejects(read(Buffer.concat([tar, more]), 700), /behind its end mark/, name);
  const oneBlock = Buffer.concat([tar.subarray(0, end + 512), tar]);
  await t.rejects(read(oneBlock, 700), /behind its end mark/, 'between the two blocks of the mark');

  const padded = Buffer.from(tar);
  // The second member has one byte, and the rest of its block.
  padded[512 + 512 + 100] = 0x41;
  await t.rejects(read(padded, 700), /bytes behind its member/);

  const dir = t.testdir({
    folder: { 'a.post': 'one' },
    link: t.fixture('symlink', 'folder/a.post'),
  });
  for (const format of ['ustar', 'gnu', 'pax'])
    for (const what of ['folder', 'link']) {
      const other = execFileSync('tar', ['-C', dir, `--format=${format}`, '-c', what]);
      await t.rejects(read(other, 700), /is no regular file/, `${what} in ${format}`);
    }
});
