/**
 * What ooni-doctor makes of packages, configuration, credentials, spool and clock: a line that says ok, or
 * what is wrong and what to do.
 *
 * Covers src/doctor/finding.ts, src/doctor/settings.ts,
 * src/doctor/checks/{packages,config,credentials,disk,clock}.ts.
 */
import { readFileSync, type Stats } from 'node:fs';
import t from 'tap';
import { judgeSync, judgeTime } from '../../src/doctor/checks/clock.ts';
import { judgeConfig, judgeShared, type Program } from '../../src/doctor/checks/config.ts';
import {
  isOurs,
  judgeEncrypted,
  judgeName,
  judgePlain,
  KNOWN,
} from '../../src/doctor/checks/credentials.ts';
import { FOLDERS, judgeFolders, judgeRoom } from '../../src/doctor/checks/disk.ts';
import { judgePackages, judgeRunning, parsePackages } from '../../src/doctor/checks/packages.ts';
import { fault, lineOf, ok, unseen } from '../../src/doctor/finding.ts';
import type { Stat } from '../../src/doctor/host.ts';
import { parseShown } from '../../src/doctor/settings.ts';
import { answer, DENIED, MISSING, NOW, ran, read, SECRET, said } from './said.ts';

t.test('a line is one line, whatever was said to us', async (t) => {
  t.equal(lineOf(ok('a')), 'ok    a');
  t.equal(lineOf(fault('a\n\u001b[2J', 'b')), 'FAIL  a \\u001b[2J: b');
  t.equal(lineOf(unseen('a', 'b')), '-     a: b');
});

t.test('packages', async (t) => {
  const line = (name: string, version: string, state = 'ii ') => `${name}\t${version}\t${state}\n`;
  const judged = (...lines: string[]) => judgePackages(parsePackages(lines.join('')));
  said(
    t,
    judged(line('ooni-api', '2'), line('ooni-common', '2')),
    'ok    packages: ooni-api, ooni-common 2',
  );
  said(
    t,
    judged(line('ooni-api', '2'), line('ooni-common', '1')),
    'FAIL  packages are of several versions: ooni-api 2, ooni-common 1',
  );
  said(
    t,
    judged(line('ooni-api', '2'), line('ooni-uploader', '1', 'rc ')),
    'ok    packages: ooni-api 2',
  );
  said(
    t,
    judged(line('ooni-api', '2'), line('ooni-common', '2', 'iF ')),
    'FAIL  package ooni-common is installed in part',
    'ok    packages: ooni-api 2',
  );
  said(t, judged(''), '-     packages: none');
  said(t, judgeRunning('ooni-api', '2', answer(200, '{"version":"2"}')), 'ok    ooni-api runs');
  said(
    t,
    judgeRunning('ooni-api', '2', answer(200, '{"version":"1"}')),
    'FAIL  ooni-api runs version 1, installed is 2',
  );
  said(
    t,
    judgeRunning('ooni-api', '2', answer(200, '<html>')),
    'FAIL  ooni-api runs version undefined',
  );
  t.strictSame(judgeRunning('ooni-api', '2', { kind: 'nothing', why: 'ECONNREFUSED' }), []);
});

