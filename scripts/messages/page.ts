/** docs/messages.md: what the programs say at warning and err, from the sources and from causes/. */
import { API } from './causes/api.ts';
import type { Causes } from './causes/causes.ts';
import { COMMON } from './causes/common.ts';
import { FASTPATH } from './causes/fastpath.ts';
import { UPLOADER } from './causes/uploader.ts';
import { type Message, MessageFault } from './found.ts';

interface Room {
  readonly name: string;
  readonly heading: string;
  readonly causes: Causes;
}

const ROOMS: readonly Room[] = [
  { name: 'common', heading: 'More than one program', causes: COMMON },
  { name: 'api', heading: 'ooni-api', causes: API },
  { name: 'fastpath', heading: 'ooni-fastpath', causes: FASTPATH },
  { name: 'uploader', heading: 'ooni-uploader', causes: UPLOADER },
];

const HEAD = `# What the programs say when something is wrong

<!-- Made by \`make docs\` from the sources and scripts/messages/causes. -->

Each line that a program logs at \`warning\` (look when there is time) or \`err\` (somebody must act), with its cause and what to
do. \`…\` stands for what varies. Lines marked \`ends\` are the last ones of a program that ends with an exit code other than 0: a
service is started again, a command can be given again. What a command is told of its own arguments (exit code 64) is not here.

    journalctl -u 'ooni-*' -p warning --since today

Besides these, any program ends with one line of these kinds:

- \`FILE: KEY: expected …, found …\` (exit code 78): a setting is wrong. \`PROGRAM --check-config\` says it too, without starting.
- a line that ends in \`ENOSPC\`, \`EROFS\`, \`EIO\`, \`EMFILE\` (74): the disk or a limit; it begins with what to do. [operate.md](operate.md),
  "Disk fills up".
- a line with a stack, \`… | at …\` (70): a bug. Report it with the whole line.

\`ooni-doctor\` ([operate.md](operate.md), "Is everything all right?") looks for most of these causes, before they are logged too.
`;

/** Throws MessageFault when a message has no cause, or a cause no message. */
export function messagesMarkdown(messages: readonly Message[]): string {
  return HEAD + ROOMS.map((room) => section(room, messages)).join('');
}

/** A line that several programs say is told of once. */
function roomOf({ text, room }: Message): string {
  return Object.hasOwn(COMMON, text) ? 'common' : room;
}

function section({ name, heading, causes }: Room, messages: readonly Message[]): string {
  const levels = new Map<string, Set<string>>();
  for (const message of messages.filter((one) => roomOf(one) === name)) {
    const { text, level, file } = message;
    if (!Object.hasOwn(causes, text))
      throw new MessageFault(
        `${file}: "${text}" has no cause in scripts/messages/causes/${name}.ts`,
      );
    levels.set(text, (levels.get(text) ?? new Set()).add(level === 'fatal' ? 'ends' : level));
  }
  const entries = Object.entries(causes).map(([text, { why, todo }]) => {
    const said = levels.get(text);
    if (said === undefined)
      throw new MessageFault(`scripts/messages/causes/${name}.ts: nothing says "${text}" any more`);
    const quote = text.includes('`') ? '``' : '`';
    return `- ${quote}${text}${quote} (${[...said].join(', ')})\n  - Cause: ${why}\n  - To do: ${todo}\n`;
  });
  return `\n## ${heading}\n\n${entries.join('')}`;
}
