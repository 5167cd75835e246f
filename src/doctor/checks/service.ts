/** What the services say of themselves. */
import { HEALTH_ERRORS, TROUBLES, type Trouble } from '../../core/health/troubles.ts';
import { type Finding, fault, ok } from '../finding.ts';
import { type Got, get, run } from '../host.ts';
import { type Settings, text } from '../settings.ts';

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
    const { what, todo } = troubleOf(String(error)) ?? { what: String(error), todo: see };
    return fault(`${who}: ${what}`, todo);
  });
}

/** None for what a newer program may say. */
function troubleOf(error: string): Trouble | undefined {
  const known = HEALTH_ERRORS.find((one) => one === error);
  return known && TROUBLES[known];
}

export const checkHealth = async (who: string, address: string): Promise<Finding[]> =>
  judgeHealth(who, address, await get(`http://${address}/health`));

/** Where systemd listens for ooni-api; that wins over what it would listen on by itself. */
export async function apiAddress(settings: Settings | undefined): Promise<string> {
  const { out } = await run('systemctl', 'show', '--property=Listen', '--value', 'ooni-api.socket');
  const listens = /^([^/\s]\S*:\d+) \(Stream\)$/m.exec(out)?.[1];
  return listens ?? text(settings, 'listen') ?? '127.0.0.1:8080';
}
