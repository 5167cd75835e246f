/**
 * What ooni-doctor makes of AppArmor: services under their profiles, and settings that name what those do not allow.
 * The profiles that are shipped allow what the settings are by default, and their examples; and where there is a parser,
 * they are what it understands.
 *
 * Covers src/doctor/checks/apparmor.ts, src/doctor/apparmorRules.ts, apparmor/.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import t from 'tap';
import { missingRules, PROFILES, type ProfileName } from '../../src/doctor/apparmorRules.ts';
import { fileOf, judgeLabel, judgeMissing, sectionOf } from '../../src/doctor/checks/apparmor.ts';
import { realPath } from '../../src/doctor/host.ts';
import { parseShown } from '../../src/doctor/settings.ts';
import { said } from './said.ts';

const NAMES = Object.keys(PROFILES) as ProfileName[];
const read = (file: string) => readFileSync(file, 'utf8');
const profileOf = (name: ProfileName) =>
  sectionOf(name, read(`apparmor/${PROFILES[name].program}`));
const asked = (
  name: ProfileName,
  settings: string,
  own = '',
  resolve = (path: string): string => path,
) => missingRules(name, parseShown(settings), [profileOf(name), own], resolve);

t.test('whether a service runs under its profile', async (t) => {
  const judged = (label: string, isOff = false) => judgeLabel('ooni-api', label, isOff);
  said(t, judged('ooni-api (enforce)'), 'ok    AppArmor: ooni-api runs under its profile');
  said(
    t,
    judged('ooni-api (complain)'),
    '-     AppArmor: the profile of ooni-api forbids nothing (complain): aa-enforce /etc/apparmor.d/ooni-api',
  );
  said(t, judged('unconfined', true), '-     AppArmor: the profile of ooni-api is switched off');
  for (const label of ['unconfined', 'other (enforce)', ''])
    said(t, judged(label), 'FAIL  AppArmor: ooni-api runs without its profile: apparmor_parser');
  t.equal(fileOf('ooni-api-fetch'), '/etc/apparmor.d/ooni-api');
});

t.test('settings that name what a profile does not allow', async (t) => {
  for (const [name, settings, ...rules] of [
    ['ooni-api', 'spool_dir = "/srv/ooni/spool"\nlisten = "127.0.0.1:8080"\nworkers = 2\n'],
    ['ooni-api', '[s3]\nbucket = "ooni-archive"\n'],
    ['ooni-api', 'spool_dir = "/data/spool/"\n', '  "/data/spool{,/,/**}" rwkl,'],
    ['ooni-api', '[s3]\nbucket = "file:///data/a b"\n', '  "/data/a b{,/,/**}" r,'],
    ['ooni-uploader', '[s3]\nbucket = "file:///data/[1]"\n', '  "/data/\\[1\\]{,/,/**}" rwkl,'],
    ['ooni-uploader', 'log_key_file = "/etc/keys/log"\n', '  "/etc/keys/log" r,'],
    ['ooni-api', '[mail]\nsendmail = "/usr/bin/other"\n', '  "/usr/bin/other" mrix,'],
    ['ooni-api-fetch', '[fetch]\ngeoip = ["https://a.example/x", "/srv/geoip"]\n'],
    [
      'ooni-api-fetch',
      '[fetch]\nfingerprints = ["git:/opt/a#main", "/opt/b#sha256=00"]\n',
      '  "/opt/a{,/,/**}" r,',
      '  "/opt/b{,/,/**}" r,',
    ],
    [
      'ooni-uploader',
      'metrics_textfile = "/var/lib/metrics/ooni.prom"\n',
      '  "/var/lib/metrics/ooni.prom{,.tmp}" rw,',
      '  "/var/lib/metrics/" r,',
    ],
    // What the profile lets it read it may not write.
    [
      'ooni-api',
      'cache_dir = "/var/lib/ooni/archive/cache"\n',
      '  "/var/lib/ooni/archive/cache{,/,/**}" rwkl,',
    ],
    // `ooni-fastpath replay`, which is run by hand.
    ['ooni-fastpath', '[s3]\nbucket = "file:///data/archive"\n'],
  ] as const) {
    const missing = asked(name, settings);
    t.strictSame(
      missing.flatMap((one) => one.rules),
      rules,
      settings,
    );
    const own = missing.map((one) => `  # ${one.key}\n${one.rules.join('\n')}\n`).join('');
    t.strictSame(asked(name, settings, own), [], 'with them nothing is missing');
  }
  t.strictSame(
    asked('ooni-fastpath', 'spool_dir = "/var/lib/ooni/spool"', '', (path) =>
      path.replace('/var/lib/ooni', '/data/ooni'),
    ).flatMap((one) => one.rules),
    ['  "/data/ooni/spool{,/,/**}" rwkl,'],
    'the kernel asks about the path behind a link',
  );
  said(
    t,
    judgeMissing('ooni-api', asked('ooni-api', 'spool_dir = "/data/spool"\n')),
    'FAIL  AppArmor: the profile ooni-api does not allow /data/spool, which spool_dir names: ooni-doctor --apparmor ooni-api >>/etc/apparmor.d/local/ooni-api',
  );
});

t.test('a path behind links', async (t) => {
  const folder = realPath(t.testdir({ there: {} }));
  symlinkSync('there', `${folder}/link`);
  t.equal(realPath(`${folder}/link/not/yet`), `${folder}/there/not/yet`);
  t.equal(realPath('/no-such-folder/x'), '/no-such-folder/x');
});

t.test('the profiles that are shipped', async (t) => {
  for (const name of NAMES) {
    const { program } = PROFILES[name];
    const file = read(`etc/${program.slice('ooni-'.length)}.toml`);
    const settings = file.replace(/^#(?=\w+ = |\[)/gm, '');
    t.strictSame(asked(name, settings), [], `${name}: defaults and examples`);
    t.match(profileOf(name), `include if exists <local/${name}>`);
    t.match(read('debian/rules'), `dh_apparmor -p${program} --profile-name=${program}\n`);
    t.match(read(`debian/${program}.postinst`), new RegExp(`apparmor-local( [a-z-]+)* ${name}\\b`));
  }
  const named = readdirSync('systemd')
    .filter((name) => name.endsWith('.service'))
    .map((name) => /^AppArmorProfile=-(\S+)$/m.exec(read(`systemd/${name}`))?.[1]);
  t.strictSame(
    named.sort(),
    [...NAMES].sort(),
    'each service names one, and starts where it is not loaded',
  );
});

const PARSER = '/sbin/apparmor_parser';
const ABSTRACTIONS = '/etc/apparmor.d/abstractions/base';
t.test(
  'a parser understands them',
  { skip: existsSync(PARSER) && existsSync(ABSTRACTIONS) ? false : 'no apparmor_parser' },
  async (t) => {
    const folder = t.testdir({});
    execFileSync('cp', ['-r', 'apparmor/.', folder]);
    // The parser of an older Debian knows an older set of rules, which is what it is asked about then.
    const abi = existsSync('/etc/apparmor.d/abi/4.0') ? '4.0' : '3.0';
    mkdirSync(`${folder}/local`);
    for (const name of NAMES) {
      const file = `${folder}/${PROFILES[name].program}`;
      execFileSync('sed', ['-i', `s|abi/4.0|abi/${abi}|`, file, `${folder}/abstractions/ooni`]);
      execFileSync('cp', ['/dev/null', `${folder}/local/${name}`]);
      const ran = spawnSync(
        PARSER,
        ['-Q', '-K', '--base', '/etc/apparmor.d', '-I', folder, '-I', '/etc/apparmor.d', file],
        { encoding: 'utf8' },
      );
      t.equal(ran.status, 0, ran.stderr);
    }
  },
);
