/** ooni-doctor(8): looks at a host, and says of each thing that it is as it should be, or what to do. */
import { EXIT } from '../program/exitCodes.ts';
import { VERSION } from '../program/version.ts';
import { examine } from './examine.ts';
import { lineOf } from './finding.ts';

const USAGE = `usage: ooni-doctor [--quiet]
       ooni-doctor --help | --version

Looks at the OONI backend on this host and changes nothing. See ooni-doctor(8).

  --quiet    only what is wrong
`;

/** Something is wrong. */
const FAULTY = 1;

const words = process.argv.slice(2);
if (words.includes('--help')) process.stdout.write(USAGE);
else if (words.includes('--version')) process.stdout.write(`${VERSION}\n`);
else if (words.some((word) => word !== '--quiet')) {
  process.stderr.write(USAGE);
  process.exitCode = EXIT.usage;
} else {
  const isQuiet = words.length > 0;
  // A reader that leaves early (`| head`) is no fault.
  process.stdout.on('error', () => {});
  await examine((findings) => {
    for (const finding of findings) {
      if (finding.kind === 'fault') process.exitCode = FAULTY;
      if (!isQuiet || finding.kind === 'fault') process.stdout.write(`${lineOf(finding)}\n`);
    }
  });
}
