/** ooni-uploader: wiring of arguments, config and commands. */
import { loadConfig } from '../config/load.ts';
import { uploaderSchema } from '../config/uploader.ts';
import { openLog } from '../log/log.ts';
import { commandLine, runProgram, withConfig } from '../program/cli.ts';
import {
  keygenOptions,
  reindexOptions,
  removeOptions,
  runOptions,
  verifyOptions,
} from './arguments.ts';
import { dryRunCommand } from './commands/dryRun.ts';
import { keygenCommand } from './commands/keygen.ts';
import { reindexCommand } from './commands/reindex.ts';
import { removeCommand } from './commands/remove.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { verifyCommand } from './commands/verify.ts';
import { logKeySource, originOf } from './logKey.ts';

const CONFIG = '/etc/ooni/uploader.toml';

const write = (line: string) => process.stdout.write(`${line}\n`);

await runProgram('ooni-uploader', (exit) =>
  withConfig(commandLine('ooni-uploader', 'publishes measurements in the archive'), CONFIG)
    .command(['$0', 'run'], 'publish all closed hours', runOptions, async (args) => {
      const config = loadConfig(args.config, uploaderSchema);
      if (args.checkConfig) {
        write(`${args.config}: good`);
        return exit(0);
      }
      const options = {
        config,
        configFile: args.config,
        log: openLog(config.log_level),
        now: Date.now,
        hour: args.hour,
        openHours: args.openHours,
      };
      await (args.dryRun ? dryRunCommand(options, write) : runCommand(options));
      return exit(0);
    })
    .command(
      'status',
      'say what waits, how far it got, and what was published',
      (cli) => cli,
      async ({ config: file }) => {
        await statusCommand(loadConfig(file, uploaderSchema), file, Date.now(), write);
        return exit(0);
      },
    )
    .command(
      'verify',
      'check a published archive against its log; exit code 65: it is not as published',
      verifyOptions,
      async (args) => exit(await verifyCommand(args, write)),
    )
    .command(
      'keygen',
      "make the key that signs this host's log; prints its public half",
      keygenOptions,
      async (args) => {
        const config = loadConfig(args.config, uploaderSchema);
        await keygenCommand(
          args.file ?? logKeySource(config, args.config).file,
          args.origin ?? originOf(config),
          write,
        );
        return exit(0);
      },
    )
    .command(
      'reindex',
      'write the rows of published objects into ClickHouse again, from the log and the objects',
      reindexOptions,
      async (args) => {
        const config = loadConfig(args.config, uploaderSchema);
        await reindexCommand({
          config,
          configFile: args.config,
          log: openLog(config.log_level),
          now: Date.now,
          from: args.from,
          to: args.to,
          collectorId: args.collector ?? config.collector_id,
          print: write,
        });
        return exit(0);
      },
    )
    .command(
      'remove [uid..]',
      'take the bodies of measurements out of the archive, declared in its log; without a uid: finish what was begun',
      removeOptions,
      async (args) => {
        const config = loadConfig(args.config, uploaderSchema);
        await removeCommand({
          config,
          configFile: args.config,
          log: openLog(config.log_level),
          now: Date.now,
          uids: args.uid ?? [],
          reason: args.reason,
          dryRun: args.dryRun,
          print: write,
        });
        return exit(0);
      },
    ),
);
