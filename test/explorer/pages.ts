/** Every page of Explorer (protocol, data 5): which calls it must have made, and what must be on it. */

export interface Page {
  readonly path: string;
  /** The calls, `METHOD path` or how that begins, that must have been made. */
  readonly calls: readonly (string | RegExp)[];
  /** Must be on the page in the end. */
  readonly text?: RegExp;
  /** Scripts that a visitor's clicks stand for, one after the other; each waits for the calls of the one before. */
  readonly clicks?: readonly string[];
  /** Why the page is broken whatever the api answers: its calls alone are looked at. */
  readonly ownFault?: string;
  /** The page shows that there is no such thing, rightly. */
  readonly absent?: boolean;
}

export const click = (selector: string) =>
  `(document.querySelector(${JSON.stringify(selector)}) ?? {click() {throw new Error('nothing to click')}}).click()`;
/** Clicks on the first of these elements whose text has this in it. */
export const clickText = (selector: string, text: string) =>
  `([...document.querySelectorAll(${JSON.stringify(selector)})].find((e) => e.textContent.includes(${JSON.stringify(text)})) ??
    {click() {throw new Error('no ' + ${JSON.stringify(text)})}}).click()`;

/** Fetches what the first link with this in its address leads to: a file, which is no page to go to. */
export const fetchLink = (part: string) =>
  `fetch(document.querySelector(${JSON.stringify(`a[href*="${part}"]`)}).href).then((answer) => answer.text())`;

const aggregation = (query: string) => `GET /api/v1/aggregation?${query}`;
const days = (count: number) =>
  new Date(Date.now() + count * 86_400_000).toISOString().slice(0, 10);
const WINDOW = `since=${days(-30)}&until=${days(1)}`;

