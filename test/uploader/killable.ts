/**
 * The uploader's run as a process of its own that ends itself with SIGKILL after the n-th step, as a
 * power cut would end it there; 0 means never. Prints one line a step, and at the end
 * the most memory that it had, in KB.
 *
 * Usage: killable.mjs CONFIG N|quiet
 */
import { writeSync } from 'node:fs';
import { loadConfig } from '../../src/config/load.ts';
import { uploaderSchema } from '../../src/config/uploader.ts';
import { openLog } from '../../src/log/log.ts';
import { runCommand } from '../../src/uploader/commands/run.ts';

const [configFile, last] = process.argv.slice(2) as [string, string];
const config = loadConfig(configFile, uploaderSchema);
let steps = 0;
await runCommand({
  config,
  configFile,
  log: openLog('err'),
  now: Date.now,
  afterStep: (step) => {
    if (last === 'quiet') return;
    writeSync(1, `${step}\n`);
    if (++steps === Number(last)) process.kill(process.pid, 'SIGKILL');
  },
});
writeSync(1, `memory ${process.resourceUsage().maxRSS}\n`);
