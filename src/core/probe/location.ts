/** Where an address is: country, network and its name, as far as a GeoIP database knows. */
import { MAX_ASN } from '../measurement/asNumber.ts';

export interface Location {
  /** Two capitals; `ZZ`: unknown. */
  readonly cc: string;
  /** 0: unknown. */
  readonly asn: number;
  readonly networkName: string | null;
}

/** Answers from memory, for any text: what is no address is unknown. Never throws. */
export type Locate = (address: string) => Location;

export const UNKNOWN_LOCATION: Location = { cc: 'ZZ', asn: 0, networkName: null };

/**
 * What a record of the database says. Country and network stand for themselves: one is often known
 * without the other (protocol, probes 4.6).
 */
export function locationOf(record: unknown): Location {
  const { country, autonomous_system_number, autonomous_system_organization } = (record ??
    {}) as Readonly<Record<string, unknown>>;
  const code = (country as { readonly iso_code?: unknown } | undefined)?.iso_code;
  const cc = typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : UNKNOWN_LOCATION.cc;
  const number = autonomous_system_number;
  const isAsn =
    typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= MAX_ASN;
  const name = autonomous_system_organization;
  return {
    cc,
    asn: isAsn ? number : UNKNOWN_LOCATION.asn,
    networkName: isAsn && typeof name === 'string' && name !== '' ? name : null,
  };
}
