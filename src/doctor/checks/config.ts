/** Configurations: each good for the program itself, and all of them of one host. */
import { type Finding, fault, ok, page } from '../finding.ts';
import { type Ran, run } from '../host.ts';
import { parseShown, type Settings, text } from '../settings.ts';

export const PROGRAMS = ['ooni-api', 'ooni-fastpath', 'ooni-uploader'] as const;
export type Program = (typeof PROGRAMS)[number];

export function judgeConfig(program: Program, { code, errors }: Ran): Finding {
  if (code === 0) return ok(`${program}: its configuration is good`);
  const said = errors.trim().replace(`${program}: `, '');
  if (code === 78)
    return fault(
      `${program}: ${said}`,
      `mend that, ask ${program} --check-config, then systemctl restart ooni.target`,
    );
  return fault(
    `${program} --check-config ${code === undefined ? 'cannot be run' : `ends with ${code}`}${said === '' ? '' : ` (${said})`}`,
    `dpkg --verify ${program}, and reinstall it`,
  );
}

/** What must be the same for all programs of a host, with the programs that have it. */
const SHARED = ['collector_id', 'spool_dir', 'clickhouse.database'] as const;

export function judgeShared(settings: ReadonlyMap<Program, Settings>): Finding[] {
  return SHARED.flatMap((key) => {
    const values = [...settings].flatMap(([program, has]) => {
      const value = text(has, key);
      return value === undefined ? [] : [[program, value] as const];
    });
    if (values.length < 2) return [];
    if (new Set(values.map(([, value]) => value)).size === 1)
      return [ok(`${key} is the same for all programs: ${values[0]![1]}`)];
    return [
      fault(
        `${key} differs: ${values.map((pair) => pair.join(' has ')).join(', ')}`,
        `set the same, ${page('install', 'Configuration')}`,
      ),
    ];
  });
}

export async function readConfig(
  program: Program,
): Promise<{ readonly finding: Finding; readonly settings?: Settings }> {
  const ran = await run(program, '--check-config', '--show');
  const finding = judgeConfig(program, ran);
  return finding.kind === 'ok' ? { finding, settings: parseShown(ran.out) } : { finding };
}
