/** Findings for `make run`, about what the fleet of made-up probes has measured (fleet.ts). */

const DAY_MS = 86_400_000;

interface Story {
  readonly cc: string;
  readonly asns: readonly number[];
  readonly site: string;
  readonly title: string;
  readonly short: string;
  readonly text: string;
  readonly beganDaysAgo: number;
  readonly endedDaysAgo?: number;
}

const STORIES: readonly Story[] = [
  {
    cc: 'XA',
    asns: [64500, 64501, 64502],
    site: 'news',
    title: 'A news site is answered with a block page in XA',
    short: 'All three networks that were measured answer with the same page, which says so.',
    text: `Since the first measurement here, probes in three networks of XA get a page that says "This sample site is blocked" in place of news.example.org.

## What was seen

- DNS answers are the same as elsewhere.
- The connection is made, and what comes back over it is the block page: its fingerprint is known, so the measurements count as confirmed.

## What was not

One measurement in ten gets the site itself. Those come from all three networks and at all hours, which speaks for a filter that is too slow now and then.`,
    beganDaysAgo: 26,
  },
  {
    cc: 'XB',
    asns: [64503, 64504],
    site: 'chat',
    title: 'No connection to a chat service in XB',
    short:
      'Connections to chat.example.org time out in both networks; names are resolved as elsewhere.',
    text: `Probes in XB resolve chat.example.org as others do, and no connection is made: each attempt ends after some seconds without an answer.

That the same address answers probes in XA and XC at the same time speaks against a server that is down.`,
    beganDaysAgo: 19,
    endedDaysAgo: 2,
  },
  {
    cc: 'XC',
    asns: [64505],
    site: 'video',
    title: 'False addresses for a video site in XC',
    short: 'The resolver answers with an address that is known to be put there to block.',
    text: `The name video.example.org is resolved to 192.0.2.1 in XC. Nothing answers there.`,
    beganDaysAgo: 9,
  },
];

/** Rows of the table of findings, the same each time but for their days. */
export function sampleFindings(nowMs: number): Record<string, unknown>[] {
  const time = (daysAgo: number) =>
    `${new Date(nowMs - daysAgo * DAY_MS).toISOString().slice(0, 10)} 00:00:00`;
  return STORIES.map((story, index) => {
    const id = String(202_600_000_001 + index);
    return {
      id,
      edit: 1,
      write_id: id,
      creator_account_id: 'made-up',
      email_address: '',
      create_time: time(1),
      update_time: time(1),
      start_time: time(story.beganDaysAgo),
      end_time: story.endedDaysAgo === undefined ? null : time(story.endedDaysAgo),
      title: story.title,
      short_description: story.short,
      text: story.text,
      slug: `sample-${story.site}-${story.cc.toLowerCase()}`,
      reported_by: 'Sample Research Group',
      event_type: 'incident',
      published: true,
      ASNs: story.asns,
      CCs: [story.cc],
      themes: ['news_media'],
      tags: ['sample'],
      test_names: ['web_connectivity'],
      domains: [`${story.site}.example.org`],
      links: [],
    };
  });
}
