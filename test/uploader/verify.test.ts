/**
 * The archive checked by an outsider: all is well, and each way to tamper with it is caught.
 *
 * Covers src/uploader/commands/verify.ts, src/uploader/verify/{archiveSource, cans, gzipText, inputs, newer,
 * removals, report, unlogged, verifyArchive, verifyObjects, verifyTlog}.ts.
 */
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { append, EMPTY_EDGE, rootOfEdge, unfinishedTiles } from '../../src/core/archive/append.ts';
import { encodeLeaf } from '../../src/core/archive/leaf.ts';
import {
  encodeCheckpoint,
  encodePrivateKey,
  parsePrivateKey,
} from '../../src/core/archive/note.ts';
import { encodeBundle, entriesPath, tilePath } from '../../src/core/archive/tiles.ts';
import { readObject } from '../../src/edge/objects/readObject.ts';
import { makeLog } from '../../src/log/log.ts';
import { removeCommand } from '../../src/uploader/commands/remove.ts';
import { verifyCommand } from '../../src/uploader/commands/verify.ts';
import type { VerifyArguments } from '../../src/uploader/verify/inputs.ts';
import { type StoreKind, startStores } from '../edge/objects/stores.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { fillSpool, type Host, makeHost, readLog, sampleContent } from './fixture.ts';

const clickhouse = await startClickHouse();
const stores = await startStores();
t.teardown(async () => {
  await stores.stop();
  await clickhouse.stop();
});

const FIRST = 'raw/20260821/10/IT/webconnectivity/2026082110_IT_webconnectivity.n1.0';
const OTHER = 'raw/20260821/10/IT/tor/2026082110_IT_tor.n1.0';
/** Nothing is waited for. */
const QUICK = { tries: { attempts: 2, firstPauseMs: 1 }, logTries: 1, logPauseMs: 1 };
const signer = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 7)))!;

type Published = Host & { readonly saved: string };

/** A host that has published two cans, and then a third. */
async function published(t: Test, kind: StoreKind): Promise<Published> {
  const it = await makeHost(t.testdir(), kind, clickhouse.url);
  t.teardown(() => it.close());
  const contents = Array.from({ length: 20 }, (_, at) => sampleContent(at));
  fillSpool(it, [...contents, 'not JSON']);
  fillSpool(it, contents.slice(0, 5), { test: 'tor' });
  await it.run();
  const saved = join(it.dir, 'checkpoint');
  writeFileSync(saved, String(await readObject(it.store, 'log/n1/checkpoint')));
  fillSpool(
    it,
    Array.from({ length: 300 }, (_, at) => sampleContent(1_000 + at)),
    { test: 'tor', fromUs: 500 },
  );
  await it.run();
  return { ...it, saved };
}

/** A bucket with the same objects, to be tampered with: publishing takes longer. It has no spool, no state. */
async function copyOf(t: Test, kind: StoreKind, original: Published): Promise<Published> {
  const { database } = original;
  const it = await makeHost(t.testdir(), kind, clickhouse.url, { database });
  t.teardown(() => it.close());
  for await (const { key } of original.store.list('')) await put(it, key, await get(original, key));
  return { ...it, saved: original.saved };
}

/** Checks as an outsider would; gives the exit code and what was written. */
async function check(it: Host, more: Partial<VerifyArguments> = {}) {
  const endpoint = /endpoint = "(.*)"/.exec(readFileSync(it.configFile, 'utf8'))?.[1];
  const lines: string[] = [];
  const code = await verifyCommand(
    {
      config: '/nonexistent',
      bucket: it.config.s3.bucket,
      endpoint,
      region: 'eu-central-1',
      pathStyle: true,
      key: signer.verifier.text,
      onlyNew: false,
      rescore: false,
      ...more,
    },
    (line) => lines.push(line),
    QUICK,
  );
  return { code, text: lines.join('\n') };
}

const get = async (it: Host, key: string) => (await readObject(it.store, key))!;
const put = (it: Host, key: string, bytes: Buffer) =>
  it.store.putBytes(key, bytes, 'application/gzip', { replace: true });
const editLines = async (it: Host, key: string, edit: (lines: string[]) => string[]) => {
  const lines = gunzipSync(await get(it, key))
    .toString()
    .split('\n')
    .slice(0, -1);
  await put(
    it,
    key,
    gzipSync(
      edit(lines)
        .map((line) => `${line}\n`)
        .join(''),
    ),
  );
};

