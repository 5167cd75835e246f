/** Country and network, as the statistics of OONI Explorer take them (protocol, data 5.1). */
import { parseAsn } from '../parameterReader.ts';
import { text } from '../parameters.ts';

export const countryParameter = { probe_cc: text('Country, as two letters') };
export const networkParameter = { probe_asn: text('Network, as an AS number') };

export interface Refused {
  readonly kind: 'refused';
  readonly status: 400;
  readonly detail: string;
}

export function refused(detail: string): Refused {
  return { kind: 'refused', status: 400, detail };
}

/** The country in capitals. */
export function readCountry(given: { readonly probe_cc: string | undefined }): string | Refused {
  const cc = given.probe_cc ?? '';
  return /^[A-Za-z]{2}$/.test(cc) ? cc.toUpperCase() : refused('missing or incorrect probe_cc');
}

export function readNetwork(given: { readonly probe_asn: string | undefined }): number | Refused {
  return parseAsn(given.probe_asn ?? '') ?? refused('missing or incorrect probe_asn');
}
