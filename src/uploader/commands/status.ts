/** `ooni-uploader status`: what waits on this host, how far it got, and what was published. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploaderConfig } from '../../config/uploader.ts';
import { canText } from '../../core/archive/names.ts';
import { parseCheckpoint } from '../../core/archive/note.ts';
import { CHECKPOINT, logPrefix } from '../../core/archive/tiles.ts';
import { logParts } from '../../edge/objects/readObject.ts';
import { FolderTrouble, openHours } from '../../edge/spool/hours.ts';
import { errorText } from '../../log/log.ts';
import { openObjects } from '../../program/objectStore.ts';
import { openOutgoing } from '../can/outgoing.ts';
import { hourIsClosed } from '../publish/clockGuard.ts';
import { lockIsHeld } from '../publish/lock.ts';
import { spoolLock } from '../publish/parts.ts';
import { waitingRemovals } from '../removal/removalPlan.ts';
import { logKeySource } from '../tlog/tlogKey.ts';
import { totalsFile } from '../uploaderMetrics.ts';
import { spoolStanding } from './run.ts';

/** Writes lines of `name: value`. Changes nothing, and needs no database. */
export async function statusCommand(
  config: UploaderConfig,
  configFile: string,
  nowMs: number,
  write: (line: string) => void,
): Promise<void> {
  const time = (ms: number) => new Date(ms).toISOString();
  const totals = await totalsFile(config.state_dir).read();
  write(`running now:        ${(await lockIsHeld(spoolLock(config))) ? 'yes' : 'no'}`);
  write(
    `last success:       ${totals.last_success_ms === 0 ? 'never' : time(totals.last_success_ms)}`,
  );
  write(`runs:               ${totals.runs}, of which ${totals.failed_runs} failed`);
  write(`published:          ${totals.measurements} measurements in ${totals.cans} cans`);

  const hours = openHours(config.spool_dir);
  const folders = await hours.folders();
  let measurements = 0;
  let bytes = 0;
  const lines: string[] = [];
  for (const folder of folders) {
    const found = await hours.count(folder).catch((error) => {
      if (!(error instanceof FolderTrouble)) throw error;
      lines.push(`  ${folder.name}  cannot be read: ${error.message}`);
    });
    if (found === undefined) continue;
    measurements += found.measurements;
    bytes += found.bytes;
    const state = hourIsClosed(folder.hour, nowMs, config.close_margin_ms) ? 'due' : 'open';
    lines.push(
      `  ${folder.name}  ${state}  ${found.measurements} measurements, ${found.bytes} bytes`,
    );
  }
  const { waitingFolders, oldestWaitingMs, quarantined, quarantineBytes } = await spoolStanding(
    config,
    nowMs,
  );
  const oldest = oldestWaitingMs === undefined ? '' : `, the oldest of ${time(oldestWaitingMs)}`;
  write(`waiting:            ${waitingFolders} hour folders are due${oldest}`);
  write(
    `in the spool:       ${measurements} measurements, ${bytes} bytes, ${folders.length} hour folders`,
  );
  for (const line of lines) write(line);

  const { manifests, broken } = await (await openOutgoing(config.spool_dir)).list();
  write(`on their way:       ${manifests.length + broken.length} cans`);
  for (const { can, message } of broken) write(`  ${canText(can)}  cannot go on: ${message}`);
  for (const { can, step, measurements } of manifests)
    write(`  ${can}  ${step}  ${measurements} measurements`);
  for (const can of await waitingRemovals(config.state_dir))
    write(`removal to finish:  ${can}: run ooni-uploader remove`);
  write(`quarantined:        ${quarantined} measurements, ${quarantineBytes} bytes of the disk`);
  await writeLog(config, configFile, write);
}

async function writeLog(
  config: UploaderConfig,
  configFile: string,
  write: (line: string) => void,
): Promise<void> {
  const signer = logKeySource(config, configFile).read();
  if (signer === undefined) return write('log:                no key yet: the first run makes one');
  const { verifier } = signer;
  write(`log key:            ${verifier.text}`);
  const describe = (note: string | undefined) => {
    if (note === undefined) return 'none';
    const parsed = parseCheckpoint(note, verifier);
    return parsed.kind === 'ok' ? `${parsed.checkpoint.size} entries` : parsed.reason;
  };
  const mark = await readFile(join(config.state_dir, 'log-checkpoint'), 'utf8').catch(
    () => undefined,
  );
  write(`log, as last known: ${describe(mark)}`);
  const objects = openObjects(config.s3, configFile);
  try {
    const note = await logParts(objects, logPrefix(config.collector_id))(CHECKPOINT);
    write(`log, in the bucket: ${describe(note?.toString('utf8'))}`);
  } catch (error) {
    write(`log, in the bucket: ${objects.name} does not answer: ${errorText(error)}`);
  } finally {
    objects.close();
  }
}
