/** All checks, in the order in which one thing rests on another. Each says something, whatever is down. */
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
import { type Finding, fault } from './finding.ts';
import { look } from './host.ts';
import { type Settings, text } from './settings.ts';

/** Calls `say` as soon as something is known. */
export async function examine(say: (findings: readonly Finding[]) => void): Promise<void> {
  const nowMs = Date.now();
  const step = async (
    what: string,
    look: () => Promise<readonly Finding[]> | readonly Finding[],
  ) => {
    try {
      say(await look());
    } catch (error) {
      say([fault(`${what}: the check itself failed (${String(error)})`, 'report it, it is a bug')]);
    }
  };
  const packages = await readPackages();
  await step('packages', () => judgePackages(packages));
  const programs = PROGRAMS.filter((name) => packages.installed.has(name));

  const settings = new Map<Program, Settings>();
  for (const program of programs)
    await step('configuration', async () => {
      const { finding, settings: has } = await readConfig(program);
      if (has !== undefined) settings.set(program, has);
      return [finding];
    });
  await step('configuration', () => judgeShared(settings));
  await step('credentials', checkCredentials);
  const api = settings.get('ooni-api');
  const uploader = settings.get('ooni-uploader');
  await step('clock', () =>
    checkClock(text(uploader, 'state_dir') ?? '/var/lib/ooni/uploader', nowMs),
  );
  await step('disk', () => checkDisk(settings));
  await step('units', () => checkUnits(programs));
  await step('ClickHouse', () => checkDatabase(settings));

  if (programs.includes('ooni-api'))
    await step('ooni-api', async () => {
      const address = await apiAddress(api);
      const version = packages.installed.get('ooni-api');
      return [
        ...(await checkHealth('ooni-api', address)),
        ...(await checkRunning('ooni-api', version, address)),
      ];
    });
  const fastpathAt = text(settings.get('ooni-fastpath'), 'metrics_listen');
  if (fastpathAt !== undefined)
    await step('ooni-fastpath', async () => [
      ...(await checkHealth('ooni-fastpath', fastpathAt)),
      ...(await checkRunning('ooni-fastpath', packages.installed.get('ooni-fastpath'), fastpathAt)),
    ]);
  if (programs.includes('ooni-api'))
    await step('nginx', () => checkWeb(text(api, 'base_url'), nowMs));
  const off = await jobsSwitchedOff();
  await step('freshness', () =>
    checkFreshness(
      {
        metricsTextfile: text(uploader, 'metrics_textfile'),
        fetchMetricsDir: text(api, 'fetch.metrics_dir'),
        sourcesDir: text(api, 'sources_dir'),
        hasExporter: look('/usr/bin/prometheus-node-exporter').kind === 'there',
        off,
      },
      nowMs,
    ),
  );
}
