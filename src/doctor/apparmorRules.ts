/**
 * What the settings of a host ask of the AppArmor profiles. A profile allows what is as shipped; a path of the host's own
 * needs a rule in /etc/apparmor.d/local, which is made here. The language is that of apparmor.d(5).
 */
import type { Program } from './checks/config.ts';
import type { Settings } from './settings.ts';

/** Settings that name a path, and what the service does there. */
interface Right {
  readonly key: RegExp;
  readonly mode: string;
  /** A folder with all that is in it; a file that is written beside itself and renamed; without, a file. */
  readonly of?: 'folder' | 'renamed';
  /** A name in the folder by which is asked, where the profile tells its folders apart. */
  readonly suchAs?: string;
}

interface Profile {
  readonly program: Program;
  readonly rights: readonly Right[];
}

/** By the name of the profile, which is that of the service. */
export const PROFILES = {
  'ooni-api': {
    program: 'ooni-api',
    rights: [
      { key: /^spool_dir$/, mode: 'rwkl', of: 'folder', suchAs: 'pending/x' },
      { key: /^(cache|state)_dir$/, mode: 'rwkl', of: 'folder' },
      { key: /^(sources_dir|s3\.bucket)$/, mode: 'r', of: 'folder' },
      { key: /_file$/, mode: 'r' },
      { key: /_socket$/, mode: 'rw' },
      // Under the same profile: no_new_privs lets nothing else be executed.
      { key: /^mail\.sendmail$/, mode: 'mrix' },
    ],
  },
  'ooni-api-fetch': {
    program: 'ooni-api',
    rights: [
      { key: /^sources_dir$/, mode: 'rwkl', of: 'folder' },
      { key: /^fetch\.metrics_dir$/, mode: 'rw', of: 'folder', suchAs: 'ooni-fetch-x' },
      { key: /^fetch\.(fingerprints|test_lists|as_names|geoip)$/, mode: 'r', of: 'folder' },
      { key: /^clickhouse\.password_file$/, mode: 'r' },
    ],
  },
  'ooni-api-migrate': {
    program: 'ooni-api',
    rights: [{ key: /^clickhouse\.password_file$/, mode: 'r' }],
  },
  'ooni-fastpath': {
    program: 'ooni-fastpath',
    rights: [
      { key: /^spool_dir$/, mode: 'rwkl', of: 'folder', suchAs: 'pending/x' },
      { key: /^socket$/, mode: 'rw' },
      // Those of s3 are for `replay` alone, which is run by hand, and so under no profile.
      { key: /^clickhouse\.password_file$/, mode: 'r' },
    ],
  },
  'ooni-uploader': {
    program: 'ooni-uploader',
    rights: [
      { key: /^spool_dir$/, mode: 'rwkl', of: 'folder', suchAs: 'outgoing/x' },
      { key: /^(state_dir|s3\.bucket)$/, mode: 'rwkl', of: 'folder' },
      { key: /_file$/, mode: 'r' },
      { key: /^metrics_textfile$/, mode: 'rw', of: 'renamed' },
    ],
  },
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof PROFILES;

/** A path that a setting names and no rule allows, with the rules that would. */
export interface Missing {
  readonly key: string;
  readonly path: string;
  readonly rules: readonly string[];
}

/**
 * `texts`: the profile, and what this host has added to it. `resolve`: the path behind symbolic links, which is the one
 * that the kernel asks about.
 */
export function missingRules(
  name: ProfileName,
  settings: Settings,
  texts: readonly string[],
  resolve: (path: string) => string,
): Missing[] {
  const allowed = texts.flatMap(rulesOf);
  const rights: readonly Right[] = PROFILES[name].rights;
  return [...settings].flatMap(([key, value]) => {
    const right = rights.find((right) => right.key.test(key));
    if (right === undefined) return [];
    return [value].flat().flatMap((named) => {
      const path = pathOf(String(named));
      if (path === undefined) return [];
      const place = resolve(path);
      const asked = right.of === 'folder' ? `${place}/${right.suchAs ?? 'x'}` : place;
      if (allowed.some((rule) => allows(rule, asked, right.mode))) return [];
      return [{ key, path, rules: rulesFor(escaped(place), right) }];
    });
  });
}

function rulesFor(place: string, { mode, of }: Right): string[] {
  const rule = (pattern: string, mode: string) => `  "${pattern}" ${mode},`;
  if (of === 'folder') return [rule(`${place}{,/,/**}`, mode)];
  // The folder is synchronised, for which it is opened.
  if (of === 'renamed')
    return [rule(`${place}{,.tmp}`, mode), rule(place.replace(/[^/]*$/, ''), 'r')];
  return [rule(place, mode)];
}

/** The path of a setting on this host: of an address, a bucket or a repository too. */
function pathOf(value: string): string | undefined {
  const path = value.replace(/^(file:\/\/|git:)(?=\/)/, '').replace(/#.*$/, '');
  return path.startsWith('/') ? path.replace(/(?<=.)\/+$/, '') : undefined;
}

interface Rule {
  readonly path: RegExp;
  readonly mode: string;
}

/** The rules for files of a profile, or of the lines that a host adds to one. */
function rulesOf(text: string): Rule[] {
  return text.split('\n').flatMap((line) => {
    const [, quoted, bare, mode] =
      /^\s*(?:owner\s+)?(?:"((?:[^"\\]|\\.)+)"|((?:\/|@\{run\})\S*))\s+([a-zA-Z]+),/.exec(line) ??
      [];
    const path = quoted ?? bare;
    return path === undefined ? [] : [{ path: patternOf(path), mode: mode! }];
  });
}

/** Of what it is about: not every `k` and `l`, for which a host's own rule need not have thought. */
function allows(rule: Rule, path: string, mode: string): boolean {
  const wanted = [...mode].filter((letter) => 'rwx'.includes(letter));
  return rule.path.test(path) && wanted.every((letter) => rule.mode.includes(letter));
}

/** A path of a rule: apparmor.d(5), "Globbing". */
function patternOf(path: string): RegExp {
  const words: Readonly<Record<string, string>> = {
    '@{run}': '/run',
    '**': '.*',
    '*': '[^/]*',
    '?': '[^/]',
    '{': '(?:',
    '}': ')',
    ',': '|',
  };
  const source = path.replace(
    /@\{run\}|\\.|\*\*|[*?{},]|[.+()^$|]/g,
    (found) => words[found] ?? (found.startsWith('\\') ? found : `\\${found}`),
  );
  return new RegExp(`^${source}$`);
}

const escaped = (path: string) => path.replace(/[\\"{}[\]*?^,]/g, '\\$&');
