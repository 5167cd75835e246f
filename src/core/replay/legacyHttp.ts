/** HTTP results of old probes in today's shape: headers as objects, the use of Tor, the input. */
import { isObject, type JsonObject } from '../json/jsonValue.ts';

const HTTP_TESTS: ReadonlySet<unknown> = new Set(
  `http_requests meek_fronted_requests meek_fronted_requests_test domclass_collector
  http_keyword_filtering http_uk_mobile_networks http_header_field_manipulation http_url_list
  http_host squid captive_portal psiphon tor_http_requests_test`.split(/\s+/),
);

/** The measurement, changed only when it is of a test that makes HTTP requests. */
export function withHttpKeys(
  measurement: JsonObject & { readonly test_keys: JsonObject },
): JsonObject & { readonly test_keys: JsonObject } {
  if (!HTTP_TESTS.has(measurement.test_name)) return measurement;
  const { requests: listed, request, response, ...others } = measurement.test_keys;
  const requests = Array.isArray(listed) ? [...listed] : [];
  // One test has a single pair outside of the list.
  if (isObject(request) && isObject(response)) requests.push({ request, response });
  return {
    ...measurement,
    input: measurement.input ?? urlOption(measurement.options) ?? null,
    test_keys: {
      ...others,
      requests: experimentThenControl(requests.filter(isObject).map(exchange)),
    },
  };
}

/** The command line of a probe that tested a single URL. */
function urlOption(options: unknown): unknown {
  if (!Array.isArray(options)) return undefined;
  const at = Math.max(options.lastIndexOf('--url'), options.lastIndexOf('-u'));
  return at < 0 ? undefined : options[at + 1];
}

interface Exchange extends JsonObject {
  readonly request: JsonObject & { readonly tor: { readonly is_tor: boolean } };
}

function exchange(session: JsonObject): Exchange {
  const request = message(session.request);
  const url = typeof request.url === 'string' ? request.url : '';
  // `shttp://` is how old probes wrote "over Tor".
  const viaTor = url.startsWith('shttp://');
  return {
    ...session,
    response: message(session.response),
    request: {
      ...request,
      ...(viaTor ? { url: url.slice(1) } : {}),
      tor: torOf(request.tor, viaTor),
    },
  };
}

function message(value: unknown): JsonObject {
  if (!isObject(value)) return { body: null, headers: {} };
  return { ...value, headers: headersOf(value.headers) };
}

/** A list of [name, [value, …]] becomes an object with the first value of each. */
function headersOf(headers: unknown): JsonObject {
  if (isObject(headers)) return headers;
  if (!Array.isArray(headers)) return {};
  const found: [string, unknown][] = [];
  for (const pair of headers) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string') continue;
    let value: unknown = pair[1];
    while (Array.isArray(value)) value = value[0];
    found.push([pair[0], value ?? null]);
  }
  return Object.fromEntries(found);
}

function torOf(tor: unknown, viaTor: boolean) {
  const details = isObject(tor) ? tor : {};
  return {
    is_tor: viaTor || tor === true || details.is_tor === true,
    exit_ip: details.exit_ip ?? null,
    exit_name: details.exit_name ?? null,
  };
}

/** The first request without Tor and the first with it lead: readers compare these two. */
function experimentThenControl(exchanges: readonly Exchange[]): readonly Exchange[] {
  const experiment = exchanges.filter(({ request }) => !request.tor.is_tor);
  const control = exchanges.filter(({ request }) => request.tor.is_tor);
  return [
    ...experiment.slice(0, 1),
    ...control.slice(0, 1),
    ...experiment.slice(1),
    ...control.slice(1),
  ];
}
