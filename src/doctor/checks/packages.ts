/** Packages: installed as a whole, of one version, and the one that runs. */
import { type Finding, fault, ok, page, unseen } from '../finding.ts';
import { type Got, get, run } from '../host.ts';

export interface Packages {
  /** Versions by name, of what is installed. */
  readonly installed: ReadonlyMap<string, string>;
  readonly broken: readonly string[];
}

/** Lines of `dpkg-query`: name, version, two letters of what is wanted and what is. */
export function parsePackages(out: string): Packages {
  const installed = new Map<string, string>();
  const broken: string[] = [];
  for (const line of out.split('\n')) {
    const [, name, version, state] = /^(ooni-[a-z]+)\t(\S*)\t.(.)/.exec(line) ?? [];
    if (name === undefined || state === 'n' || state === 'c') continue;
    if (state === 'i') installed.set(name, version!);
    else broken.push(name);
  }
  return { installed, broken };
}

export function judgePackages({ installed, broken }: Packages): Finding[] {
  const findings = broken.map((name) =>
    fault(`package ${name} is installed in part`, 'dpkg --configure --pending, or apt install it'),
  );
  if (installed.size === 0)
    return [...findings, unseen('packages: none is installed by dpkg', 'look at their versions')];
  const versions = new Set(installed.values());
  const names = [...installed.keys()].join(', ');
  findings.push(
    versions.size === 1
      ? ok(`packages: ${names} ${[...versions][0]}`)
      : fault(
          `packages are of several versions: ${[...installed].map((pair) => pair.join(' ')).join(', ')}`,
          `upgrade them together, ${page('operate', 'Upgrade')}`,
        ),
  );
  return findings;
}

/** What runs must be what is installed. */
export function judgeRunning(unit: string, version: string | undefined, got: Got): Finding[] {
  if (version === undefined || got.kind === 'nothing' || got.status !== 200) return [];
  let running: unknown;
  try {
    running = (JSON.parse(got.text) as { version?: unknown }).version;
  } catch {
    running = undefined;
  }
  if (running === version) return [ok(`${unit} runs the version that is installed`)];
  return [
    fault(
      `${unit} runs version ${String(running)}, installed is ${version}`,
      `systemctl restart ${unit}`,
    ),
  ];
}

const PLACES = ['Package', 'Version', 'db:Status-Abbrev'];

export async function readPackages(): Promise<Packages> {
  // Ends with 1 when one of the pattern was never heard of; what it prints holds.
  const { out } = await run(
    'dpkg-query',
    '-W',
    '-f',
    // Places of dpkg-query, not of this text.
    `${PLACES.map((place) => `$\{${place}}`).join('\\t')}\\n`,
    'ooni-*',
  );
  return parsePackages(out);
}

export async function checkRunning(
  unit: string,
  version: string | undefined,
  address: string,
): Promise<Finding[]> {
  return judgeRunning(unit, version, await get(`http://${address}/version`));
}
