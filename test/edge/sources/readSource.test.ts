/**
 * Covers src/edge/sources/{readSource,unpack,folder,gitRepository}.ts.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { pack } from 'tar-stream';
import type { Job } from '../../../src/core/sources/job.ts';
import { parseSourceAddress } from '../../../src/core/sources/sourceAddress.ts';
import type { DownloadOptions } from '../../../src/edge/sources/download.ts';
import { readSource, type Validators } from '../../../src/edge/sources/readSource.ts';
import { startTlsServer } from '../../support/tlsServer.ts';

/** Answers by path; what is asked with the ETag of an answer gets 304. */
const pages = new Map<string, Buffer>();
const tls = await startTlsServer((request, response) => {
  const body = pages.get(request.url!);
  if (body === undefined) return response.writeHead(404).end();
  const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
  if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
  response.setHeader('ETag', etag).end(body);
});
t.teardown(() => tls.close());
const base = `https://127.0.0.1:${tls.port}`;

const options: DownloadOptions = {
  timeoutMs: 60_000,
  maxBytes: 100_000,
  allowed: () => true,
  proxy: undefined,
  userAgent: 'test',
  ca: tls.ca,
};
type Wanted = Pick<Job, 'files' | 'wants'>;
const lists: Wanted = { files: undefined, wants: (path) => /^lists\/\w+\.csv$/.test(path) };
const two: Wanted = { files: ['a.csv', 'b.csv'], wants: (path) => /^[ab]\.csv$/.test(path) };
const one: Wanted = { files: ['only.json'], wants: (path) => path.endsWith('.json') };

const read = (text: string, wanted: Wanted, known: Validators = {}, changed = {}) =>
  readSource(parseSourceAddress(text)!, wanted, known, { ...options, ...changed });
/** Names and texts. */
const filesOf = async (text: string, wanted: Wanted) => {
  const fetched = await read(text, wanted);
  if (fetched.kind === 'unchanged') throw new Error('unchanged');
  return fetched.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]);
};

const REPOSITORY = { 'lists/it.csv': 'it', 'lists/global.csv': 'global', 'README.md': 'no' };
const EXPECTED = [
  ['lists/global.csv', 'global'],
  ['lists/it.csv', 'it'],
];

async function tarOf(files: Readonly<Record<string, string>>, links: readonly string[] = []) {
  const tar = pack();
  for (const name of links) tar.entry({ name, type: 'symlink', linkname: '/etc/passwd' });
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return buffer(tar);
}
const below = (top: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${top}/${name}`, text]));

function scratch(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-source-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

function folderOf(dir: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

t.test('a folder', async (t) => {
  const dir = folderOf(scratch(t), { ...REPOSITORY, '.git/lists/xx.csv': 'no' });
  symlinkSync('/etc/passwd', join(dir, 'lists/us.csv'));
  t.strictSame(await filesOf(dir, lists), EXPECTED);
  t.strictSame(await filesOf(folderOf(scratch(t), { 'a.csv': 'a', 'c.csv': 'c' }), two), [
    ['a.csv', 'a'],
  ]);
  await t.rejects(read('/nonexistent', two), { message: /^ENOENT.*'\/nonexistent'/ });
  await t.rejects(read(dir, lists, {}, { maxBytes: 3 }), { message: /holds more than \d bytes/ });
});

t.test('what is no file, or never ends, is refused and not waited for', async (t) => {
  const dir = folderOf(scratch(t), { 'b.csv': 'b' });
  execFileSync('mkfifo', [join(dir, 'a.csv')]);
  await t.rejects(read(dir, two), { name: 'SourceError', message: /a.csv is no file/ });
  await t.rejects(read(join(dir, 'a.csv'), one), { message: /a.csv is no file/ });
  symlinkSync('/dev/zero', join(dir, 'zero'));
  await t.rejects(read(join(dir, 'zero'), one), { message: /zero is no file/ });
});

t.test('archives of a repository, as code hosts and others make them', async (t) => {
  const dir = scratch(t);
  const tar = await tarOf(below('test-lists-master', REPOSITORY), [
    'test-lists-master/lists/us.csv',
  ]);
  const zipped = folderOf(join(dir, 'zip'), below('test-lists-master', REPOSITORY));
  execFileSync('zip', ['-qr', join(dir, 'made.zip'), '.'], { cwd: zipped });
  const archives: [string, Buffer][] = [
    ['x.tar.gz', gzipSync(tar)],
    ['x.tar', tar],
    ['without-top.tar', await tarOf(REPOSITORY)],
    ['dotted.tar', await tarOf(below('.', REPOSITORY))],
    ['x.zip', readFileSync(join(dir, 'made.zip'))],
    ['no-ending', gzipSync(tar)],
  ];
  for (const [name, bytes] of archives) {
    writeFileSync(join(dir, name), bytes);
    pages.set(`/${name}`, bytes);
    const sort = (files: string[][]) => files.sort(([a], [b]) => (a! < b! ? -1 : 1));
    t.strictSame(sort(await filesOf(join(dir, name), lists)), EXPECTED, name);
    t.strictSame(sort(await filesOf(`${base}/${name}`, lists)), EXPECTED, `${name} by https`);
  }
});

t.test('archives that are damaged, hostile or not what was meant', async (t) => {
  const tar = await tarOf(below('x', REPOSITORY));
  const zip = folderOf(scratch(t), { 'lists/it.csv': '0'.repeat(1_000_000) });
  execFileSync('zip', ['-qr', 'made.zip', 'lists'], { cwd: zip });
  const bomb = readFileSync(join(zip, 'made.zip'));
  // The directory says that it is small.
  const lying = Buffer.from(bomb);
  const directory = lying.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
  lying.writeUInt32LE(10, directory + 24);
  const cases: [string, Buffer, RegExp][] = [
    ['cut off', gzipSync(tar).subarray(0, -20), /damaged or cut off/],
    ['cut off tar', tar.subarray(0, 1_030), /damaged or cut off|Unexpected end/],
    ['a gzip bomb', gzipSync(Buffer.alloc(10_000_000)), /holds more than 100000 bytes unpacked/],
    [
      'a tar of one endless file',
      gzipSync(await tarOf({ 'lists/it.csv': 'x'.repeat(100_001) })),
      /holds more than 100000 bytes unpacked/,
    ],
    [
      'a bomb beside what is wanted',
      gzipSync(await tarOf({ 'lists/it.csv': 'x', other: 'x'.repeat(1_000_000) })),
      /holds more than 100000 bytes unpacked/,
    ],
    ['a zip bomb', bomb, /holds more than 100000 bytes unpacked/],
    ['a zip that says it is small', lying, /damaged or cut off: .*too many bytes/],
    ['a zip cut off', bomb.subarray(0, -40), /damaged or cut off/],
    [
      'a file twice',
      await tarOf({ 'lists/it.csv': 'a', 'x/lists/it.csv': 'b' }),
      /holds lists\/it.csv twice/,
    ],
  ];
  for (const [name, bytes, message] of cases) {
    pages.set('/hostile', bytes);
    await t.rejects(read(`${base}/hostile`, lists), { name: 'SourceError', message }, name);
  }
  pages.set('/larger', Buffer.alloc(100_001));
  await t.rejects(read(`${base}/larger`, lists), { message: /larger than 100000 bytes/ });
});

t.test('one file may have any name, and be compressed', async (t) => {
  pages.set('/x.json', Buffer.from('{}'));
  pages.set('/y.json.gz', gzipSync('{}'));
  t.strictSame(await filesOf(`${base}/x.json`, one), [['only.json', '{}']]);
  t.strictSame(await filesOf(`${base}/y.json.gz`, one), [['only.json', '{}']]);
  const sha256 = createHash('sha256').update('{}').digest('hex');
  t.strictSame(await filesOf(`${base}/x.json#sha256=${sha256}`, one), [['only.json', '{}']]);
  await t.rejects(read(`${base}/x.json#sha256=${'0'.repeat(64)}`, one), {
    message: new RegExp(`x.json: expected SHA-256 0{64}, found ${sha256}`),
  });
});

