/** The first page: what is in here, how fresh it is, and what came last. */
import type { Page } from './page.ts';
import { daysText, summaryOf } from './summary.tsx';

export const landingPage: Page = {
  path: '/',
  nav: 'overview',
  cacheSeconds: 60,

  async show(asked) {
    const { overview } = asked.texts;
    const summary = await summaryOf(asked, {
      filter: {},
      title: overview.title,
      lead: overview.lead(daysText(asked.texts)),
      lists: ['probe_cc', 'test_name'],
    });
    return summary.kind === 'ok'
      ? { kind: 'page', title: overview.title, main: summary.main }
      : summary;
  },
};
