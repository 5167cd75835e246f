/** What findings are searched by (protocol, data 5.4): any of the values, and all of the parameters. */
import { bool, items } from '../parameters.ts';

export const findingSearchParameters = {
  only_mine: bool('Those of the own account'),
  theme: items('Themes, such as `social_media`'),
  country_code: items('Countries, by their two letters'),
  asn: items('Networks, as AS numbers'),
  domain: items('Domains'),
};
