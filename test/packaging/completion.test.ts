/**
 * Completions, as bash has them: of the first word, of the words after it, and of what an option takes.
 * (completion/; documents.test.ts compares them with what the programs know)
 *
 * bash-completion's own functions are the ones that look at files, so a file name is all that they say here.
 */
import { execFileSync } from 'node:child_process';
import t from 'tap';

/** Of bash-completion: where the cursor is, and that file names are wanted. */
const LIBRARY = `
_init_completion() { words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}; }
_filedir() { COMPREPLY=("<file \${1:-any}>"); }
_command_offset() { COMPREPLY=("<as of \${COMP_WORDS[*]:$1}>"); }
`;

/** What is offered after `words`, of which the last is begun. */
function offered(...words: string[]): string[] {
  const [program] = words;
  const script = `${LIBRARY}
    source completion/${program}
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    "$(complete -p ${program} | sed 's/.*-F \\([a-z_]*\\).*/\\1/')" || true
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['-euc', script, 'bash', ...words], { encoding: 'utf8' });
  return out.split('\n').filter((line) => line !== '');
}

const CASES: readonly [string, readonly string[]][] = [
  ['ooni-api ', ['run', 'migrate', 'account', 'fetch', 'prio']],
  ['ooni-api m', ['migrate']],
  ['ooni-api account ', ['add-role', 'show', 'end-sessions', 'list']],
  ['ooni-api account e', ['end-sessions']],
  ['ooni-api prio ', ['show']],
  ['ooni-api fetch ', ['fingerprints', 'test-lists', 'geoip', 'as-names', 'all']],
  ['ooni-api fetch geoip --b', ['--back']],
  ['ooni-api migrate --', [...options(), '--cluster', '--rebuild']],
  ['ooni-api run --b', []],
  ['ooni-api --config ', ['<file toml>']],
  ['ooni-api prio show --limit ', []],
  ['ooni-fastpath ', ['run', 'score', 'replay']],
  ['ooni-fastpath score --', [...options(), '--fingerprints']],
  ['ooni-fastpath replay ', ['<file any>']],
  ['ooni-fastpath replay --layout ', ['raw', 'jsonl', 'canned']],
  ['ooni-fastpath replay --layout c', ['canned']],
  ['ooni-fastpath score --fingerprints ', ['<file -d>']],
  ['ooni-fastpath run x', []],
  ['ooni-uploader ', ['run', 'status', 'verify', 'keygen', 'reindex', 'remove']],
  ['ooni-uploader re', ['reindex', 'remove']],
  ['ooni-uploader verify --only', ['--only-new']],
  ['ooni-uploader verify --rows ', ['<file csv>']],
  ['ooni-uploader remove --', [...options(), '--reason', '--dry-run']],
  ['ooni-uploader status x', []],
  ['ooni-doctor ', ['--quiet', '--apparmor', '--help', '--version']],
  ['ooni-doctor --apparmor ooni-api-', ['ooni-api-fetch', 'ooni-api-migrate']],
  ['ooni-exec ', ['ooni-api', 'ooni-fastpath', 'ooni-uploader']],
  ['ooni-exec ooni-api acc', ['<as of ooni-api acc>']],
];

function options(): string[] {
  return ['--config', '--check-config', '--show', '--help', '--version'];
}

t.test('completions', async (t) => {
  for (const [line, words] of CASES) t.strictSame(offered(...line.split(' ')), words, line);
});
