/**
 * Finds in the sources what the programs say at warning and err: the first arguments of `log.warning(…)`,
 * `log.err(…)` and `new FatalError(…)`. They must be texts that can be read where they stand (a literal, a
 * choice of literals, or a constant in capitals), so that a list of them is complete.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Message {
  /** What varies is `…`. */
  readonly text: string;
  /** `fatal`: the last line of a program that ends. */
  readonly level: 'err' | 'warning' | 'info' | 'fatal';
  /** The part of the sources that says it. */
  readonly room: string;
  readonly file: string;
}

/** Text that cannot be found by reading, or that is not listed. */
export class MessageFault extends Error {}

/** What a literal is written with, to its end; what is between `${` and `}` may hold others. */
const QUOTES = new Set(["'", '"', '`']);

/** FatalErrors that pass on what was said already, by file. */
const RELAYS: Readonly<Record<string, string>> = {
  'src/api/processes/workers.ts': 'what a worker has said',
};

const WRONG = /\blog\.(err|warning)\(|\bnew FatalError\(/g;
/** What is said when nothing is wrong. */
export const EVERY_DAY = /\blog\.(info)\(/g;

/** All messages of the files below `root`/src, one for each text of a room. `calls`: of these. */
export function findMessages(root: string, calls: RegExp = WRONG): readonly Message[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\//, ''))
    .sort();
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const constants = new Map([...texts.values()].flatMap((text) => [...constantsOf(text)]));
  const found = new Map<string, Message>();
  for (const [file, text] of texts)
    for (const message of messagesOf(
      file,
      text,
      new Map([...constants, ...constantsOf(text)]),
      calls,
    ))
      found.set(`${message.room} ${message.level} ${message.text}`, message);
  return [...found.values()];
}

/** The constants in capitals of a file that are texts, by name. */
export function constantsOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const match of text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*) =\s*(?=['"`])/gm)) {
    const [literal] = readLiteral(text, match.index + match[0].length);
    found.set(match[1]!, literal);
  }
  return found;
}

/** Throws MessageFault. `constants`: texts of constants that stand for themselves. */
export function messagesOf(
  file: string,
  source: string,
  constants: ReadonlyMap<string, string>,
  calls: RegExp = WRONG,
): readonly Message[] {
  const room = /^src\/(api|fastpath|uploader)\//.exec(file)?.[1] ?? 'common';
  const code = source.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*/gm, '');
  const dynamic = /\blog\[|\blog\.(?:err|warning)\b(?!\()/.exec(code);
  if (dynamic !== null)
    throw new MessageFault(`${file}: ${dynamic[0]}: say log.err(…) or log.warning(…) with a text`);
  const messages: Message[] = [];
  for (const match of code.matchAll(calls)) {
    const [[argument = '', second = ''], after] = argumentsOf(code, match.index + match[0].length);
    const level = (match[1] ?? 'fatal') as Message['level'];
    // What a typed command is told of its own arguments.
    if (level === 'fatal' && (after.includes('EXIT.usage') || RELAYS[file] !== undefined)) continue;
    const texts = textsOf(argument, constants);
    if (texts.length === 0)
      throw new MessageFault(
        `${file}: ${match[0]}${argument.trim()}${second === '' ? '' : ', …'}): expected a text`,
      );
    for (const text of texts) messages.push({ text, level, room, file });
  }
  return messages;
}

/** The texts that an expression may be: the literals that are not within another call. */
function textsOf(expression: string, constants: ReadonlyMap<string, string>): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < expression.length; at++) {
    const [name] = /^\b[A-Z][A-Z0-9_]*\b/.exec(expression.slice(at)) ?? [];
    if (name !== undefined && !/[\w.]/.test(expression[at - 1] ?? '')) {
      if (constants.has(name)) texts.push(constants.get(name)!);
      at += name.length - 1;
    }
    if (!QUOTES.has(expression[at]!)) continue;
    const [text, end] = readLiteral(expression, at, constants);
    // A word that is compared with is no message, nor is one that says nothing by itself; one that is all there is, is.
    const words = text.match(/[a-z']{2,}/gi) ?? [];
    const isAll = end - at === expression.trim().length;
    if (words.length > (isAll ? 0 : 1)) texts.push(text);
    at = end - 1;
  }
  return texts;
}

/** The first two arguments of a call that begin at `at`, and all of it. */
function argumentsOf(code: string, at: number): [readonly string[], string] {
  const parts: string[] = [];
  let depth = 0;
  let from = at;
  let end = at;
  for (; end < code.length; end++) {
    const char = code[end]!;
    if (QUOTES.has(char)) end = readLiteral(code, end)[1] - 1;
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char) && depth-- === 0) break;
    else if (char === ',' && depth === 0) {
      parts.push(code.slice(from, end));
      from = end + 1;
    }
  }
  parts.push(code.slice(from, end));
  return [parts.slice(0, 2), code.slice(at, end)];
}

/** The literal that begins at `at`, and where it ends. What is put into it is `…`. */
function readLiteral(
  code: string,
  at: number,
  constants: ReadonlyMap<string, string> = new Map(),
): [string, number] {
  const quote = code[at]!;
  let text = '';
  let i = at + 1;
  while (i < code.length && code[i] !== quote) {
    if (code[i] === '\\') {
      text += code[i + 1];
      i += 2;
    } else if (quote === '`' && code.startsWith('${', i)) {
      const end = endOfPlace(code, i + 2);
      text += constants.get(code.slice(i + 2, end)) ?? '…';
      i = end + 1;
    } else text += code[i++];
  }
  return [text, i + 1];
}

function endOfPlace(code: string, at: number): number {
  let depth = 0;
  for (let i = at; i < code.length; i++) {
    const char = code[i]!;
    if (QUOTES.has(char)) i = readLiteral(code, i)[1] - 1;
    else if (char === '{') depth++;
    else if (char === '}' && depth-- === 0) return i;
  }
  return code.length;
}
