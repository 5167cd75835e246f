import { type Finding, fault } from './finding.ts';

export type Say = (findings: readonly Finding[]) => void;

/** One check. A bug in it is said, too, and what comes after it is looked at all the same. */
export async function step(
  say: Say,
  what: string,
  look: () => Promise<readonly Finding[]> | readonly Finding[],
): Promise<void> {
  try {
    say(await look());
  } catch (error) {
    say([fault(`${what}: the check itself failed (${String(error)})`, 'report it, it is a bug')]);
  }
}
