/** Every page. To add one: its file, a line here, its walk in test/api/pages. */
import { aggregationPage } from './aggregation.tsx';
import { apiDocsPage } from './apiDocs.tsx';
import { archivePage } from './archive.tsx';
import { countryPage } from './country.tsx';
import { domainPage } from './domain.tsx';
import { findingPage, findingsPage } from './findings.tsx';
import { landingPage } from './landing.tsx';
import { measurementPage } from './measurement.tsx';
import { networkPage } from './network.tsx';
import type { Page } from './page.ts';
import { searchPage } from './search.tsx';

export const PAGES: readonly Page[] = [
  landingPage,
  searchPage,
  aggregationPage,
  measurementPage,
  countryPage,
  networkPage,
  domainPage,
  findingsPage,
  findingPage,
  archivePage,
  apiDocsPage,
];
