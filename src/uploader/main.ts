/** ooni-uploader: wiring of its commands. */
import { commandLine, runProgram, withConfig } from '../program/cli.ts';
import { addCommands } from './commands/uploaderCommands.ts';

const CONFIG = '/etc/ooni/uploader.toml';

await runProgram('ooni-uploader', (exit) =>
  addCommands(
    withConfig(commandLine('ooni-uploader', 'publishes measurements in the archive'), CONFIG),
    exit,
  ),
);
