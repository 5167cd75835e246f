/** A network: whose it is, and what was measured in it lately. */
import { asnmeta } from '../../core/endpoints/explorer/asnmeta.ts';
import { formatAsn, parseLooseAsn } from '../../core/measurement/asNumber.ts';
import { askJson, type Page } from './page.ts';
import { shownText } from './parts.tsx';
import { daysText, summaryOf } from './summary.tsx';

/** As the endpoint names a network that it does not know. */
const UNKNOWN = 'Unknown';

export const networkPage: Page = {
  path: '/ui/network/:asn',
  cacheSeconds: 60,

  async show(asked) {
    const { ctx, texts } = asked;
    const asn = parseLooseAsn(ctx.params.asn as string);
    if (asn === undefined || asn === 0) return { kind: 'problem', status: 404 };
    const named = await askJson<{ readonly org_name: string }>(asked, asnmeta, {
      asn: String(asn),
    });
    const name = named.kind === 'ok' ? named.value.org_name : UNKNOWN;
    const title = name === UNKNOWN ? formatAsn(asn) : `${formatAsn(asn)} ${shownText(name)}`;
    const summary = await summaryOf(asked, {
      filter: { probe_asn: String(asn) },
      title: <bdi>{title}</bdi>,
      lead: texts.overview.leadOf(daysText(texts)),
      lists: ['domain', 'test_name'],
    });
    return summary.kind === 'ok' ? { kind: 'page', title, main: summary.main } : summary;
  },
};
