/** ooni-doctor(8): looks at a host, and says of each thing that it is as it should be, or what to do. */
import { EXIT } from '../program/exitCodes.ts';
import { VERSION } from '../program/version.ts';
import { PROFILES, type ProfileName } from './apparmorRules.ts';
import { missingHere } from './checks/apparmor.ts';
import { readConfig } from './checks/config.ts';
import { examine } from './examine.ts';
import { lineOf } from './finding.ts';

const USAGE = `usage: ooni-doctor [--quiet]
       ooni-doctor --apparmor PROFILE
       ooni-doctor --help | --version

Looks at the OONI backend on this host and changes nothing. See ooni-doctor(8).

  --quiet    only what is wrong
  --apparmor PROFILE  rules for paths that the settings name and the profile does not allow
`;

/** Something is wrong. */
const FAULTY = 1;

const words = process.argv.slice(2);
if (words.includes('--help')) process.stdout.write(USAGE);
else if (words.includes('--version')) process.stdout.write(`${VERSION}\n`);
else if (words.length === 2 && words[0] === '--apparmor' && isProfile(words[1]!))
  await printRules(words[1]);
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

function isProfile(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}

/** For /etc/apparmor.d/local: by an operator, and by the packages when they are installed. */
async function printRules(name: ProfileName): Promise<void> {
  const { finding, settings } = await readConfig(PROFILES[name].program);
  if (settings === undefined) {
    process.stderr.write(`${lineOf(finding)}\n`);
    process.exitCode = FAULTY;
    return;
  }
  for (const { key, rules } of missingHere(name, settings))
    process.stdout.write(`  # ${key}\n${rules.join('\n')}\n`);
}
