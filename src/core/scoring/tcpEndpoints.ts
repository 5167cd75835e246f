import { asObject, type JsonObject, listOrEmpty, objectOrEmpty } from './values.ts';

export interface EndpointCounts {
  readonly accessible: number;
  readonly unreachable: number;
}

/** How the TCP endpoints of an app fared (protocol, scoring 3.3, also used by 3.4). */
export function countEndpoints(testKeys: JsonObject): EndpointCounts {
  const field = 'test_keys.tcp_connect';
  let accessible = 0;
  let unreachable = 0;
  for (const [i, entry] of listOrEmpty(testKeys.tcp_connect, field).entries()) {
    const { status } = asObject(entry, `${field}[${i}]`);
    const { success } = objectOrEmpty(status, `${field}[${i}].status`);
    if (success === true) accessible++;
    else if (success === false) unreachable++;
  }
  return { accessible, unreachable };
}