/** Pages that need no measurement's name. */
export const PAGES: readonly Page[] = [
  {
    path: '/',
    calls: ['GET /api/_/account_metadata', 'GET /api/_/global_overview_by_month'],
    text: /measurements/i,
  },
  { path: '/countries', calls: [], text: /Italy/ },
  { path: '/networks', calls: ['GET /api/_/networks'], text: /AS64496/ },
  { path: '/domains', calls: ['GET /api/_/domains'], text: /example\.com/ },
  {
    path: '/search',
    calls: [
      `GET /api/v1/measurements?since=${days(-30)}&until=${days(1)}&failure=false&limit=50&order=desc`,
    ],
    text: /IT/,
    clicks: [click('[data-testid="load-more-button"]'), click('[data-testid="load-more-button"]')],
  },
  {
    path: `/search?${WINDOW}&failure=false&probe_cc=IR&test_name=web_connectivity&only=anomalies`,
    calls: ['GET /api/v1/measurements?probe_cc=IR&test_name=web_connectivity&'],
    text: /Anomaly|Confirmed/i,
  },
  {
    path: `/search?${WINDOW}&failure=false&only=confirmed&domain=twitter.com`,
    calls: ['GET /api/v1/measurements?domain=twitter.com&'],
    text: /Confirmed/i,
  },
  {
    path: `/search?${WINDOW}&failure=false&category_code=NEWS&test_name=web_connectivity`,
    calls: ['GET /api/v1/measurements?category_code=NEWS&'],
  },
  {
    path: `/search?${WINDOW}&failure=false&probe_asn=AS64496&input=https://example.com/`,
    calls: ['GET /api/v1/measurements?input=https:%2F%2Fexample.com%2F&probe_asn=AS64496&'],
    text: /example\.com/,
  },
  {
    path: `/search?since=${days(-2)}T05:00:00Z&until=${days(-1)}T06:00:00Z&failure=true`,
    calls: [`GET /api/v1/measurements?since=${days(-2)}T05:00:00Z&`],
  },
  {
    path: '/country/RU',
    calls: [
      'GET /api/_/country_overview?probe_cc=RU',
      aggregation('axis_y=domain&axis_x=measurement_start_day&probe_cc=RU&'),
      /^GET \/api\/v1\/aggregation\?probe_cc=RU&.*&axis_x=category_code$/,
      /^GET \/api\/v1\/aggregation\?probe_cc=RU&.*&axis_x=measurement_start_day$/,
      aggregation('axis_y=test_name&axis_x=measurement_start_day&probe_cc=RU&'),
      'GET /api/v1/incidents/search?country_code=RU',
      'GET /api/v1/measurements?limit=5&failure=false&order=desc&probe_cc=RU',
    ],
    text: /Made-up sites blocked/,
  },
  {
    path: '/as/AS64496',
    calls: [
      'GET /api/v1/aggregation?probe_asn=AS64496&axis_x=probe_cc',
      'GET /api/_/asnmeta?asn=64496',
      aggregation('probe_asn=AS64496&since='),
      aggregation('axis_y=domain&axis_x=measurement_start_day&probe_asn=AS64496&'),
      aggregation('axis_y=test_name&axis_x=measurement_start_day&probe_asn=AS64496&'),
      'GET /api/v1/measurements?limit=5&failure=false&order=desc&probe_asn=AS64496',
    ],
    text: /AS64496/,
  },
  {
    path: '/domain/twitter.com',
    calls: [
      'GET /api/_/domain_metadata?domain=twitter.com',
      aggregation(
        'axis_x=measurement_start_day&axis_y=probe_cc&test_name=web_connectivity&domain=twitter.com&',
      ),
      'GET /api/v1/measurements?limit=5&failure=false&order=desc&domain=twitter.com',
    ],
    text: /twitter\.com/,
  },
  ...['/social-media', '/news-media', '/circumvention'].map((path) => ({
    path: `${path}?${WINDOW}&probe_cc=CN,IR,RU`,
    calls: [aggregation('axis_x=measurement_start_day&axis_y=probe_cc&')],
  })),
  {
    path: '/human-rights',
    calls: ['GET /api/_/countries'],
    ownFault: 'components/dashboard/MetaTags.js has no texts for this theme',
  },
  {
    path: '/chart/mat',
    calls: [
      aggregation('test_name=web_connectivity&axis_x=measurement_start_day&'),
      /^GET \/api\/v1\/aggregation\?.*&format=CSV$/,
    ],
    clicks: [fetchLink('format=CSV')],
  },
  ...[
    'axis_x=measurement_start_day&axis_y=probe_cc&time_grain=day',
    'axis_x=measurement_start_day&axis_y=domain&time_grain=week&probe_cc=RU',
    'axis_x=probe_cc',
    'axis_x=category_code&axis_y=probe_cc',
    'axis_x=probe_asn&axis_y=blocking_type',
  ].map((query) => ({
    path: `/chart/mat?test_name=web_connectivity&${WINDOW}&${query}`,
    calls: ['GET /api/v1/aggregation?'],
  })),
  {
    path: `/chart/mat?data=observations&test_name=web_connectivity&${WINDOW}&axis_x=measurement_start_day&axis_y=domain&domain=twitter.com,www.bbc.com&time_grain=day`,
    calls: [
      'GET /api/v1/aggregation/observations?group_by=failure&group_by=timestamp&group_by=hostname&hostname=twitter.com&hostname=www.bbc.com&',
    ],
  },
  {
    path: `/chart/mat?data=observations&test_name=web_connectivity&${WINDOW}&axis_x=measurement_start_day&time_grain=day&probe_cc=RU`,
    calls: ['GET /api/v1/aggregation/observations?group_by=failure&group_by=timestamp&'],
  },
  {
    path: `/chart/mat?data=analysis&test_name=web_connectivity&${WINDOW}&axis_x=measurement_start_day&axis_y=domain&time_grain=day`,
    calls: ['GET /api/v1/aggregation/analysis?'],
  },
  {
    path: `/chart/mat?data=analysis&test_name=web_connectivity&${WINDOW}&axis_x=measurement_start_day&time_grain=day&probe_cc=RU&domain=twitter.com`,
    calls: ['GET /api/v1/aggregation/analysis?'],
  },
  { path: '/findings', calls: ['GET /api/v1/incidents/search'], text: /Made-up sites blocked/ },
  {
    path: '/m/20200101000000.000000_IT_webconnectivity_0000000000000000',
    calls: ['GET /api/v1/measurement_meta?'],
    absent: true,
  },
];
