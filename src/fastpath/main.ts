/** ooni-fastpath: wiring of its commands. Also the entry of its threads. */
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { runtimeFolder } from '../edge/systemd/runtimeFolder.ts';
import { type AddCommand, commandLine, runProgram, withConfig } from '../program/cli.ts';
import { replayCommand } from './commands/replay.ts';
import { addScore } from './commands/score.ts';
import { addServe } from './commands/serve.ts';
import { replayOptions } from './replay/replayArguments.ts';
import { isReplayThreadData } from './replay/replayMessages.ts';
import { runReplayThread } from './replay/replayThread.ts';
import { runScoringThread } from './scoringThread.ts';

const CONFIG = '/etc/ooni/fastpath.toml';

const addReplay: AddCommand = (cli, exit) =>
  cli.command(
    'replay [files..]',
    'score archived measurements again and replace their rows',
    (options) => replayOptions(options),
    async (args) =>
      exit(await replayCommand(args, (options) => new Worker(new URL(import.meta.url), options))),
  );

const COMMANDS: readonly AddCommand[] = [
  addServe((resourceLimits) => new Worker(new URL(import.meta.url), { resourceLimits })),
  addScore,
  addReplay,
];

if (isMainThread) {
  await runProgram('ooni-fastpath', (exit) =>
    COMMANDS.reduce(
      (cli, add) => add(cli, exit),
      withConfig(commandLine('ooni-fastpath', 'scores measurements into ClickHouse'), CONFIG),
    ),
  );
} else if (isReplayThreadData(workerData)) {
  runReplayThread(workerData);
} else {
  runScoringThread(runtimeFolder());
}