/** Publishes a log of these leaves, signed by the host's own key: what only the host could do. */
async function resign(it: Host, leaves: Awaited<ReturnType<typeof readLog>>) {
  const { edge, full } = append(EMPTY_EDGE, leaves.map(encodeLeaf));
  for (const { tile, bytes, entries } of [...full, ...unfinishedTiles(edge)]) {
    await put(it, `log/n1/${tilePath(tile)}`, bytes);
    if (entries !== undefined) await put(it, `log/n1/${entriesPath(tile)}`, encodeBundle(entries));
  }
  const note = encodeCheckpoint({ size: edge.size, root: await rootOfEdge(edge) }, signer);
  await put(it, 'log/n1/checkpoint', Buffer.from(note));
}

/** Takes the body of a line out of the small can, declared; gives its uid. */
async function removeOne(it: Host, line = 0): Promise<string> {
  const uid = (await readLog(it)).find(
    (leaf) => leaf.key === `${OTHER}.jsonl.gz` && leaf.line === line,
  )!.uid;
  await removeCommand({
    config: it.config,
    configFile: it.configFile,
    log: makeLog({ level: 'err', journald: false, write: () => {} }),
    now: Date.now,
    uids: [uid],
    reason: 'asked for by the sender',
    dryRun: false,
    print: () => {},
  });
  return uid;
}

