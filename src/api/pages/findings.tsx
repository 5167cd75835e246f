/** Findings: what people have made of the measurements, the newest first; and one of them with its text. */
import { findingEntry, wholeFinding } from '../../core/findings/findingAnswer.ts';
import type { FindingRow } from '../../core/findings/findingRow.ts';
import { isVisible } from '../../core/findings/findingRules.ts';
import { findingQuery, findingSearchQuery } from '../../core/sql/findings.ts';
import { clientGone } from '../database.ts';
import { countryName, timeText } from './formats.ts';
import type { Links, Page } from './page.ts';
import { Data } from './parts.tsx';
import type { Texts } from './texts/en.ts';

/** Of a list: there are hundreds in all, and the API has them. */
const MAX_SHOWN = 100;

/** A reader of pages is nobody: what is published is shown. */
const NOBODY = undefined;

export const findingsPage: Page = {
  path: '/ui/findings',
  nav: 'findings',
  cacheSeconds: 60,

  async show({ ctx, sources, query, texts, links }) {
    const { findings, chart } = texts;
    const cc = query.get('country_code')?.trim().toUpperCase() || undefined;
    const rows = await sources.database.rows<FindingRow>(
      findingSearchQuery({
        seesAll: false,
        accountId: undefined,
        onlyMine: false,
        themes: undefined,
        ccs: cc === undefined ? undefined : [cc],
        asns: undefined,
        domains: undefined,
      }),
      clientGone(ctx),
    );
    const shown = rows.slice(0, MAX_SHOWN).map((row) => findingEntry(row, NOBODY));
    const main = (
      <>
        <h1>{findings.heading}</h1>
        <p class="lead">{findings.lead}</p>
        {shown.length === 0 ? (
          <p class="empty notice">{findings.none}</p>
        ) : (
          <ol class="findings">
            {shown.map((entry) => (
              <li>
                <h2>
                  <a href={links(`/ui/finding/${encodeURIComponent(entry.id)}`)}>
                    <Data>{entry.title}</Data>
                  </a>
                </h2>
                <Kicker entry={entry} texts={texts} links={links} />
                <p>
                  <Data>{entry.short_description}</Data>
                </p>
              </li>
            ))}
          </ol>
        )}
        <p class="links">
          <a href={links('/api/v1/incidents/search', { country_code: cc })}>{chart.api}</a>
        </p>
      </>
    );
    return { kind: 'page', title: findings.title, main };
  },
};

export const findingPage: Page = {
  path: '/ui/finding/:idOrSlug',
  cacheSeconds: 60,

  async show({ ctx, sources, texts, links }) {
    const name = ctx.params.idOrSlug as string;
    const [row] = await sources.database.rows<FindingRow & { text: string }>(
      findingQuery(name),
      clientGone(ctx),
    );
    if (
      row === undefined ||
      !isVisible({ ...row, creatorAccountId: row.creator_account_id }, NOBODY)
    )
      return { kind: 'problem', status: 404 };
    const entry = wholeFinding(row, NOBODY);
    const main = (
      <article>
        <header class="head">
          <Kicker entry={entry} texts={texts} links={links} />
          <h1>
            <Data>{entry.title}</Data>
          </h1>
        </header>
        <p class="lead">
          <Data>{entry.short_description}</Data>
        </p>
        {/* As its author wrote it: Markdown can be read as text, and no text becomes markup here. */}
        <div class="written" dir="auto">
          {entry.text}
        </div>
        <p class="links">
          <a href={links(`/api/v1/incidents/show/${encodeURIComponent(entry.id)}`)}>
            {texts.chart.api}
          </a>
        </p>
      </article>
    );
    return { kind: 'page', title: entry.title, main };
  },
};

function Kicker({
  entry,
  texts,
  links,
}: {
  readonly entry: ReturnType<typeof findingEntry> | ReturnType<typeof wholeFinding>;
  readonly texts: Texts;
  readonly links: Links;
}) {
  const { findings } = texts;
  return (
    <p class="kicker">
      <Day value={entry.start_time} />
      {entry.end_time === null ? (
        <> · {findings.ongoing}</>
      ) : (
        <>
          {' – '}
          <Day value={entry.end_time} />
        </>
      )}
      {entry.CCs.map((cc) => (
        <>
          {' · '}
          <a href={links(`/ui/country/${encodeURIComponent(cc)}`)}>{countryName(texts, cc)}</a>
        </>
      ))}
      {entry.reported_by !== '' && (
        <>
          {' · '}
          <Data>{entry.reported_by}</Data>
        </>
      )}
    </p>
  );
}

/** Findings begin and end with days. */
function Day({ value }: { readonly value: string }) {
  const day = timeText(value).slice(0, 10);
  return (
    <time dateTime={day} dir="ltr">
      {day}
    </time>
  );
}
