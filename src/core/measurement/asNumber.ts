/**
 * AS numbers: the numbers of networks, from 1 to 4294967295 (RFC 6793). 0 stands for a network that
 * is not known or was taken out.
 *
 * Who writes one has always decided how it is read. What the rules differ in:
 *
 * | rule                | of                                    | `AS` in front            | digits       | above the largest |
 * | ------------------- | ------------------------------------- | ------------------------ | ------------ | ----------------- |
 * | `parseStrictAsn`    | what probes say of themselves         | must be, in any case     | 1 to 10      | refused           |
 * | `parseLooseAsn`     | parameters (protocol, data 7.3)       | may be, in any case      | 1 to 10      | refused           |
 * | `ENGINE_ASN`        | what engines ask with (data 6.1)      | may be, in capitals      | 1 to 10      | the largest       |
 * | `parseBareAsn`      | lists of networks                     | none                     | 1 to 10      | refused           |
 * | `BARE_ASN`          | report ids, compared as texts         | none                     | 1 to 10      | taken             |
 * | `parseReferenceAsn` | `probe_asn` of a measurement, scored  | any two characters       | an integer\* | refused           |
 * | `parseResolverAsn`  | `resolver_asn` of the same            | may be, in capitals      | an integer\* | refused           |
 * | `referenceAsnText`  | `probe_asn` beside a report id        | any row of `A` and `S`   | any text     | taken             |
 *
 * \* as the reference reads one (`integer.ts`): with blanks around it, a sign, underscores.
 *
 * All take 0 and zeros in front; blanks, where they are allowed, are trimmed by who allows them.
 * Refused is undefined.
 */
import { parseInteger } from './integer.ts';

export const MAX_ASN = 0xffffffff;
/** How probes and old reports write a network that is not known. */
export const UNKNOWN_ASN = 'AS0';
/** A pattern of a schema: its text is part of the answer to what does not fit. */
export const ENGINE_ASN = '^(AS)?([0-9]{1,10})$';
export const BARE_ASN = /^\d{1,10}$/;

/** `AS30722`. */
export function formatAsn(asn: number): string {
  return `AS${asn}`;
}

export function parseStrictAsn(text: string): number | undefined {
  return /^AS/i.test(text) ? parseBareAsn(text.slice(2)) : undefined;
}

export function parseLooseAsn(text: string): number | undefined {
  return parseBareAsn(text.replace(/^AS/i, ''));
}

export function parseBareAsn(text: string): number | undefined {
  const asn = BARE_ASN.test(text) ? Number(text) : undefined;
  return asn !== undefined && asn <= MAX_ASN ? asn : undefined;
}

export function parseReferenceAsn(text: string): number | undefined {
  const asn = parseInteger(text.slice(2));
  return asn !== undefined && asn >= 0n && asn <= MAX_ASN ? Number(asn) : undefined;
}

export function parseResolverAsn(text: string): number | undefined {
  return parseReferenceAsn(text.startsWith('AS') ? text : `AS${text}`);
}

export function referenceAsnText(text: string): string {
  return text.toUpperCase().replace(/^[AS]+/, '');
}