const TAMPERINGS: readonly {
  readonly name: string;
  readonly tamper: (it: Published) => Promise<void>;
  readonly found: RegExp;
  /** It removes measurements first: what only the host itself can do. */
  readonly removes?: boolean;
}[] = [
  {
    name: 'a line changed',
    tamper: (it) =>
      editLines(it, `${FIRST}.jsonl.gz`, (lines) =>
        lines.map((line, at) => (at === 3 ? line.replace('"n":1.0', '"n":1') : line)),
      ),
    found: /webconnectivity\.n1\.0\.jsonl\.gz line 3: is not what was published/,
  },
  {
    name: 'a line emptied without a declaration',
    tamper: (it) =>
      editLines(it, `${FIRST}.jsonl.gz`, (lines) =>
        lines.map((line, at) => (at === 3 ? '{}' : line)),
      ),
    found: /line 3: the body of \S+ is gone, and no removal was declared/,
  },
  {
    name: 'a line dropped',
    tamper: (it) =>
      editLines(it, `${FIRST}.jsonl.gz`, (lines) => lines.filter((_, at) => at !== 20)),
    found: /has 20 lines, but 21 were published/,
  },
  {
    name: 'a line added',
    tamper: (it) => editLines(it, `${FIRST}.jsonl.gz`, (lines) => [...lines, '{"a":1}']),
    found: /has 22 lines, but 21 were published/,
  },
  {
    name: 'objects swapped',
    tamper: async (it) => {
      const [one, two] = [await get(it, `${FIRST}.jsonl.gz`), await get(it, `${OTHER}.jsonl.gz`)];
      await put(it, `${FIRST}.jsonl.gz`, two);
      await put(it, `${OTHER}.jsonl.gz`, one);
    },
    found: /tor\.n1\.0\.jsonl\.gz: has 21 lines, but 5 were published/,
  },
  {
    name: 'bytes behind the end of an object',
    tamper: async (it) =>
      put(
        it,
        `${FIRST}.jsonl.gz`,
        Buffer.concat([await get(it, `${FIRST}.jsonl.gz`), Buffer.alloc(6)]),
      ),
    found: /has 6 bytes behind its end/,
  },
  {
    name: 'an object cut off',
    tamper: async (it) =>
      put(it, `${FIRST}.jsonl.gz`, (await get(it, `${FIRST}.jsonl.gz`)).subarray(0, 500)),
    found: /jsonl\.gz: cannot be read: unexpected end of file/,
  },
  {
    name: 'a measurement in the tar changed',
    tamper: async (it) => {
      const tar = gunzipSync(await get(it, `${FIRST}.tar.gz`));
      tar[tar.indexOf('"n":') + 5] = 0x39;
      await put(it, `${FIRST}.tar.gz`, gzipSync(tar));
    },
    found: /tar\.gz: its \S+\.post is not what was published/,
  },
  {
    name: 'a measurement left out of the tar',
    tamper: async (it) => {
      const tar = gunzipSync(await get(it, `${OTHER}.tar.gz`));
      const second = tar.indexOf('2026082110', 600);
      await put(it, `${OTHER}.tar.gz`, gzipSync(tar.subarray(second - (second % 512))));
    },
    found: /tor\.n1\.0\.tar\.gz: the body of \S+ is gone, and no removal was declared/,
  },
  {
    name: 'an object that was never published',
    tamper: async (it) =>
      put(it, `${FIRST.replace('n1.0', 'n1.7')}.jsonl.gz`, await get(it, `${FIRST}.jsonl.gz`)),
    found: /n1\.7\.jsonl\.gz: is not in the log/,
  },
  {
    name: 'an entry of the log changed',
    tamper: async (it) => {
      const entries = await get(it, 'log/n1/tile/entries/000');
      entries[entries.indexOf('"line":0') + 7] = 0x31;
      await put(it, 'log/n1/tile/entries/000', entries);
    },
    found: /tile\/0\/000: does not match the entries/,
  },
  {
    name: 'a tile changed',
    tamper: async (it) => {
      const tile = await get(it, 'log/n1/tile/1/000.p/1');
      tile[0]! ^= 1;
      await put(it, 'log/n1/tile/1/000.p/1', tile);
    },
    found: /tile\/1\/000\.p\/1: does not match the entries/,
  },
  {
    name: 'a checkpoint of another key',
    tamper: (it) =>
      put(
        it,
        'log/n1/checkpoint',
        Buffer.from(
          encodeCheckpoint(
            { size: 1, root: Buffer.alloc(32) },
            parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 8)))!,
          ),
        ),
      ),
    found: /checkpoint: not signed by the key/,
  },
  {
    name: 'the log truncated, by the host itself',
    tamper: async (it) => resign(it, (await readLog(it)).slice(0, 10)),
    found: /log: has 10 leaves, but had 26: it was truncated/,
  },
  {
    name: 'the log put back to the saved checkpoint, objects gone',
    tamper: async (it) => {
      await put(it, 'log/n1/checkpoint', readFileSync(it.saved));
      await put(it, `${OTHER}.jsonl.gz`, gzipSync(''));
    },
    found: /tor\.n1\.0\.jsonl\.gz: has an empty gzip member/,
  },
  {
    name: 'history forked, by the host itself: a measurement replaced in object and log',
    tamper: async (it) => {
      await editLines(it, `${OTHER}.jsonl.gz`, (lines) => ['{"report_id":"x"}', ...lines.slice(1)]);
      const { createHash } = await import('node:crypto');
      const sha256 = createHash('sha256').update('{"report_id":"x"}').digest('hex');
      const leaves = await readLog(it);
      await resign(
        it,
        leaves.map((leaf) =>
          leaf.kind === 'published' && leaf.key === `${OTHER}.jsonl.gz` && leaf.line === 0
            ? { ...leaf, sha256 }
            : leaf,
        ),
      );
    },
    found: /log: its first 26 leaves are not those of before: it was forked/,
  },
  ...[
    ['an object with a number that no uploader gives', `${FIRST}`.replace('n1.0', 'n1.00')],
    ['… a number of ten digits', `${FIRST}`.replace('n1.0', 'n1.1234567890')],
    ['… a collector with too long an id', `${FIRST}`.replace('n1.0', 'nabcdefghi.0')],
    ['… a name of another folder', `${FIRST}`.replace('/IT/', '/DE/')],
    ['… an hour that there is not', `${FIRST}`.replaceAll('2026082110', '2026082199')],
    ['… the place of old archives', 'jsonl/tor/IT/20260821/00/20260821_IT_tor.l.0'],
    ['… no date at all', 'jsonl/x'],
  ].map(([name, key]) => ({
    name: name!,
    tamper: async (it: Host) => put(it, `${key}.jsonl.gz`, await get(it, `${FIRST}.jsonl.gz`)),
    found: new RegExp(`${key!.replaceAll('.', '\\.')}\\.jsonl\\.gz: is no object of any host`),
  })),
  {
    name: 'a tar that was never published, of an old format',
    tamper: async (it) => put(it, 'raw/20260821/10/IT/tor/x.tar.lz4', Buffer.from('x')),
    found: /tor\/x\.tar\.lz4: is no object of any host/,
  },
  {
    name: 'an object of an hour to come',
    tamper: async (it) =>
      put(
        it,
        'raw/20991231/10/IT/tor/2099123110_IT_tor.n1.0.jsonl.gz',
        await get(it, `${FIRST}.jsonl.gz`),
      ),
    found: /problem: \S+2099123110_IT_tor\.n1\.0\.jsonl\.gz: is not in the log/,
  },
  {
    name: 'a measurement in two objects, by the host itself',
    tamper: async (it) => {
      const leaves = await readLog(it);
      const key = FIRST.replace('n1.0', 'n1.1');
      const again = leaves.flatMap((leaf) =>
        leaf.kind === 'published' && leaf.key === `${FIRST}.jsonl.gz`
          ? [{ ...leaf, key: `${key}.jsonl.gz` }]
          : [],
      );
      for (const suffix of ['.jsonl.gz', '.tar.gz'])
        await put(it, `${key}${suffix}`, await get(it, `${FIRST}${suffix}`));
      await resign(it, [...leaves, ...again]);
    },
    found: /n1\.1\.jsonl\.gz line 3: \S+ was published before/,
  },
  {
    name: 'measurements in the object of another hour, by the host itself',
    tamper: async (it) => {
      const leaves = await readLog(it);
      const key = FIRST.replaceAll('2026082110', '2026082111').replace('/10/', '/11/');
      const moved = leaves.flatMap((leaf) =>
        leaf.kind === 'published' && leaf.key === `${OTHER}.jsonl.gz`
          ? [{ ...leaf, key: `${key}.jsonl.gz` }]
          : [],
      );
      const tar = gunzipSync(await get(it, `${OTHER}.tar.gz`));
      await put(it, `${key}.jsonl.gz`, await get(it, `${OTHER}.jsonl.gz`));
      await put(it, `${key}.tar.gz`, gzipSync(tar));
      await resign(it, [...leaves, ...moved]);
    },
    found: /n1\.0\.jsonl\.gz line 0: \S+ belongs into 2026082110_IT_tor/,
  },
  {
    name: 'a measurement hidden behind the end of the tar',
    tamper: async (it) => {
      const tar = gunzipSync(await get(it, `${OTHER}.tar.gz`));
      await put(it, `${OTHER}.tar.gz`, gzipSync(Buffer.concat([tar, tar])));
    },
    found: /tor\.n1\.0\.tar\.gz: cannot be read: tar has bytes behind its end mark/,
  },
  {
    name: 'a megabyte behind the end of an object',
    tamper: async (it) =>
      put(
        it,
        `${FIRST}.jsonl.gz`,
        Buffer.concat([await get(it, `${FIRST}.jsonl.gz`), Buffer.alloc(1_000_000)]),
      ),
    found: /has 1000000 bytes behind its end/,
  },
  {
    name: 'the published key replaced',
    tamper: async (it) => {
      const other = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 8)))!;
      await put(it, 'log/n1/key', Buffer.from(`${other.verifier.text}\n`));
    },
    found: /problem: key: is example\.org\/n1\+\S+, not the key that was given/,
  },
  {
    name: 'the record of a removal deleted, so to speak',
    removes: true,
    tamper: async (it) => {
      const uid = await removeOne(it);
      await put(it, `log/n1/removal/${uid}`, Buffer.from(''));
    },
    found: /problem: removal\/\S+: not signed by the key/,
  },
  {
    name: 'the record of a removal replaced by that of another',
    removes: true,
    tamper: async (it) => {
      const [one, two] = [await removeOne(it, 0), await removeOne(it, 1)];
      await put(it, `log/n1/removal/${one}`, await get(it, `log/n1/removal/${two}`));
    },
    found: /problem: removal\/\S+: is of another measurement/,
  },
  {
    name: 'an object packed anew after a removal',
    removes: true,
    tamper: async (it) => {
      await removeOne(it);
      const tar = gunzipSync(await get(it, `${OTHER}.tar.gz`));
      await put(it, `${OTHER}.tar.gz`, gzipSync(tar, { level: 1 }));
    },
    found: /problem: \S+tor\.n1\.0\.tar\.gz: is not the object that a removal left/,
  },
];

