/** Listings of a bucket whose service, or what stands before it, answers with 200 and no whole list. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { openS3 } from '../../../src/edge/objects/s3.ts';

let answers: string[] = [];
const server = createServer((request, response) => {
  request.resume();
  response.setHeader('Content-Type', 'application/xml');
  response.end(answers.length > 1 ? answers.shift() : answers[0]);
});
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
const bucket = openS3({
  bucket: 'b',
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  region: 'us-east-1',
  pathStyle: true,
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  requestTimeoutMs: 60_000,
  maxAttempts: 1,
});
t.teardown(() => {
  bucket.close();
  server.close();
});

const list = async (...given: string[]): Promise<string[]> => {
  answers = given;
  const keys: string[] = [];
  for await (const { key } of bucket.list('raw/')) keys.push(key);
  return keys;
};
const page = (key: string, end: string) =>
  `<ListBucketResult><Name>b</Name>${key && `<Contents><Key>${key}</Key><Size>1</Size></Contents>`}${end}</ListBucketResult>`;
const LAST = '<IsTruncated>false</IsTruncated>';
const more = (token: string) =>
  `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;

t.test('whole lists', async (t) => {
  t.strictSame(await list(page('', LAST)), []);
  t.strictSame(await list(page('x', LAST)), ['x']);
  t.strictSame(await list(page('x', more('1')), page('', more('2')), page('y', LAST)), ['x', 'y']);
});

t.test('what is none is not an empty one', async (t) => {
  const others = ['', '<html><body>Log in</body></html>', 'OK', '{}', page('x', LAST).slice(0, -9)];
  for (const other of others) await t.rejects(list(other), other);
  await t.rejects(list(page('x', more('1')), '<html/>'), /expected a list/);
});

t.test('a list that does not come to its end is none', async (t) => {
  await t.rejects(list(page('x', '<IsTruncated>true</IsTruncated>')), /how it goes on/);
  await t.rejects(list(page('x', more('1'))), /how it goes on/, 'the same token again and again');
});