t.test('configuration', async (t) => {
  const file = '/etc/ooni/api.toml';
  said(t, judgeConfig('ooni-api', ran(0)), 'ok    ooni-api: its configuration is good');
  said(
    t,
    judgeConfig('ooni-api', ran(78, '', `ooni-api: ${file}: no_such_key: unknown key\n`)),
    `FAIL  ooni-api: ${file}: no_such_key: unknown key: mend that`,
  );
  said(t, judgeConfig('ooni-api', ran(undefined)), 'FAIL  ooni-api --check-config cannot be run');
  said(
    t,
    judgeConfig('ooni-api', ran(70, '', 'bug')),
    'FAIL  ooni-api --check-config ends with 70 (bug)',
  );

  const shown = parseShown(
    'collector_id = "7"   # /etc/ooni/api.toml.d/local.toml\nmin = 5 # default\nlist = ["a"]  # default\nt = { a = 1 }\n\n[clickhouse]\nurl = "http://a/# b"  # default\n\n[a.b]\nyes = true  # default\n',
  );
  t.strictSame(
    [...shown],
    [
      ['collector_id', '7'],
      ['min', 5],
      ['list', ['a']],
      ['clickhouse.url', 'http://a/# b'],
      ['a.b.yes', true],
    ],
  );
  const of = (api: string, uploader: string) =>
    judgeShared(
      new Map<Program, ReturnType<typeof parseShown>>([
        ['ooni-api', parseShown(`collector_id = "${api}"`)],
        ['ooni-uploader', parseShown(`collector_id = "${uploader}"`)],
      ]),
    );
  said(t, of('7', '7'), 'ok    collector_id is the same');
  said(t, of('7', '8'), 'FAIL  collector_id differs: ooni-api has 7, ooni-uploader has 8');
});

t.test('credentials', async (t) => {
  for (const [name, owners] of Object.entries(KNOWN))
    for (const owner of owners) t.equal(judgeName(`${owner}.${name}`), undefined);
  said(
    t,
    judgeName('ooni.clickhouse_password')!,
    'FAIL  credential ooni.clickhouse_password is read by no',
  );
  said(
    t,
    judgeName('ooni-fastpath.log-key')!,
    'FAIL  credential ooni-fastpath.log-key is read by no',
  );
  t.strictSame(['ooni.x', 'ooni-api.x', 'other.x', 'oonix'].map(isOurs), [
    true,
    true,
    false,
    false,
  ]);

  const file = 'ooni.clickhouse-password';
  said(t, judgePlain(file, read(SECRET)), 'ok    credential ooni.clickhouse-password: root alone');
  said(
    t,
    judgePlain(file, read(SECRET, { mode: 0o100640 })),
    'FAIL  credential ooni.clickhouse-password can be read by others',
  );
  said(
    t,
    judgePlain(file, read(SECRET, { uid: 33 })),
    'FAIL  credential ooni.clickhouse-password can be read by others',
  );
  said(t, judgePlain(file, read('\n')), 'FAIL  credential ooni.clickhouse-password is empty');
  said(t, judgePlain(file, DENIED), '-     credential ooni.clickhouse-password');
  const keys = 'ooni-api.s3-credentials';
  said(
    t,
    judgePlain(keys, read(`access_key_id=a\naws_secret_access_key = ${SECRET}\n`)),
    'ok    credential',
  );
  said(
    t,
    judgePlain(keys, read(`access_key_id=a\nsecret: ${SECRET}\n`)),
    'FAIL  credential ooni-api.s3-credentials lacks a line',
  );
  said(
    t,
    judgeEncrypted(file, false, ran(0, SECRET)),
    'ok    credential ooni.clickhouse-password: this host',
  );
  said(
    t,
    judgeEncrypted(file, false, ran(1, '', 'bad name')),
    'FAIL  credential ooni.clickhouse-password cannot be decrypted',
  );
  said(
    t,
    judgeEncrypted(file, true, ran(0, SECRET)),
    'FAIL  credential ooni.clickhouse-password is there twice',
  );
});

t.test('credentials that are known are those of the units', async (t) => {
  const imported = new Map<string, Set<string>>();
  for (const unit of ['ooni-api', 'ooni-api-fetch@', 'ooni-fastpath', 'ooni-uploader'])
    for (const [, owner, name] of readFileSync(`systemd/${unit}.service`, 'utf8').matchAll(
      /^ImportCredential=(ooni[a-z-]*)\.([a-z0-9-]+):/gm,
    ))
      imported.set(name!, (imported.get(name!) ?? new Set()).add(owner!));
  t.strictSame(
    Object.fromEntries([...imported].map(([name, owners]) => [name, [...owners].sort()])),
    Object.fromEntries(Object.entries(KNOWN).map(([name, owners]) => [name, [...owners].sort()])),
  );
});

