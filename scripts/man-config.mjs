// Writes the manual page of a config file from the file itself: node man-config.mjs api > page.
// etc/*.toml is the one place that says what a key means and what its default is.
import { readFileSync } from 'node:fs';

const [program] = process.argv.slice(2);
const name = `ooni-${program}`;
const version = /\(([^)]+)\)/.exec(readFileSync('debian/changelog', 'utf8'))[1];

const troffText = (text) =>
  text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/, '\\&$1');
const quoted = (text) => troffText(text).replace(/`([^`]+)`/g, '\\fB$1\\fR');

/** A config file as sections of keys: `[{ title, about, keys: [{ key, value, kind, text }] }]`. */
function parse(text) {
  const sections = [{ title: 'KEYS', about: '', keys: [] }];
  let comment = [];
  // The first paragraph is on the file itself.
  for (const line of text.slice(text.indexOf('\n\n')).split('\n')) {
    const section = /^#?\[(\w+)\]$/.exec(line);
    const key = /^(#?)(\w+) = (.*?)( {2}# for example)?$/.exec(line);
    if (section) sections.push({ title: `"[${section[1]}]"`, about: comment.join(' '), keys: [] });
    else if (key) {
      const kind = key[1] === '' || key[4] ? 'for example' : 'default';
      sections.at(-1).keys.push({ key: key[2], value: key[3], kind, text: comment.join(' ') });
    } else if (line !== '') {
      comment.push(line.replace(/^# ?/, ''));
      continue;
    }
    comment = [];
  }
  return sections;
}

const sections = parse(readFileSync(`etc/${program}.toml`, 'utf8'));
const lines = [
  `.TH ${name.toUpperCase()}.TOML 5 "" "${name} ${version}" "OONI backend"`,
  '.SH NAME',
  `${name}.toml \\- configuration of ${name}`,
  '.SH SYNOPSIS',
  `.I /etc/ooni/${program}.toml`,
  '.br',
  `.I /etc/ooni/${program}.toml.d/*.toml`,
  '.SH DESCRIPTION',
  "TOML files (https://toml.io). The first shows every key, and is the package's: it stays as it was",
  'shipped, so that no upgrade has to ask. What is set on a host lies in files of the folder, which are',
  'read after it, in the order of their names (hidden files are left out). Sections are merged key by key;',
  'of a key that several files set, a list too, the last one counts. With',
  '.B \\-\\-config',
  '.I FILE',
  'it is that file and',
  '.IR FILE .d/*.toml .',
  '.PP',
  'Every key is checked at start: one that is not known here, or a value of the wrong type, ends the',
  'program with one line that names file and key, and exit code 78.',
  '.PP',
  `.B ${name} \\-\\-check\\-config`,
  'does only that;',
  `.B ${name} \\-\\-check\\-config \\-\\-show`,
  'prints all values in force, each with the file that it is from. A changed file is read at the next restart.',
  '.PP',
  'Keys shown as',
  '.I default',
  'need not be set; the others have no default, and their text says which of them must be set.',
];
for (const { title, about, keys } of sections) {
  lines.push(`.SH ${title}`);
  if (about !== '') lines.push(quoted(about));
  for (const { key, value, kind, text } of keys) {
    const shown = troffText(value).replace(/"/g, '""');
    lines.push('.TP', `.BR ${troffText(key)} ", ${kind} \\fI${shown}\\fR"`, quoted(text) || '\\&');
  }
}
lines.push(
  '.SH CREDENTIALS',
  'Secrets do not belong in these files, which every user can read. The services import them from',
  `systemd's credential stores: see`,
  '.B CREDENTIALS',
  'in',
  `.BR ${name} (8).`,
  '.SH SEE ALSO',
  `.BR ${name} (8),`,
  '.BR systemd.exec (5)',
);
process.stdout.write(`${lines.join('\n')}\n`);
