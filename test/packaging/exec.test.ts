/** Covers systemd/ooni-exec: as whom a command runs, and which credentials it is given. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const dir = t.testdir({});
const store = join(dir, 'credstore');
mkdirSync(store);
for (const name of [
  ...['ooni.clickhouse-password', 'ooni-api.clickhouse-password', 'ooni.s3-credentials'],
  ...['ooni-api.account-keys', 'ooni-uploader.log-key', 'ooni-api.smtp-password'],
])
  writeFileSync(join(store, name), 'secret');
const script = join(dir, 'ooni-exec');
writeFileSync(
  script,
  readFileSync('systemd/ooni-exec', 'utf8').replaceAll('/etc/credstore', store),
);
writeFileSync(join(dir, 'systemd-run'), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
chmodSync(join(dir, 'systemd-run'), 0o755);

function ran(...command: string[]) {
  const env = { PATH: `${dir}:/usr/bin:/bin` };
  const words = execFileSync('sh', [script, ...command], { env, encoding: 'utf8' }).split('\n');
  return {
    user: words.find((word) => word.startsWith('--uid='))?.slice('--uid='.length),
    credentials: words.flatMap((word) => {
      const [, name, from] = /^--property=LoadCredential=([a-z0-9-]+):(.*)$/.exec(word) ?? [];
      return name === undefined ? [] : [`${name}=${from!.slice(store.length + 1)}`];
    }),
    command: words.slice(words.indexOf('--') + 1, -1),
  };
}

t.test('a command runs with what its service has', async (t) => {
  t.strictSame(ran('ooni-api', 'account', 'add', 'a b'), {
    user: 'ooni-api',
    credentials: [
      'clickhouse-password=ooni-api.clickhouse-password',
      's3-credentials=ooni.s3-credentials',
      'account-keys=ooni-api.account-keys',
      'smtp-password=ooni-api.smtp-password',
    ],
    command: ['/usr/bin/ooni-api', 'account', 'add', 'a b'],
  });
  t.strictSame(ran('ooni-uploader', 'verify').credentials, [
    'clickhouse-password=ooni.clickhouse-password',
    's3-credentials=ooni.s3-credentials',
    'log-key=ooni-uploader.log-key',
  ]);
});

t.test('what reads the words of strangers is given no secret but that of its tables', async (t) => {
  t.match(ran('ooni-api', 'fetch', '--list'), {
    user: 'ooni-fetch',
    credentials: ['clickhouse-password=ooni-api.clickhouse-password'],
  });
  const unit = readFileSync('systemd/ooni-api-fetch@.service', 'utf8');
  t.strictSame(
    [...unit.matchAll(/^ImportCredential=(.*)$/gm)].map(([, word]) => word!.split(':')[1]),
    ['clickhouse-password', 'clickhouse-password'],
  );
});
