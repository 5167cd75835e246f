/** YAML 1.1 of old probes as plain data: no tag builds anything that JSON does not have. */
import { parseYaml } from '../yaml/parseYaml.ts';

/** Kept as the text that they are, or as the lists of pairs that they are written as. */
const LEFT_ALONE = ['timestamp', 'omap', 'pairs'];

/**
 * The value of one document. `!!binary` becomes text where it is UTF-8, except that a `body` always
 * becomes `{format: "base64", data}`, as today's probes send what is not text; `!!set` a list; a tag
 * of another kind (`!!python/…`) is dropped. Throws for what is no YAML; aliases are bounded by the
 * library.
 */
export function parseLegacyYaml(text: string): unknown {
  return plain(parseYaml(text, LEFT_ALONE), '');
}

function plain(value: unknown, name: string): unknown {
  if (value instanceof Uint8Array) return binary(value, name);
  if (value instanceof Set) return [...value].map((item) => plain(item, ''));
  if (value instanceof Map)
    return plain(Object.fromEntries([...value].map(([key, item]) => [String(key), item])), name);
  if (Array.isArray(value)) return value.map((item) => plain(item, ''));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([member, item]) => [member, plain(item, member)]),
    );
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  return value;
}

function binary(bytes: Uint8Array, name: string): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (name !== 'body') {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer);
    } catch {
      // Not text: as a body.
    }
  }
  return { format: 'base64', data: buffer.toString('base64') };
}
