/** What the services say of themselves. */
import { type Finding, fault, ok, page } from '../finding.ts';
import { type Got, get, run } from '../host.ts';
import { type Settings, text } from '../settings.ts';

/** By what /health calls it; the words of docs/messages.md. */
export const TROUBLES: Readonly<Record<string, readonly [what: string, todo: string]>> = {
  clock_out_of_range: ['the clock is wrong, submissions get 503', 'set it right: see timedatectl'],
  clock_stepped_back: [
    'the clock was set back, submissions get 503',
    'look who sets it: see timedatectl',
  ],
  spool_full: [
    'no room on the disk of the spool, submissions get 503',
    page('operate', 'Disk fills up'),
  ],
  spool_error: [
    'the spool cannot be written, submissions get 503',
    'check its disk, its owners and modes',
  ],
  fastpath_connection_error: [
    'ooni-fastpath does not answer, measurements wait for their scores',
    'systemctl status ooni-fastpath',
  ],
  clickhouse_error: [
    'ClickHouse does not answer, searches fail',
    page('operate', 'ClickHouse is down, or being upgraded'),
  ],
};

export function judgeHealth(who: string, address: string, got: Got): Finding[] {
  const see = `systemctl status ${who}, journalctl -u ${who} -p warning -e`;
  if (got.kind === 'nothing')
    return [fault(`${who} does not answer at ${address} (${got.why})`, see)];
  let errors: unknown;
  try {
    errors = (JSON.parse(got.text) as { errors?: unknown }).errors;
  } catch {
    errors = undefined;
  }
  if (!Array.isArray(errors))
    return [
      fault(
        `${who}: at ${address} answers something else (${got.status})`,
        `ss -ltnp tells which program it is; ${see}`,
      ),
    ];
  if (errors.length === 0 && got.status === 200)
    return [ok(`${who} answers at ${address}, and is well`)];
  if (errors.length === 0) return [fault(`${who} answers ${got.status} at ${address}`, see)];
  return errors.map((error) => {
    const [what, todo] = TROUBLES[String(error)] ?? [String(error), see];
    return fault(`${who}: ${what}`, todo);
  });
}

export const checkHealth = async (who: string, address: string): Promise<Finding[]> =>
  judgeHealth(who, address, await get(`http://${address}/health`));

/** Where systemd listens for ooni-api; that wins over what it would listen on by itself. */
export async function apiAddress(settings: Settings | undefined): Promise<string> {
  const { out } = await run('systemctl', 'show', '--property=Listen', '--value', 'ooni-api.socket');
  const listens = /^([^/\s]\S*:\d+) \(Stream\)$/m.exec(out)?.[1];
  return listens ?? text(settings, 'listen') ?? '127.0.0.1:8080';
}
