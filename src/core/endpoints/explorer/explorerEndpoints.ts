/** The statistics that OONI Explorer and older pages show (protocol, data 5.2). */
import type { AnyEndpoint } from '../endpoint.ts';
import { asnmeta } from './asnmeta.ts';
import { asnByMonth, countriesByMonth, globalOverviewByMonth } from './byMonth.ts';
import { circumventionRuntimeStats, circumventionStatsByCountry } from './circumvention.ts';
import { checkReportId, networkStats, testNames } from './constant.ts';
import { countries } from './countries.ts';
import { countryOverview } from './countryOverview.ts';
import { domainMetadata } from './domainMetadata.ts';
import { domains } from './domains.ts';
import { globalOverview } from './globalOverview.ts';
import { imNetworks, imStats } from './instantMessengers.ts';
import { networks } from './networks.ts';
import { testCoverage } from './testCoverage.ts';
import { vanillaTorStats } from './vanillaTor.ts';
import { websiteNetworks, websiteStats, websiteUrls } from './website.ts';

export const EXPLORER_ENDPOINTS: readonly AnyEndpoint[] = [
  globalOverview,
  globalOverviewByMonth,
  countries,
  countryOverview,
  networks,
  domains,
  domainMetadata,
  asnmeta,
  checkReportId,
  asnByMonth,
  countriesByMonth,
  testNames,
  testCoverage,
  websiteNetworks,
  websiteStats,
  websiteUrls,
  vanillaTorStats,
  imNetworks,
  imStats,
  networkStats,
  circumventionStatsByCountry,
  circumventionRuntimeStats,
];
