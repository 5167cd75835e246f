/** AppArmor: whether the services run under their profiles, and whether those allow what the configuration names. */
import { type Missing, missingRules, PROFILES, type ProfileName } from '../apparmorRules.ts';
import { AS_ROOT, type Finding, fault, ok, page, unseen } from '../finding.ts';
import { look, readIfThere, realPath, run } from '../host.ts';
import type { Settings } from '../settings.ts';
import type { Program } from './config.ts';

const FOLDER = '/etc/apparmor.d';
/** Services that stay, named as their profiles; a run of the others is over too soon to be looked at. */
const STAYING = ['ooni-api', 'ooni-fastpath'] as const;

/** The file of a profile: those of a program's other services are in the program's own. */
export const fileOf = (name: ProfileName) => `${FOLDER}/${PROFILES[name].program}`;

/** `label`: what the kernel says of the process, like `ooni-api (enforce)`. */
export function judgeLabel(name: ProfileName, label: string, isSwitchedOff: boolean): Finding {
  const [, profile, mode] = /^(\S+) \((\w+)\)/.exec(label) ?? [];
  const file = fileOf(name);
  if (profile === name && mode === 'enforce')
    return ok(`AppArmor: ${name} runs under its profile, which is enforced`);
  if (profile === name)
    return unseen(
      `AppArmor: the profile of ${name} forbids nothing (${mode})`,
      `aa-enforce ${file}`,
    );
  if (isSwitchedOff)
    return unseen(
      `AppArmor: the profile of ${name} is switched off`,
      `aa-enforce ${file}, then systemctl restart ${name}`,
    );
  return fault(
    `AppArmor: ${name} runs without its profile`,
    `apparmor_parser --replace ${file}, then systemctl restart ${name}`,
  );
}

export function judgeMissing(name: ProfileName, missing: readonly Missing[]): Finding[] {
  return missing.map(({ key, path }) =>
    fault(
      `AppArmor: the profile ${name} does not allow ${path}, which ${key} names`,
      `ooni-doctor --apparmor ${name} >>${FOLDER}/local/${name}, apparmor_parser --replace ${fileOf(name)}, ${page('operate', 'AppArmor')}`,
    ),
  );
}

/** What the host's settings name and its profile, with what the host has added, does not allow. */
export function missingHere(name: ProfileName, settings: Settings): Missing[] {
  const profile = readIfThere(fileOf(name));
  if (profile.kind !== 'read') return [];
  const own = readIfThere(`${FOLDER}/local/${name}`);
  const texts = [sectionOf(name, profile.text), own.kind === 'read' ? own.text : ''];
  return missingRules(name, settings, texts, realPath);
}

/** The part of a file that is one profile. */
export function sectionOf(name: ProfileName, text: string): string {
  return new RegExp(`^profile ${name} .*?^}`, 'ms').exec(text)?.[0] ?? '';
}

export async function checkAppArmor(settings: ReadonlyMap<Program, Settings>): Promise<Finding[]> {
  // A kernel without it, or a container, which has no way to load a profile: nothing to look at.
  if (look('/sys/kernel/security/apparmor').kind === 'missing') return [];
  if (look('/usr/sbin/apparmor_parser').kind === 'missing')
    return [unseen('AppArmor: nothing here loads the profiles', 'apt install apparmor')];
  const findings: Finding[] = [];
  for (const name of Object.keys(PROFILES) as ProfileName[]) {
    const has = settings.get(PROFILES[name].program);
    if (has === undefined) continue;
    const isSwitchedOff = look(`${FOLDER}/disable/${PROFILES[name].program}`).kind === 'there';
    if (STAYING.some((staying) => staying === name))
      findings.push(...(await checkLabel(name, isSwitchedOff)));
    if (!isSwitchedOff) findings.push(...judgeMissing(name, missingHere(name, has)));
  }
  return findings;
}

async function checkLabel(name: ProfileName, isSwitchedOff: boolean): Promise<Finding[]> {
  const { out } = await run('systemctl', 'show', '--property=MainPID', '--value', name);
  const pid = Number(out.trim());
  // That it does not run is said elsewhere.
  if (!(pid > 0)) return [];
  const label = readIfThere(`/proc/${pid}/attr/current`);
  if (label.kind === 'missing') return [];
  if (label.kind === 'denied') return [unseen(`AppArmor: the profile of ${name}`, AS_ROOT)];
  return [judgeLabel(name, label.text.replace(/\0.*$/s, '').trim(), isSwitchedOff)];
}
