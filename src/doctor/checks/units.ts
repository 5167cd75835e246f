/** Units of systemd: what must run runs and is started at boot, and nothing has failed. */
import { type Finding, fault, ok, unseen } from '../finding.ts';
import { run } from '../host.ts';
import type { Program } from './config.ts';

/** What must be active, by package. */
export const RUNNING: Readonly<Record<Program, readonly string[]>> = {
  'ooni-api': [
    'ooni-api.socket',
    'ooni-api.service',
    'ooni-api-fetch-fingerprints.timer',
    'ooni-api-fetch-test-lists.timer',
    'ooni-api-fetch-geoip.timer',
    'ooni-api-fetch-as-names.timer',
  ],
  'ooni-fastpath': ['ooni-fastpath.socket', 'ooni-fastpath.service'],
  'ooni-uploader': ['ooni-uploader.timer'],
};

export interface Unit {
  readonly load: string;
  readonly active: string;
  readonly enabled: string;
}

/** Blocks of `systemctl show`, by unit. */
export function parseUnits(out: string): ReadonlyMap<string, Unit> {
  const units = new Map<string, Unit>();
  for (const block of out.split(/\n\n+/)) {
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(block)?.[1] ?? '';
    const name = value('Id');
    if (name !== '')
      units.set(name, {
        load: value('LoadState'),
        active: value('ActiveState'),
        enabled: value('UnitFileState'),
      });
  }
  return units;
}

export function judgeUnit(name: string, unit: Unit | undefined): Finding {
  const see = `systemctl status ${name}`;
  if (unit === undefined || unit.load === 'not-found')
    return fault(`${name} is not there`, 'reinstall its package');
  if (unit.load === 'masked') return fault(`${name} is masked`, `systemctl unmask ${name}`);
  // On a host of several one may be enough (docs/sources.md).
  if (
    name.startsWith('ooni-api-fetch-') &&
    unit.active === 'inactive' &&
    unit.enabled === 'disabled'
  )
    return unseen(
      `${name} is switched off`,
      `if this host is to fetch: systemctl enable --now ${name}`,
    );
  if (unit.active !== 'active')
    return fault(`${name} is ${unit.active}`, `${see}, then systemctl start ${name}`);
  if (unit.enabled !== '' && unit.enabled !== 'enabled' && unit.enabled !== 'static')
    return fault(`${name} runs, but is not started at boot`, `systemctl enable ${name}`);
  return ok(`${name} is active`);
}

/** `lines`: of `systemctl list-units --failed --plain`. */
export function judgeFailed(lines: string): Finding[] {
  const failed = lines.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);
  if (failed.length === 0) return [ok('no unit of the backend has failed')];
  return failed.map((name) =>
    fault(
      `${name} has failed`,
      `journalctl -u ${name} -p warning -e; what its lines mean is in /usr/share/doc/ooni-common/messages.md`,
    ),
  );
}

export async function checkUnits(programs: readonly Program[]): Promise<Finding[]> {
  const names = ['ooni.target', ...programs.flatMap((program) => RUNNING[program])];
  const shown = await run(
    'systemctl',
    'show',
    '--property=Id,LoadState,ActiveState,UnitFileState',
    ...names,
  );
  if (shown.code !== 0)
    return [unseen('units: systemd does not answer', 'run ooni-doctor where the services run')];
  const units = parseUnits(shown.out);
  const failed = await run(
    'systemctl',
    ...['list-units', '--failed', '--plain', '--no-legend', 'ooni*', 'nginx*', 'clickhouse*'],
  );
  return [...names.map((name) => judgeUnit(name, units.get(name))), ...judgeFailed(failed.out)];
}
