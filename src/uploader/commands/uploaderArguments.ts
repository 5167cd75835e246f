/** Options of the commands. */
import type { Argv } from 'yargs';
import type { ConfigArguments } from '../../program/cli.ts';
import { FINGERPRINT_FOLDER } from '../../program/fingerprintFolder.ts';

type Cli = Argv<ConfigArguments>;

const matching = (option: string, pattern: RegExp, expected: string) => (text: string) => {
  if (!pattern.test(text)) throw new Error(`--${option}: expected ${expected}`);
  return text;
};

const day = (option: string, describe: string) => ({
  type: 'string' as const,
  describe: `${describe}: YYYYMMDD, UTC`,
  coerce: matching(option, /^20\d{6}$/, 'YYYYMMDD'),
});

const text = (describe: string) => ({ type: 'string' as const, describe });
const flag = (describe: string) => ({ type: 'boolean' as const, default: false, describe });

export const runOptions = (cli: Cli) =>
  cli
    .option('hour', {
      type: 'string',
      describe: 'only this hour: YYYYMMDDHH, UTC',
      coerce: matching('hour', /^20\d{8}$/, 'YYYYMMDDHH'),
    })
    .option('open-hours', flag('publish hours that are not over too (for trying things out)'))
    .option('dry-run', flag('say what would be done, and change nothing'));

export const keygenOptions = (cli: Cli) =>
  cli
    .option('file', text('new file for the private key; by default where the config has it'))
    .option('origin', text('name of the log; by default log_origin of the config'));

export const verifyOptions = (cli: Cli) =>
  cli
    .option('bucket', text('check this bucket, file:///folder or https://…, without the config'))
    .option('endpoint', text('address of its S3 service; without it, AWS'))
    .option('region', { ...text('its region'), default: 'eu-central-1' })
    .option('path-style', flag('its name goes into the path of the URL'))
    .option('key', text("the log's public key, or a file with it"))
    .option('collector', text("the collector's id, where the key's name does not end in it"))
    .option('from', day('from', 'first day whose objects are read'))
    .option('to', day('to', 'last day whose objects are read'))
    .option('checkpoint', text('a checkpoint of an earlier check: nothing before it may differ'))
    .option('only-new', flag('read only objects that were published since that checkpoint'))
    .option(
      'save-checkpoint',
      text('keep the checkpoint here when all is well; not with --from or --to'),
    )
    .option('rescore', flag('score each line, and compare with the rows in ClickHouse'))
    .option('rows', text('… or with this CSV export of fastpath, with a header'))
    .option('fingerprints', text(`${FINGERPRINT_FOLDER}, or the SHA-256 of a published set`));

export const reindexOptions = (cli: Cli) =>
  cli
    .option('from', day('from', 'first day whose objects get their rows'))
    .option('to', day('to', 'last day whose objects get their rows'))
    .option('collector', text("of another host's log: its collector_id"));

export const removeOptions = (cli: Cli) =>
  cli
    .positional('uid', { type: 'string', array: true, describe: 'measurement uids' })
    .option('reason', text('why: published with the removal, for everyone to read'))
    .option('dry-run', flag('say where the measurements are, and change nothing'));
