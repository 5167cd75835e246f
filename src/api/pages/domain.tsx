/** A domain: where it was measured lately, and what came of it. */
import type { Page } from './page.ts';
import { Data } from './parts.tsx';
import { daysText, summaryOf } from './summary.tsx';

/** As long as a name can be (RFC 1035), and a port. */
const MAX_DOMAIN_CHARS = 260;

export const domainPage: Page = {
  path: '/ui/domain/:domain',
  cacheSeconds: 60,

  async show(asked) {
    const { ctx, texts } = asked;
    const domain = ctx.params.domain as string;
    // A comma would make two of it.
    if (domain.length < 3 || domain.length > MAX_DOMAIN_CHARS || domain.includes(','))
      return { kind: 'problem', status: 404 };
    const summary = await summaryOf(asked, {
      filter: { domain },
      title: <Data>{domain}</Data>,
      lead: texts.overview.leadOf(daysText(texts)),
      lists: ['probe_cc', 'probe_asn'],
    });
    return summary.kind === 'ok' ? { kind: 'page', title: domain, main: summary.main } : summary;
  },
};
