/**
 * Configurations of tools that probes measure with: Tor, Psiphon, OpenVPN (protocol, probes 3.13 to 3.15, 5.6
 * and 5.7). They hold secrets, such as bridges that nobody should list: reasons name places, never content.
 */
import { isObject, type JsonObject, member } from '../json/jsonValue.ts';
import { type ParseResult, parseBoundedJson } from '../json/parseJson.ts';

/** A reason that may be logged. */
export class UnusableConfig extends Error {
  override readonly name = 'UnusableConfig';
}

export interface ToolConfig {
  /** The answer: a JSON text. */
  readonly text: string;
  /** Members of it, for the log. */
  readonly entries: number;
}

/**
 * Targets by id, each as it was written, with `name` and `params` where they were left out. A `source` stays:
 * it tells a probe that the bridge is private. Throws UnusableConfig.
 */
export function parseTorTargets(bytes: Uint8Array): ToolConfig {
  const targets = Object.entries(objectOf(bytes));
  targets.forEach(([, target], at) => {
    for (const name of ['address', 'protocol'])
      if (!isObject(target) || typeof member(target, name) !== 'string')
        throw new UnusableConfig(`target ${at + 1} of ${targets.length} has no text "${name}"`);
  });
  const whole = targets.map(([id, target]) => [
    id,
    { name: '', params: null, ...(target as object) },
  ]);
  return { text: JSON.stringify(Object.fromEntries(whole)), entries: targets.length };
}

/** The very text: the command line hands the bytes to Psiphon's library. Throws UnusableConfig. */
export function parsePsiphonConfig(bytes: Uint8Array): ToolConfig {
  const entries = Object.keys(objectOf(bytes)).length;
  return { text: Buffer.from(bytes).toString('utf8').trim(), entries };
}

export interface VpnProvider {
  readonly config: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Milliseconds since 1970. */
  readonly updatedMs: number;
  /** `openvpn://riseupvpn.corp/?address=192.0.2.1:1194&transport=tcp`. */
  readonly endpoints: readonly string[];
}

/**
 * `{"ca", "cert", "key", "date_updated", "endpoints": [{"address": "192.0.2.1:1194", "protocol": "openvpn",
 * "transport": "tcp"}]}`. Throws UnusableConfig.
 */
export function parseVpnProvider(bytes: Uint8Array, provider: string): VpnProvider {
  const object = objectOf(bytes);
  const text = (of: JsonObject, name: string, where: string): string => {
    const value = member(of, name);
    if (typeof value === 'string' && value !== '') return value;
    throw new UnusableConfig(`${where} has no text "${name}"`);
  };
  const top = (name: string) => text(object, name, 'the file');
  const updatedMs = Date.parse(top('date_updated'));
  if (Number.isNaN(updatedMs)) throw new UnusableConfig('"date_updated" is no time');
  const endpoints = member(object, 'endpoints');
  if (!Array.isArray(endpoints) || endpoints.length === 0)
    throw new UnusableConfig('the file has no list "endpoints"');
  return {
    config: { ca: top('ca'), cert: top('cert'), key: top('key') },
    updatedMs,
    endpoints: endpoints.map((endpoint, at) => {
      const part = (name: string) =>
        text(isObject(endpoint) ? endpoint : {}, name, `endpoint ${at + 1} of ${endpoints.length}`);
      return `${part('protocol')}://${provider}.corp/?address=${part('address')}&transport=${part('transport')}`;
    }),
  };
}

const MAX_ENDPOINTS = 4;

/** The answer for one probe, with some endpoints of all. `random`: uniform in [0, 1). */
export function vpnAnswer(
  { config, updatedMs, endpoints }: VpnProvider,
  provider: string,
  random: () => number,
): object {
  const left = [...endpoints];
  const sample: string[] = [];
  while (sample.length < MAX_ENDPOINTS && left.length > 0)
    sample.push(...left.splice(Math.floor(random() * left.length), 1));
  return {
    provider,
    protocol: 'openvpn',
    config,
    // Probes of that time read microseconds.
    date_updated: new Date(updatedMs).toISOString().replace('Z', '000Z'),
    endpoints: sample,
  };
}

function objectOf(bytes: Uint8Array): JsonObject {
  const parsed: ParseResult = parseBoundedJson(bytes);
  if (parsed.kind === 'invalid') throw new UnusableConfig(parsed.reason);
  if (isObject(parsed.value) && Object.keys(parsed.value).length > 0) return parsed.value;
  throw new UnusableConfig('it is no JSON object with members');
}
