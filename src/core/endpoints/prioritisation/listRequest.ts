/** What a query string asks of the test list (protocol, probes 3.6 and 3.17). */

import { parseLooseAsn } from '../../measurement/asNumber.ts';
import { readCategories } from '../../prioritisation/categories.ts';
import type { Place } from '../../prioritisation/place.ts';
import type { Wanted } from '../../prioritisation/ranking.ts';
import { GLOBAL_CC } from '../../prioritisation/rules.ts';
import { MAX_URLS, readCountry } from '../../probe/checkIn.ts';
import { bool, type Given, integer, list, text } from '../parameters.ts';

const categoryCodes = list('Category codes; all where there is none');
const limit = integer('Entries at most; below 1: all', {
  min: Number.MIN_SAFE_INTEGER,
  max: MAX_URLS,
});

export const testListParameters = {
  country_code: text('Country of the list; without it only what is for all countries'),
  probe_cc: text('The same, where there is no `country_code`'),
  category_codes: categoryCodes,
  limit,
  debug: bool('With `msmt_cnt`, `priority` and `weight` of each entry'),
};

export const debugParameters = {
  probe_cc: text('Country of the probe'),
  probe_asn: text('Its network, with or without `AS`; the whole country where there is none'),
  category_codes: categoryCodes,
  limit,
};

/** A country that is none is as one that has no list of its own. */
export function wantedOf(
  given: Partial<Given<typeof testListParameters> & Given<typeof debugParameters>>,
): { readonly place: Place; readonly wanted: Wanted } {
  const { limit: most = 0 } = given;
  return {
    place: {
      cc: readCountry(given.country_code) ?? readCountry(given.probe_cc) ?? GLOBAL_CC,
      asn: parseLooseAsn(given.probe_asn?.trim() ?? '') ?? 0,
    },
    wanted: {
      categories: readCategories(given.category_codes),
      limit: most < 1 ? MAX_URLS : most,
    },
  };
}
