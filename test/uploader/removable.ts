/**
 * `ooni-uploader remove` as a process of its own that ends itself with SIGKILL after the n-th step;
 * 0 means never. Prints one line a step.
 *
 * Usage: removable.mjs CONFIG N UID…
 */
import { writeSync } from 'node:fs';
import { loadConfig } from '../../src/config/load.ts';
import { uploaderSchema } from '../../src/config/uploader.ts';
import { openLog } from '../../src/log/log.ts';
import { removeCommand } from '../../src/uploader/commands/remove.ts';

const [configFile, last, ...uids] = process.argv.slice(2) as [string, string, ...string[]];
let steps = 0;
await removeCommand({
  config: loadConfig(configFile, uploaderSchema),
  configFile,
  log: openLog('err'),
  now: Date.now,
  uids,
  reason: 'asked for by the sender',
  dryRun: false,
  print: () => {},
  afterStep: (step) => {
    writeSync(1, `${step}\n`);
    if (++steps === Number(last)) process.kill(process.pid, 'SIGKILL');
  },
});
