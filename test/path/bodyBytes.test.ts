/**
 * What a body costs the bucket, counted at its side: little, whatever the size of the object it is in. With the
 * files that ooni-uploader writes, on a real S3 server and the real engine.
 */
import { createReadStream, statSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { jsonlRow } from '../../src/core/archive/jsonlRows.ts';
import { jsonlKey, parseCan } from '../../src/core/archive/names.ts';
import { splitLines } from '../../src/core/text/lines.ts';
import { openReferenceDeflater } from '../../src/edge/gzip/reference.ts';
import { openS3 } from '../../src/edge/objects/s3.ts';
import { createJsonlFile } from '../../src/uploader/can/jsonlFile.ts';
import { bodyPlaces, type IndexLine, parseIndexLine } from '../../src/uploader/can/manifest.ts';
import { ask, startDatabase, startService } from '../api/support.ts';
import { randomChoices } from '../support/random.ts';
import { startS3 } from '../support/s3.ts';

const MAX_BYTES = 524_288;
const BUCKET = 'ooni-data';
/** As ooni-uploader has them by default. */
const LEVEL = 6;
const MEMBER_BYTES = 262_144;

const [clickhouseUrl, s3] = await Promise.all([startDatabase(t), startS3()]);
t.teardown(() => s3.stop());
await s3.createBucket(BUCKET);

/** Bytes that the server has sent. */
let sentBytes = 0;
const sockets = new Set<Socket>();
const proxy = createServer((client) => {
  const server = connect(Number(new URL(s3.endpoint).port), '127.0.0.1');
  for (const socket of [client, server]) {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  }
  server.on('data', (bytes: Buffer) => {
    sentBytes += bytes.length;
  });
  client.pipe(server).pipe(client);
});
await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
t.teardown(() => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
});
const objects = openS3({
  bucket: BUCKET,
  endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  region: s3.region,
  pathStyle: true,
  credentials: s3.credentials,
  requestTimeoutMs: 30_000,
  maxAttempts: 1,
});
t.teardown(() => objects.close());
const api = await startService(t, { clickhouseUrl, objects: () => objects });

const { below } = randomChoices(20260713);
const deflater = openReferenceDeflater(LEVEL);
/** A page that many have in common, and what only one has, which hardly compresses. */
const COMMON = Array.from({ length: 20_000 }, () => below(1e9).toString(36)).join(' ');
const ownText = (bytes: number) => {
  let text = '';
  while (text.length < bytes) text += below(2 ** 31).toString(36);
  return text;
};

interface Published {
  readonly uid: string;
  readonly line: string;
}

/** An object of so many measurements in the bucket, with its rows. */
async function publish(dir: string, k: number, count: number) {
  const can = parseCan(`2026082110_IT_webconnectivity.n1.${k}`)!;
  const files = { jsonl: join(dir, `${k}.jsonl.gz`), index: join(dir, `${k}.index`) };
  const file = await createJsonlFile(files, deflater, MEMBER_BYTES);
  const all: Published[] = [];
  while (all.length < count) {
    const serial = String(k * 100_000 + all.length).padStart(6, '0');
    const uid = `20260821101503.${serial}_IT_webconnectivity_0123456789abcdef`;
    const own = ownText(2_000 + below(5) ** 4 * 200);
    const page = all.length % 3 === 0 ? COMMON.slice(0, 20_000 + below(80_000)) : '';
    const line = JSON.stringify({ report_id: `r${serial}`, input: serial, page, own });
    await file.add([
      {
        uid,
        receivedMs: Date.parse('2026-08-21T10:15:03Z'),
        bytes: Buffer.alloc(0),
        line: Buffer.from(line),
        sha256: '0'.repeat(64),
        parsed: true,
        reportId: `r${serial}`,
        input: serial,
      },
    ]);
    all.push({ uid, line });
  }
  await file.finish();
  await objects.putFile(jsonlKey(can), files.jsonl, 'application/gzip');
  const rows: unknown[] = [];
  for await (const place of bodyPlaces(indexOf(files.index)))
    rows.push(JSON.parse(jsonlRow(can, place)));
  await api.client.insert({ table: 'jsonl', values: rows, format: 'JSONEachRow' });
  await api.client.insert({
    table: 'fastpath',
    values: all.map(({ uid, line }) => ({
      measurement_uid: uid,
      report_id: (JSON.parse(line) as { report_id: string }).report_id,
      input: (JSON.parse(line) as { input: string }).input,
      probe_cc: 'IT',
      probe_asn: 30722,
      test_name: 'web_connectivity',
      measurement_start_time: '2026-08-21 10:15:03',
    })),
    format: 'JSONEachRow',
  });
  return { all, sizeBytes: statSync(files.jsonl).size };
}

async function* indexOf(path: string): AsyncGenerator<IndexLine> {
  for await (const line of splitLines(createReadStream(path))) {
    const parsed = parseIndexLine(Buffer.from(line));
    if (parsed.kind !== 'ok') throw new Error(parsed.reason);
    yield parsed.value;
  }
}

t.test('a body of the archive is half a megabyte at most', async (t) => {
  const dir = t.testdir({});
  const sizes: number[] = [];
  for (const [k, count] of [60, 400].entries()) {
    const { all, sizeBytes } = await publish(dir, k, count);
    sizes.push(sizeBytes);
    let most = 0;
    for (let each = 0; each < 24; each++) {
      // From the first to the last.
      const { uid, line } = all[Math.floor((each * (all.length - 1)) / 23)]!;
      sentBytes = 0;
      const { text } = await ask(`${api.url}/api/v1/raw_measurement?measurement_uid=${uid}`);
      if (text !== `${line}\n`) t.fail(`another body for ${uid}`);
      most = Math.max(most, sentBytes);
    }
    t.ok(most > 0 && most <= MAX_BYTES, `of ${sizeBytes} bytes ${most} were read`);
  }
  t.ok(sizes[0]! > MAX_BYTES && sizes[1]! > 10 * MAX_BYTES, sizes.join());
});
