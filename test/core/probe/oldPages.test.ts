import t from 'tap';
import { countryPage, dayPage, ROBOTS_TEXT } from '../../../src/core/probe/oldPages.ts';

t.test('days and countries', async (t) => {
  const to = (path: string) => ({ kind: 'moved', to: `https://e${path}` });
  t.strictSame(dayPage('https://e', '2020-02-28'), to('/search?until=2020-02-29&since=2020-02-28'));
  t.strictSame(dayPage('https://e', '2019-12-31'), to('/search?until=2020-01-01&since=2019-12-31'));
  for (const day of ['2020-02-30', '2020-13-01', '2020-1-1', 'x', '', '2020-01-01T', '0000-00-00'])
    t.strictSame(dayPage('https://e', day), { kind: 'bad' }, day);
  t.strictSame(countryPage('https://e', 'it'), to('/search?probe_cc=IT'));
  for (const cc of ['ITA', 'I', '', '&x', '12'])
    t.strictSame(countryPage('https://e', cc), { kind: 'bad' }, cc);
});

t.test('crawlers stay away from what costs the database', async (t) => {
  t.match(ROBOTS_TEXT, /^User-agent: \*\nDisallow: \/api\/_\n/);
  t.match(ROBOTS_TEXT, /\nDisallow: \/202\nCrawl-delay: 300\n$/);
});
