import t from 'tap';
import { objectUrl, publicBucketUrl } from '../../../src/core/archive/publicBucket.ts';

const S3 = { bucket: 'data', endpoint: undefined, region: 'eu-central-1', path_style: false };

t.test('where others find the bucket', async (t) => {
  const cases = [
    [S3, undefined, 'https://data.s3.eu-central-1.amazonaws.com'],
    [{ ...S3, endpoint: 'https://s3.example.org/' }, undefined, 'https://data.s3.example.org'],
    [
      { ...S3, endpoint: 'http://127.0.0.1:9000', path_style: true },
      undefined,
      'http://127.0.0.1:9000/data',
    ],
    [{ ...S3, bucket: 'file:///var/lib/ooni/archive' }, undefined, undefined],
    [
      { ...S3, bucket: 'file:///var/lib/ooni/archive' },
      'https://archive.example.org/',
      'https://archive.example.org',
    ],
    [S3, 'https://archive.example.org/a', 'https://archive.example.org/a'],
  ] as const;
  for (const [settings, configured, expected] of cases)
    t.equal(publicBucketUrl(settings, configured), expected);
});

t.test('a key as part of an address', async (t) => {
  t.equal(
    objectUrl('https://a.example', 'raw/20260821/a b#1.gz'),
    'https://a.example/raw/20260821/a%20b%231.gz',
  );
});
