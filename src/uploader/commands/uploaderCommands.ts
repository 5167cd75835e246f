/** The commands of ooni-uploader: their names, options and what they run. */
import { resolve } from 'node:path';
import { loadLayers } from '../../config/load.ts';
import { type UploaderConfig, uploaderSchema } from '../../config/uploader.ts';
import { printable } from '../../core/text/printable.ts';
import { openLog } from '../../log/log.ts';
import { type AddCommand, type ConfigArguments, checkedConfig } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { serviceOwner } from '../common/serviceUser.ts';
import { logKeySource, originOf } from '../tlog/tlogKey.ts';
import { dryRunCommand } from './dryRun.ts';
import { keygenCommand } from './keygen.ts';
import { reindexCommand } from './reindex.ts';
import { removeCommand } from './remove.ts';
import { runCommand } from './run.ts';
import { statusCommand } from './status.ts';
import {
  keygenOptions,
  reindexOptions,
  removeOptions,
  runOptions,
  verifyOptions,
} from './uploaderArguments.ts';
import { verifyCommand } from './verify.ts';

/** Lines name what stands in spool, bucket and log: texts from outside. */
const write = (line: string) => process.stdout.write(`${printable(line)}\n`);

/** Runs a command with the config, or only checks that, whatever the command. */
const withChecked =
  <Args extends ConfigArguments>(
    exit: (code: number) => void,
    run: (args: Args, config: UploaderConfig) => Promise<void>,
  ) =>
  async (args: Args) => {
    const loaded = loadLayers(args.config, uploaderSchema);
    if (args.checkConfig) process.stdout.write(checkedConfig(loaded, args.show));
    else await run(args, loaded.config);
    exit(EXIT.ok);
  };

export const addCommands: AddCommand = (cli, exit) =>
  cli
    .command(
      ['$0', 'run'],
      'publish all closed hours',
      runOptions,
      withChecked(exit, async (args, config) => {
        const options = {
          config,
          configFile: args.config,
          log: openLog(config.log_level),
          now: Date.now,
          hour: args.hour,
          openHours: args.openHours,
        };
        await (args.dryRun ? dryRunCommand(options, write) : runCommand(options));
      }),
    )
    .command(
      'status',
      'say what waits, how far it got, and what was published',
      (cli) => cli,
      withChecked(exit, (args, config) => statusCommand(config, args.config, Date.now(), write)),
    )
    .command(
      'verify',
      'check a published archive against its log; exit code 65: it is not as published',
      verifyOptions,
      async (args) =>
        args.checkConfig
          ? withChecked(exit, async () => {})(args)
          : exit(await verifyCommand(args, write)),
    )
    .command(
      'keygen',
      "make the key that signs this host's log; prints its public half",
      keygenOptions,
      withChecked(exit, async (args, config) => {
        const { file } = logKeySource(config, args.config);
        const asked = args.file ?? file;
        // Elsewhere it is for whoever asks, such as root for /etc/credstore.
        const owner = resolve(asked) === resolve(file) ? await serviceOwner(config) : undefined;
        await keygenCommand(asked, args.origin ?? originOf(config), write, owner);
      }),
    )
    .command(
      'reindex',
      'write the rows of published objects into ClickHouse again, from the log and the objects',
      reindexOptions,
      withChecked(exit, (args, config) =>
        reindexCommand({
          config,
          configFile: args.config,
          log: openLog(config.log_level),
          now: Date.now,
          from: args.from,
          to: args.to,
          collectorId: args.collector ?? config.collector_id,
          print: write,
        }),
      ),
    )
    .command(
      'remove [uid..]',
      'take the bodies of measurements out of the archive, declared in its log; without a uid: finish what was begun',
      removeOptions,
      withChecked(exit, (args, config) =>
        removeCommand({
          config,
          configFile: args.config,
          log: openLog(config.log_level),
          now: Date.now,
          uids: args.uid ?? [],
          reason: args.reason,
          dryRun: args.dryRun,
          print: write,
        }),
      ),
    );