for (const kind of stores.kinds)
  t.test(`${kind.kind}`, async (t) => {
    const original = await published(t, kind);

    t.test('an untouched archive', async (t) => {
      const it = await copyOf(t, kind, original);
      const { code, text } = await check(it, { checkpoint: it.saved });
      t.equal(
        text,
        'VERIFIED: 326 log entries, 3 cans, 326 lines, 0 declared removals; 0 warnings',
      );
      t.equal(code, 0);

      const some = await check(it, { from: '20260822', to: '20260830' });
      t.match(some.text, /VERIFIED: 326 log entries, 0 cans/, 'a range without objects');

      const next = join(it.dir, 'next');
      const since = await check(it, { checkpoint: it.saved, onlyNew: true, saveCheckpoint: next });
      t.match(since.text, /VERIFIED: 326 log entries, 1 cans, 300 lines/, 'only what is new');
      t.match(
        (await check(it, { checkpoint: next, onlyNew: true })).text,
        /VERIFIED: 326 log entries, 0 cans/,
      );

      await put(it, `${OTHER.replaceAll('20260821', '20260822')}.jsonl.gz`, Buffer.from('x'));
      t.match(
        (await check(it, { checkpoint: next, onlyNew: true })).text,
        /20260822\S+: is not in the log\n/,
        'only what is new, and what was never published',
      );
      t.match((await check(it, { from: '20260822' })).text, /NOT VERIFIED: 1 problems/);
      t.match((await check(it, { to: '20260821' })).text, /^VERIFIED/, 'outside the range');
    });

    for (const { name, tamper, found, removes } of TAMPERINGS)
      t.test(name, async (t) => {
        const it = removes ? await published(t, kind) : await copyOf(t, kind, original);
        await tamper(it);
        const { code, text } = await check(it, { checkpoint: it.saved });
        t.match(text, found);
        t.match(text, /\nNOT VERIFIED: \d+ problems/);
        t.equal(code, 65);
      });
  });

