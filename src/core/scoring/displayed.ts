import { isObject } from './values.ts';

/**
 * A value as the reference writes it into a message: text as it is, anything else as a Python
 * literal. Probes send text here; the rest keeps published messages the same to the letter.
 */
export function displayed(value: unknown): string {
  return typeof value === 'string' ? value : literal(value);
}

function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(
      ([name, item]) => `${quoted(name)}: ${literal(item)}`,
    );
    return `{${members.join(', ')}}`;
  }
  return value === null ? 'None' : String(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\\u0000-\u001f\u007f-\u00a0\u00ad]/g, (character) => {
    const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
    return ESCAPES[character] ?? `\\x${hex}`;
  });
  return `${quote}${quote === "'" ? body.replaceAll("'", "\\'") : body}${quote}`;
}
