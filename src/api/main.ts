/** ooni-api: wiring of its commands. Also the entry of its worker processes and threads. */
import { isMainThread, Worker } from 'node:worker_threads';
import { runZstdThread } from '../edge/zstd/zstdThread.ts';
import { type AddCommand, commandLine, runProgram, withConfig } from '../program/cli.ts';
import { watchOutput } from '../program/output.ts';
import { addAccount } from './commands/accountCommand.ts';
import { addFetch } from './commands/fetchCommand.ts';
import { addMigrate } from './commands/migrateCommand.ts';
import { addPrio } from './commands/prioCommand.ts';
import { addServe } from './commands/serveCommand.ts';
import { runWorker } from './processes/worker.ts';
import { WORKER_SETUP, type WorkerSetup } from './processes/workerMessages.ts';

const CONFIG = '/etc/ooni/api.toml';

const COMMANDS: readonly AddCommand[] = [addServe, addMigrate, addFetch, addAccount, addPrio];

const workerSetup = process.env[WORKER_SETUP];
if (!isMainThread) {
  await runZstdThread();
} else if (workerSetup !== undefined) {
  watchOutput();
  const startZstdThread = () => new Worker(new URL(import.meta.url));
  await runWorker(JSON.parse(workerSetup) as WorkerSetup, startZstdThread);
} else {
  await runProgram('ooni-api', (exit) =>
    COMMANDS.reduce(
      (cli, add) => add(cli, exit),
      withConfig(commandLine('ooni-api', 'receives and serves measurements'), CONFIG),
    ),
  );
}