for (const kind of stores.kinds)
  t.test(`over plain HTTP, from ${kind.kind}`, async (t) => {
    const it = await published(t, kind);
    const { bucket } = it.config.s3;
    const listed = kind.kind === 'S3';
    const endpoint = /endpoint = "(.*)"/.exec(kind.settings)?.[1];
    const url = listed ? `${endpoint}/${bucket}` : await serveFolder(t, fileURLToPath(bucket));
    const all = await check(it, { bucket: url, checkpoint: it.saved });
    t.match(all.text, /^VERIFIED: 326 log entries, 3 cans, 326 lines, 0 declared removals; 0 /);
    t.equal(all.code, 0);
    t.equal(/objects that the log does not know were not looked for$/.test(all.text), !listed);

    await put(it, `${FIRST.replace('n1.0', 'n1.7')}.jsonl.gz`, Buffer.from('x'));
    t.equal((await check(it, { bucket: url })).code, listed ? 65 : 0, 'an object too many');

    await editLines(it, `${FIRST}.jsonl.gz`, (lines) => ['{"a":1}', ...lines.slice(1)]);
    const changed = await check(it, { bucket: url });
    t.match(changed.text, /n1\.0\.jsonl\.gz line 0: is not what was published/);
    t.equal(changed.code, 65);

    await t.rejects(check(it, { bucket: `${url}/?a=b` }), {
      message: /--bucket: expected the URL/,
    });
    await t.rejects(check(it, { bucket: 'http://127.0.0.1:9/x' }), {
      exitCode: 69,
      message: /Try/,
    });
  });

/** What a web server does that shows a folder. */
async function serveFolder(t: Test, root: string): Promise<string> {
  const server = createServer((request, answer) => {
    const file = createReadStream(join(root, new URL(request.url!, 'http://x').pathname.slice(8)));
    file.once('error', () => answer.writeHead(404).end('<html>none</html>'));
    file.once('open', () => file.pipe(answer));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive`;
}

t.test('the log itself continues only what it was', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'folder')!;
  const it = await published(t, kind);
  // The bucket is put back to an older state: signing on top of that would fork the log.
  await put(it, 'log/n1/checkpoint', readFileSync(it.saved));
  fillSpool(it, [sampleContent(900)], { fromUs: 900 });
  await t.rejects(it.run(), { message: /has 26 leaves, but 326 were published/, exitCode: 69 });
  const old = await readLog(it);
  await resign(it, Array.from({ length: 20 }, () => old).flat());
  await t.rejects(it.run(), { message: /does not contain what this host published/, exitCode: 69 });
});

t.test('what cannot be checked is not called tampering', async (t) => {
  const kind = stores.kinds.find(({ kind }) => kind === 'S3')!;
  const it = await published(t, kind);
  await t.rejects(check(it, { endpoint: 'http://127.0.0.1:9' }), {
    message: /this says nothing about the archive/,
    exitCode: 69,
  });
  await t.rejects(check(it, { key: 'nonsense' }), { message: /--key: cannot be read/ });
  await t.rejects(check(it, { key: undefined }), { message: /--key: needed/, exitCode: 64 });
  await t.rejects(check(it, { onlyNew: true }), { message: /--only-new: needs/ });
  for (const range of [{ from: '20260821' }, { to: '20260821' }])
    await t.rejects(check(it, { ...range, saveCheckpoint: '/nonexistent' }), {
      message: /--save-checkpoint: not with --from or --to/,
      exitCode: 64,
    });
});
