/** A country: what was measured there lately, in which networks and of which domains. */
import { countryName } from './formats.ts';
import type { Page } from './page.ts';
import { daysText, summaryOf } from './summary.tsx';

export const countryPage: Page = {
  path: '/ui/country/:cc',
  cacheSeconds: 60,

  async show(asked) {
    const { ctx, texts } = asked;
    const cc = (ctx.params.cc as string).toUpperCase();
    if (!/^[A-Z]{2}$/.test(cc)) return { kind: 'problem', status: 404 };
    const name = countryName(texts, cc);
    const summary = await summaryOf(asked, {
      filter: { probe_cc: cc },
      title: name,
      lead: texts.overview.leadOf(daysText(texts)),
      lists: ['probe_asn', 'domain'],
    });
    return summary.kind === 'ok' ? { kind: 'page', title: name, main: summary.main } : summary;
  },
};
