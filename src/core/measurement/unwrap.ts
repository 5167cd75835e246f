import { describe, has, isObject, type JsonObject } from '../json/jsonValue.ts';
import { yamlFault } from '../yaml/fault.ts';
import { parseYaml } from '../yaml/parseYaml.ts';

/**
 * `is_verified`, how far a submission can be trusted: its credential was good, was not, or there was none
 * that somebody looked at.
 */
export type Verified = 'u' | 't' | 'f';

export type Unwrapped =
  | {
      kind: 'measurement';
      measurement: JsonObject;
      verified: Verified;
      /** It is a member `content`, and not the object itself. */
      enveloped: boolean;
    }
  | { kind: 'invalid'; reason: string };

/** The measurement within a stored `.post` (protocol, scoring 1, steps 2 and 3). */
export function unwrap(post: unknown): Unwrapped {
  if (!isObject(post)) return invalid(`expected a JSON object, found ${describe(post)}`);
  const content = contentOf(post);
  if (content.kind === 'invalid') return content;
  if (!isObject(content.value)) {
    return invalid(`content: expected a measurement object, found ${describe(content.value)}`);
  }
  return {
    kind: 'measurement',
    measurement: content.value,
    verified: verifiedOf(post),
    enveloped: content.value !== post,
  };
}

function contentOf(post: JsonObject): { kind: 'content'; value: unknown } | Invalid {
  if (!has(post, 'content') || !has(post, 'format')) return { kind: 'content', value: post };
  const { format, content } = post;
  switch (typeof format === 'string' ? format.toLowerCase() : undefined) {
    case 'json':
      return { kind: 'content', value: content };
    case 'yaml':
      return yamlContent(content);
    default:
      return invalid('format: expected json or yaml');
  }
}

/** Tags of YAML 1.1 that make something else than JSON has. */
const NOT_JSON = ['timestamp', 'binary', 'set', 'omap', 'pairs'];

/** Old reports were small, and reading YAML takes a second for a few megabytes. */
const MAX_YAML_CHARS = 8 * 1024 * 1024;

/**
 * Legacy reports are YAML 1.1. Only what JSON has is made of them: no tag builds anything, a time
 * without quotes stays the text that it is, and the library bounds aliases.
 */
function yamlContent(content: unknown): { kind: 'content'; value: unknown } | Invalid {
  if (typeof content !== 'string') {
    return invalid(`content: expected YAML text, found ${describe(content)}`);
  }
  if (content.length > MAX_YAML_CHARS) {
    return invalid(`content: YAML of more than ${MAX_YAML_CHARS} characters`);
  }
  try {
    return { kind: 'content', value: parseYaml(content, NOT_JSON) };
  } catch (error) {
    return invalid(`content: not YAML: ${yamlFault(error)}`);
  }
}

function verifiedOf(post: JsonObject): Verified {
  const value = post.is_verified;
  return value === 't' || value === 'f' ? value : 'u';
}

type Invalid = Extract<Unwrapped, { kind: 'invalid' }>;

function invalid(reason: string): Invalid {
  return { kind: 'invalid', reason };
}