t.test('files by name: what is new brings the others with it', async (t) => {
  pages.set('/set/a.csv', Buffer.from('a1'));
  pages.set('/set/b.csv', Buffer.from('b1'));
  const first = await read(`${base}/set/`, two);
  if (first.kind !== 'files') throw new Error(first.kind);
  t.strictSame(Object.keys(first.validators), [`${base}/set/a.csv`, `${base}/set/b.csv`]);
  t.strictSame(await read(`${base}/set/`, two, first.validators), { kind: 'unchanged' });
  pages.set('/set/b.csv', Buffer.from('b2'));
  const second = await read(`${base}/set/`, two, first.validators);
  if (second.kind !== 'files') throw new Error(second.kind);
  t.strictSame(
    second.files.map(({ bytes }) => Buffer.from(bytes).toString()),
    ['a1', 'b2'],
  );
  pages.delete('/set/a.csv');
  await t.rejects(read(`${base}/set/`, two, first.validators), {
    message: /^https:.*\/set\/a.csv: answers with status 404/,
  });
  await t.rejects(read(`${base}/set/`, lists), { message: /expected a folder, a repository, or/ });
});

t.test('a commit of a git repository, bare or not', async (t) => {
  const dir = folderOf(scratch(t), {
    ...REPOSITORY,
    // A filter would run a program, and change the bytes.
    '.gitattributes': '* filter=evil ident\nlists/it.csv export-ignore\n',
  });
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      encoding: 'utf8',
    }).trim();
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'one');
  const ran = join(dir, 'ran');
  writeFileSync(join(dir, 'evil.sh'), `#!/bin/sh\ntouch ${ran}\ncat\n`);
  chmodSync(join(dir, 'evil.sh'), 0o755);
  git('config', 'filter.evil.smudge', join(dir, 'evil.sh'));
  git('config', 'core.fsmonitor', join(dir, 'evil.sh'));
  const commit = git('rev-parse', 'HEAD');
  t.strictSame(await filesOf(`git:${dir}`, lists), EXPECTED);
  const fetched = await read(`git:${dir}#main`, lists);
  t.match(fetched, { kind: 'files', validators: { commit } });
  t.strictSame(await read(`git:${dir}`, lists, { commit }), { kind: 'unchanged' });
  t.equal(existsSync(ran), false, 'nothing of the repository was run');

  writeFileSync(join(dir, 'lists/it.csv'), 'not committed');
  t.strictSame(await filesOf(`git:${dir}`, lists), EXPECTED);
  git('commit', '-qam', 'two', '--no-verify');
  t.strictSame(await filesOf(`git:${dir}#${commit}`, lists), EXPECTED);
  t.strictSame((await filesOf(`git:${dir}`, lists))[1], ['lists/it.csv', 'not committed']);

  const bare = join(scratch(t), 'bare.git');
  execFileSync('git', ['clone', '-q', '--bare', dir, bare]);
  t.strictSame(await filesOf(`git:${bare}#${commit}`, lists), EXPECTED);

  await t.rejects(read(`git:${dir}#gone`, lists), { message: /^git:.*: git rev-parse ended with/ });
  await t.rejects(read(`git:${scratch(t)}`, lists), { message: /^git:.*not a git repository/ });
  await t.rejects(read(`git:${dir}`, lists, {}, { maxBytes: 5 }), { message: /more than 5 bytes/ });
});
