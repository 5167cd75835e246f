/** Each job of `ooni-api fetch` has a timer of its period, which is installed, enabled and taken away again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { JOBS } from '../../src/core/sources/jobs.ts';

const PERIODS: Readonly<Record<string, number>> = {
  '*:00/30': 1_800,
  hourly: 3_600,
  daily: 86_400,
};
const text = (file: string) => readFileSync(file, 'utf8');

t.test('timers', async (t) => {
  const rules = text('debian/rules');
  const migrate = text('systemd/ooni-api-migrate.service');
  for (const { name, periodSeconds } of JOBS) {
    const file = `systemd/ooni-api-fetch-${name}.timer`;
    t.ok(existsSync(file), file);
    const timer = text(file);
    t.equal(PERIODS[/^OnCalendar=(.*)$/m.exec(timer)![1]!], periodSeconds, name);
    t.match(timer, /^Persistent=yes$/m);
    t.match(timer, /^RandomizedDelaySec=/m);
    t.match(timer, `Unit=ooni-api-fetch@${name}.service\n`);
    t.match(rules, `ooni-api-fetch-${name}.timer`, 'enabled and started');
    t.match(migrate, `ooni-api-fetch@${name}.service`, 'new tables are filled');
    t.match(text('docs/man/ooni-api.8'), name);
    t.match(text('completion/ooni-api'), name);
  }
  const timers = readdirSync('systemd').filter((name) =>
    /^ooni-api-fetch-[a-z-]+\.timer$/.test(name),
  );
  t.equal(timers.length, JOBS.length);
});

t.test('what failed is tried again soon, whatever the period', async (t) => {
  t.match(text('systemd/ooni-api-fetch@.service'), /^OnFailure=ooni-api-fetch-again@%i\.timer$/m);
  const again = text('systemd/ooni-api-fetch-again@.timer');
  t.match(again, /^OnActiveSec=20min$/m);
  t.match(again, /^RemainAfterElapse=no$/m, 'the next failure can start it again');
  t.match(again, /^Unit=ooni-api-fetch@%i\.service$/m);
  t.match(again, /^PartOf=ooni\.target$/m, 'a backend that is stopped fetches nothing');
  t.notMatch(text('debian/rules'), 'fetch-again', 'nothing starts it but a failure');
});

t.test(
  'debhelper enables what has no @ in its name, and passes over the rest without a word',
  async (t) => {
    const units = text('debian/rules').replace(/\\\n/g, ' ');
    for (const [line] of units.matchAll(/^\tdh_installsystemd .*$/gm)) t.notMatch(line, '@', line);
  },
);

t.test('what reads the words of strangers has no part in the spool', async (t) => {
  const unit = text('systemd/ooni-api-fetch@.service');
  t.match(unit, /^User=ooni-fetch\nGroup=ooni-fetch$/m);
  t.match(unit, /^InaccessiblePaths=-\/var\/lib\/ooni\/spool$/m);
  t.match(text('systemd/sysusers.d/ooni-common.conf'), /^u\s+ooni-fetch\s+-\s/m);
  t.match(
    text('systemd/tmpfiles.d/ooni-common.conf'),
    /^d\s+\/var\/lib\/ooni\/sources\s+0755 ooni-fetch\s+ooni-fetch/m,
  );
  const sandbox = (file: string) => text(file).slice(text(file).indexOf('# The sandbox.'));
  t.equal(
    sandbox('systemd/ooni-api-fetch@.service'),
    sandbox('systemd/ooni-api-migrate.service'),
    'the sandbox is that of the others',
  );
});
