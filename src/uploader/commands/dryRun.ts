/** `ooni-uploader run --dry-run`: says what a run would do, and changes nothing. */
import { jsonlKey } from '../../core/archive/names.ts';
import { openHours } from '../../edge/spool/hours.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { openObjects } from '../../program/objectStore.ts';
import { openOutgoing } from '../can/outgoing.ts';
import { firstFreeK } from '../publish/firstFreeK.ts';
import { openPublishedCans } from '../publish/publishedCans.ts';
import { dueHours, type RunOptions } from './run.ts';

/** Writes one line a can to go on with, and one an hour folder to be published. */
export async function dryRunCommand(
  options: RunOptions,
  write: (line: string) => void,
): Promise<void> {
  const { config, configFile } = options;
  const isDue = dueHours(options, options.now());
  const hours = openHours(config.spool_dir);
  const outgoing = await openOutgoing(config.spool_dir);
  const published = await openPublishedCans(config.state_dir);
  const objects = openObjects(config.s3, configFile);
  try {
    const { manifests, broken } = await outgoing.list();
    /** Whose cans cannot go on: nothing of these is done. */
    const waiting = new Set(broken.map(({ can }) => can.folder.name));
    for (const { message } of broken) write(`cannot go on: ${message}`);
    /** Measurements of a folder that are in a can already. */
    const canned = new Map<string, number>();
    for (const { can, step, measurements } of manifests) {
      write(`go on with ${can} (${step}): ${measurements} measurements`);
      const folder = can.slice(0, can.indexOf('.'));
      canned.set(folder, (canned.get(folder) ?? 0) + measurements);
    }
    const { collector_id: collectorId } = config;
    for (const folder of (await hours.folders()).filter(isDue)) {
      if (waiting.has(folder.name)) continue;
      const { measurements, bytes } = await hours.count(folder);
      const left = measurements - (canned.get(folder.name) ?? 0);
      if (left <= 0) continue;
      const k = await firstFreeK({ published, outgoing, objects, collectorId }, folder);
      const key = jsonlKey({ folder, collectorId, k });
      write(`publish ${left} measurements (${bytes} bytes in the folder) from ${key} on`);
    }
  } catch (error) {
    if (error instanceof FatalError) throw error;
    throw new FatalError(
      'cannot tell what would be done: check the [s3] section and the spool',
      EXIT.unavailable,
      { cause: error },
    );
  } finally {
    objects.close();
  }
}
