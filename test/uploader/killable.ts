/**
 * The uploader's run as a process of its own that ends itself with SIGKILL after the n-th step, as a
 * power cut would end it there; 0 means never. Prints one line a step, and at the end
 * the most memory that it had, in KB. With `parts`, uploads to S3 go in the smallest parts that it
 * takes, and each of them is a step.
 *
 * Usage: killable.mjs CONFIG N|quiet [parts]
 */
import { writeSync } from 'node:fs';
import { loadConfig } from '../../src/config/load.ts';
import { uploaderSchema } from '../../src/config/uploader.ts';
import { openLog } from '../../src/log/log.ts';
import { runCommand } from '../../src/uploader/commands/run.ts';

const [configFile, last, parts] = process.argv.slice(2) as [string, string, string?];
const PART_BYTES = 5_242_880;
const config = loadConfig(configFile, uploaderSchema);
let steps = 0;
const afterStep = (step: string) => {
  if (last === 'quiet') return;
  writeSync(1, `${step}\n`);
  if (++steps === Number(last)) process.kill(process.pid, 'SIGKILL');
};
process.once('exit', () => writeSync(1, `memory ${process.resourceUsage().maxRSS}\n`));
await runCommand({
  config,
  configFile,
  log: openLog('err'),
  now: Date.now,
  afterStep,
  ...(parts === undefined
    ? {}
    : {
        uploadLimits: {
          singlePutMaxBytes: PART_BYTES,
          partBytes: PART_BYTES,
          afterPart: () => afterStep('part-uploaded'),
        },
      }),
});
