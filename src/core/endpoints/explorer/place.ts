/** Country and network, as the statistics of OONI Explorer take them (protocol, data 5.1). */
import { parseLooseAsn } from '../../measurement/asNumber.ts';
import { type Given, text } from '../parameters.ts';

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
export function readCountry(given: Given<typeof countryParameter>): string | Refused {
  const cc = given.probe_cc ?? '';
  return /^[A-Za-z]{2}$/.test(cc) ? cc.toUpperCase() : refused('missing or incorrect probe_cc');
}

/** `read` of the endpoints that take a country and nothing else. */
export function readCountryAlone(
  given: Given<typeof countryParameter>,
): { readonly kind: 'ok'; readonly asked: { readonly cc: string } } | Refused {
  const cc = readCountry(given);
  return typeof cc === 'string' ? { kind: 'ok', asked: { cc } } : cc;
}

/** A network in a country. */
export function readCountryAndNetwork(
  given: Given<typeof countryParameter & typeof networkParameter>,
): { readonly kind: 'ok'; readonly cc: string; readonly asn: number } | Refused {
  const cc = readCountry(given);
  if (typeof cc !== 'string') return cc;
  const asn = parseLooseAsn(given.probe_asn ?? '');
  return asn === undefined ? refused('missing or incorrect probe_asn') : { kind: 'ok', cc, asn };
}
