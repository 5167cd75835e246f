/**
 * JSON for reading: a line for each member and item, and every literal as it was written. Takes what is known
 * to be valid JSON without insignificant whitespace.
 */

const QUOTE = '"';

/** At most `maxChars` of it; what is left out is cut at the end. */
export function indentedJson(json: string, maxChars: number): string {
  let out = '';
  let depth = 0;
  const newLine = () => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < json.length && out.length < maxChars; at++) {
    const character = json[at]!;
    switch (character) {
      case QUOTE: {
        const end = stringEnd(json, at);
        out += json.slice(at, Math.min(end, at + maxChars));
        at = end - 1;
        break;
      }
      case '{':
      case '[': {
        const next = json[at + 1];
        if (next === '}' || next === ']') {
          out += character + next;
          at++;
          break;
        }
        depth++;
        out += character + newLine();
        break;
      }
      case '}':
      case ']':
        depth--;
        out += newLine() + character;
        break;
      case ',':
        out += character + newLine();
        break;
      case ':':
        out += ': ';
        break;
      default:
        out += character;
    }
  }
  return out.slice(0, maxChars);
}

/** Position after the string that begins with the quote at `at`. */
function stringEnd(json: string, at: number): number {
  for (let end = at + 1; end < json.length; end++) {
    if (json[end] === '\\') end++;
    else if (json[end] === QUOTE) return end + 1;
  }
  return json.length;
}
