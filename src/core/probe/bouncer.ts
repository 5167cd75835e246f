/** The bouncer, which the oldest probes ask for collector and helpers of a test (protocol, probes 3.9). */
import { isObject, member } from '../json/jsonValue.ts';
import type { ParseResult } from '../json/parseJson.ts';
import { memberIssue, objectBody } from '../validation/bodyIssues.ts';
import type { Issue } from '../validation/issues.ts';

/** `onion`: httpo://….onion; `cloudfront`: with the host name that a client connects to. */
export interface Service {
  readonly type: 'onion' | 'https' | 'cloudfront';
  readonly address: string;
  readonly front?: string;
}

/** The section `bouncer` of the configuration. */
export interface BouncerConfig {
  readonly collector: string;
  readonly collector_alternates: readonly Service[];
  readonly tcp_echo: string;
  readonly http_return_json_headers: string;
  readonly web_connectivity: string;
  readonly web_connectivity_alternates: readonly Service[];
}

export type Bounced =
  | { readonly kind: 'ok'; readonly answer: object }
  /** 400, which old probes know, and not the 422 of newer routes. */
  | { readonly kind: 'refused'; readonly detail: string | readonly Issue[] };

/** Tests that one request may name. */
const MAX_NETTESTS = 100;

export function bounce(body: ParseResult, config: BouncerConfig): Bounced {
  if (body.kind === 'invalid') return { kind: 'refused', detail: body.reason };
  const checked = objectBody(body);
  if (checked.kind === 'invalid') return { kind: 'refused', detail: checked.issues };
  const nettests = member(checked.object, 'net-tests');
  if (!Array.isArray(nettests))
    return { kind: 'refused', detail: [memberIssue(['body', 'net-tests'], nettests, 'list')] };
  if (nettests.length === 0 || nettests.length > MAX_NETTESTS)
    return { kind: 'refused', detail: 'invalid net-tests request' };
  const issues = nettests.flatMap(issuesOf);
  if (issues.length > 0) return { kind: 'refused', detail: issues };
  const { name, version } = nettests[0] as { readonly name: string; readonly version: string };
  return {
    kind: 'ok',
    answer: {
      'net-tests': [
        {
          collector: config.collector,
          'collector-alternate': config.collector_alternates.map(described),
          // Old probes insist on this member.
          'input-hashes': null,
          name,
          'test-helpers': {
            'tcp-echo': config.tcp_echo,
            'http-return-json-headers': config.http_return_json_headers,
            'web-connectivity': config.web_connectivity,
          },
          'test-helpers-alternate': {
            'web-connectivity': config.web_connectivity_alternates.map(described),
          },
          version,
        },
      ],
    },
  };
}

function issuesOf(nettest: unknown, at: number): Issue[] {
  const loc = ['body', 'net-tests', at];
  if (!isObject(nettest))
    return [{ type: 'model_attributes_type', loc, msg: 'Input should be a valid dictionary' }];
  return ['name', 'version'].flatMap((name) => {
    const value = member(nettest, name);
    return typeof value === 'string' ? [] : [memberIssue([...loc, name], value, 'string')];
  });
}

/** Without a `front` where there is none. */
function described({ type, address, front }: Service): object {
  return front === undefined ? { type, address } : { front, type, address };
}

/** Collectors as old probes list them: the list twice, as it has always been (protocol, probes 3.8). */
export function collectorList(collectors: readonly Service[]): object[] {
  return [...collectors, ...collectors].map(({ address, front, type }) =>
    front === undefined ? { address, type } : { address, front, type },
  );
}