t.test('the spool', async (t) => {
  const folders = (change: Record<string, Stat | { mode?: number; uid?: number }> = {}) =>
    new Map(
      Object.entries(FOLDERS).map(([name, { mode }]): [string, Stat] => {
        const other = change[name];
        if (other !== undefined && 'kind' in other) return [name, other];
        return [
          name,
          {
            kind: 'there',
            stats: {
              mode: 0o40000 | mode,
              uid: name.length,
              isDirectory: () => true,
              ...other,
            } as Stats,
          },
        ];
      }),
    );
  const ids = new Map([['ooni-fastpath', 'pending'.length]]);
  const judged = (change?: Parameters<typeof folders>[0]) =>
    judgeFolders('/spool', folders(change), ids);
  said(t, judged(), 'ok    spool: the folders of /spool');
  said(t, judged({ seen: MISSING }), 'FAIL  spool: /spool/seen is missing: systemd-tmpfiles');
  said(t, judged({ '': DENIED }), '-     spool: /spool');
  const file: Stat = { kind: 'there', stats: { isDirectory: () => false } as Stats };
  said(t, judged({ seen: file }), 'FAIL  spool: /spool/seen is no folder: move it away, then');
  said(
    t,
    judged({ incoming: { mode: 0o40755 } }),
    'FAIL  spool: /spool/incoming has not owner ooni-api and mode 2770',
  );
  said(
    t,
    judged({ pending: { uid: 0 } }),
    'FAIL  spool: /spool/pending has not owner ooni-fastpath',
  );
  // The table is what tmpfiles makes.
  const conf = readFileSync('systemd/tmpfiles.d/ooni-common.conf', 'utf8');
  for (const [name, { mode, owner }] of Object.entries(FOLDERS))
    t.match(
      conf.replace(/ +/g, ' '),
      `d /var/lib/ooni/spool${name === '' ? '' : `/${name}`} ${mode.toString(8)} ${owner} ooni -`,
    );

  const least = { bytes: 1_048_576, inodes: 10 };
  const room = (freeBytes: number, freeInodes: number, hasInodes = true) =>
    judgeRoom('/spool', { freeBytes, freeInodes, hasInodes }, least, 'submissions get 503');
  said(t, room(4_194_304, 40), 'ok    disk of /spool: 4 MiB and 40 inodes are left');
  said(
    t,
    room(4_194_304, 15),
    'FAIL  disk of /spool: 4 MiB and 15 inodes are left, soon submissions',
  );
  said(
    t,
    room(4_194_304, 9),
    'FAIL  disk of /spool: 4 MiB and 9 inodes are left, submissions get 503',
  );
  said(
    t,
    room(1_000_000, 40),
    'FAIL  disk of /spool: 0 MiB and 40 inodes are left, submissions get 503',
  );
  said(t, room(4_194_304, 0, false), 'ok    disk of /spool: 4 MiB are left');
});

t.test('the clock', async (t) => {
  said(t, judgeSync(ran(0, 'NTPSynchronized=yes\n')), 'ok    clock: kept right');
  said(t, judgeSync(ran(0, 'NTPSynchronized=no\n')), 'FAIL  clock: nobody keeps it right');
  said(t, judgeSync(ran(1)), '-     clock: whether');
  t.strictSame(judgeTime(NOW, undefined), []);
  t.strictSame(judgeTime(NOW, '2026-11-24T09:10:00.000Z\n'), []);
  said(
    t,
    judgeTime(NOW, '2026-11-24T11:00:00.000Z\n'),
    'FAIL  clock: it says 2026-11-24T10:00:00.000Z, but',
  );
  said(t, judgeTime(0, undefined), 'FAIL  clock: it says 1970');
});
