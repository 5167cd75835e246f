/** All checks, in the order in which one thing rests on another. Each says something, whatever is down. */
import { checkAppArmor } from './checks/apparmor.ts';
import { checkClock } from './checks/clock.ts';
import { judgeShared, PROGRAMS, type Program, readConfig } from './checks/config.ts';
import { checkCredentials } from './checks/credentials.ts';
import { checkDatabase } from './checks/database.ts';
import { checkDisk } from './checks/disk.ts';
import { checkFreshness, jobsSwitchedOff } from './checks/freshness.ts';
import { checkRunning, judgePackages, readPackages } from './checks/packages.ts';
import { apiAddress, checkHealth } from './checks/service.ts';
import { checkUnits } from './checks/units.ts';
import { checkWeb } from './checks/web.ts';
import { look } from './host.ts';
import { type Settings, text } from './settings.ts';
import { type Say, step } from './step.ts';

/** Calls `say` as soon as something is known. */
export async function examine(say: Say): Promise<void> {
  const nowMs = Date.now();
  const packages = await readPackages();
  await step(say, 'packages', () => judgePackages(packages));
  const programs = PROGRAMS.filter((name) => packages.installed.has(name));

  const settings = new Map<Program, Settings>();
  for (const program of programs)
    await step(say, 'configuration', async () => {
      const { finding, settings: has } = await readConfig(program);
      if (has !== undefined) settings.set(program, has);
      return [finding];
    });
  await step(say, 'configuration', () => judgeShared(settings));
  await step(say, 'credentials', checkCredentials);
  const api = settings.get('ooni-api');
  const uploader = settings.get('ooni-uploader');
  await step(say, 'clock', () =>
    checkClock(text(uploader, 'state_dir') ?? '/var/lib/ooni/uploader', nowMs),
  );
  await step(say, 'disk', () => checkDisk(settings));
  await step(say, 'units', () => checkUnits(programs));
  await step(say, 'AppArmor', () => checkAppArmor(settings));
  await step(say, 'ClickHouse', () => checkDatabase(settings));

  if (programs.includes('ooni-api'))
    await step(say, 'ooni-api', async () => {
      const address = await apiAddress(api);
      const version = packages.installed.get('ooni-api');
      return [
        ...(await checkHealth('ooni-api', address)),
        ...(await checkRunning('ooni-api', version, address)),
      ];
    });
  const fastpathAt = text(settings.get('ooni-fastpath'), 'metrics_listen');
  if (fastpathAt !== undefined)
    await step(say, 'ooni-fastpath', async () => [
      ...(await checkHealth('ooni-fastpath', fastpathAt)),
      ...(await checkRunning('ooni-fastpath', packages.installed.get('ooni-fastpath'), fastpathAt)),
    ]);
  if (programs.includes('ooni-api'))
    await step(say, 'nginx', () => checkWeb(text(api, 'base_url'), nowMs));
  await step(say, 'freshness', async () =>
    checkFreshness(
      {
        metricsTextfile: text(uploader, 'metrics_textfile'),
        fetchMetricsDir: text(api, 'fetch.metrics_dir'),
        sourcesDir: text(api, 'sources_dir'),
        hasExporter: look('/usr/bin/prometheus-node-exporter').kind === 'there',
        off: await jobsSwitchedOff(),
      },
      nowMs,
    ),
  );
}
