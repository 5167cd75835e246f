/** Every text of the pages in English; the other languages have the same shape. */

export const en = {
  language: 'en',
  direction: 'ltr' as 'ltr' | 'rtl',
  /** The language's own name. */
  name: 'English',
  /** For numbers and names of countries. */
  locale: 'en',

  skip: 'Skip to content',
  site: 'Network measurements',
  navigation: 'Main',
  languages: 'Language',
  nav: {
    overview: 'Overview',
    search: 'Search',
    charts: 'Charts',
    findings: 'Findings',
    api: 'API',
  },
  footer: {
    about: 'Everything on these pages comes from the API, and can be checked against it.',
    version: (version: string) => `ooni-api ${version}`,
    times: 'All times are UTC.',
  },

  verdicts: {
    ok: 'No interference seen',
    anomaly: 'Signs of interference',
    confirmed: 'Confirmed blocked',
    failure: 'Measurement failed',
  },
  /** Short, for columns and legends. */
  verdictsShort: {
    ok: 'Accessible',
    anomaly: 'Anomaly',
    confirmed: 'Confirmed',
    failure: 'Failed',
  },

  columns: {
    started: 'Started (UTC)',
    country: 'Country',
    network: 'Network',
    test: 'Test',
    input: 'Input',
    verdict: 'Verdict',
    measurements: 'Measurements',
    day: 'Day',
    share: 'By verdict',
  },
  noInput: 'no input',
  allCountries: 'All countries',
  allTests: 'All tests',

  chart: {
    table: 'As a table',
    api: 'From the API',
    byDay: 'Measurements by day and verdict',
    values: (day: string, counts: string) => `${day}: ${counts}`,
  },

  overview: {
    title: 'Overview',
    lead: (days: string) =>
      `What came in during the last ${days} days, how fresh it is, and what it says.`,
    figures: 'Figures',
    newestAt: 'Newest measurement',
    leadOf: (days: string) => `What was measured here during the last ${days} days.`,
    howMany: {
      probe_cc: 'Countries',
      test_name: 'Tests',
      probe_asn: 'Networks',
      domain: 'Domains',
    },
    by: {
      probe_cc: 'By country',
      test_name: 'By test',
      probe_asn: 'By network',
      domain: 'By domain',
    },
    newest: 'Newest measurements',
    allNewest: 'Search all measurements',
    empty: 'Nothing was measured in this time.',
  },

  search: {
    title: 'Search',
    heading: 'Search measurements',
    lead: 'Each row is one measurement. A range is at most six months; without one it is the last 30 days.',
    form: 'Filters',
    country: 'Country code',
    countryHint: 'such as IT,DE',
    network: 'Network',
    networkHint: 'such as AS64500',
    test: 'Test',
    domain: 'Domain',
    input: 'Input',
    inputHint: 'exactly this URL',
    since: 'After',
    until: 'Until',
    verdict: 'Verdict',
    anyVerdict: 'Any verdict',
    submit: 'Search',
    clear: 'Clear filters',
    results: 'Results',
    found: (rows: string) => `${rows} measurements on this page`,
    none: 'No measurement matches. Widen the range, or take a filter out.',
    next: 'Next page',
    first: 'First page',
    oldestFirst: 'Oldest first',
    newestFirst: 'Newest first',
    csv: (rows: string) => `Up to ${rows} as CSV`,
    problem: 'The search cannot be done as asked',
  },

  charts: {
    title: 'Charts',
    heading: 'Charts',
    lead: 'Counts of measurements by verdict, along one axis or two. Each bar says its numbers when you point at it.',
    form: 'What to draw',
    axisX: 'Along',
    axisY: 'A row for each',
    noAxis: 'one row for all',
    axes: {
      measurement_start_day: 'Day',
      probe_cc: 'Country',
      test_name: 'Test',
      domain: 'Domain',
      probe_asn: 'Network',
      category_code: 'Category',
      blocking_type: 'Kind of blocking',
    },
    along: (axis: string) => `Measurements by ${axis.toLowerCase()}`,
    alongTwo: (x: string, y: string) => `Measurements by ${y.toLowerCase()} and ${x.toLowerCase()}`,
    from: 'From',
    before: 'Before',
    submit: 'Draw',
    csv: 'As CSV',
    none: 'Nothing was measured in this range.',
    cut: (shown: string, all: string) => `The ${shown} largest of ${all}: the API has them all.`,
    without: '(none)',
    problem: 'This cannot be drawn as asked',
  },

  measurement: {
    title: (test: string, where: string) => `${test} in ${where}`,
    verdict: 'Verdict',
    facts: 'Key facts',
    uid: 'Measurement',
    report: 'Report',
    started: 'Started',
    testStarted: 'Test began',
    country: 'Country',
    network: 'Network',
    test: 'Test',
    input: 'Input',
    category: 'Category',
    software: 'Software',
    runtime: 'Runtime',
    seconds: (value: string) => `${value} s`,
    credential: 'Credential',
    credentials: { verified: 'verified', failed: 'not valid', unverified: 'none, or not checked' },
    explained: {
      ok: 'The probe got what it asked for, as one gets it elsewhere.',
      anomaly:
        'The probe saw something else than what one gets elsewhere. That may be blocking, and may have other reasons, such as a server that answers each country differently.',
      confirmed:
        'What came back is known to be put there to block: a known block page, or a known false address.',
      failure:
        'The measurement could not be made, or contradicts itself. It says nothing about blocking.',
    },
    reasons: 'Why',
    noReasons: 'The scoring has noted no particular reason.',
    blocking: {
      dns: 'The name was resolved to something else than elsewhere (DNS).',
      tcp_ip: 'No connection could be made to the address (TCP/IP).',
      'http-diff': 'A page came back that differs from what others get (HTTP).',
      'http-failure': 'The request broke off where it works for others (HTTP).',
    },
    fingerprint: (name: string, countries: string) =>
      countries === ''
        ? `A known block was recognised: ${name}.`
        : `A known block was recognised: ${name}, expected in ${countries}.`,
    accuracy: 'The scoring does not trust this measurement (accuracy below one half).',
    notes: 'Notes of the scoring',
    note: 'Note',
    value: 'Value',
    timeline: 'On the network',
    timelineLead: 'What the probe did, in the order of time. Hollow bars have failed.',
    step: 'Step',
    target: 'Target',
    time: 'Time',
    outcome: 'Outcome',
    steps: { dns: 'DNS', tcp: 'TCP', tls: 'TLS', http: 'HTTP' },
    worked: 'ok',
    untimed: 'not timed',
    took: (from: string, took: string) => `${from} s, took ${took} ms`,
    place: 'Place in the log',
    placeLead:
      'Published measurements are lines of a log that nobody can change unseen. This one is in it here:',
    file: 'File',
    line: 'Line',
    leaf: 'Entry in the log',
    collector: 'Collector',
    notPublished: 'It is not in a published log yet: files are published every hour.',
    check: 'Check this proof',
    checkLead:
      'Your browser fetches the text, the proof and the log’s public key, hashes its way from the text to the signed root, and compares.',
    checking: 'Checking …',
    proofGood:
      'The proof holds: the text below hashes to this entry, and the entry leads to the root that the log’s key has signed.',
    proofUnsigned:
      'The hashes hold: the text below leads to the root of the checkpoint. This browser cannot check the signature.',
    proofBad: 'The proof does NOT hold. Tell the operator of this service.',
    proofUnavailable: 'The proof cannot be fetched at the moment.',
    proofInsecure: 'This browser can only compute hashes on pages that come over HTTPS.',
    proof: 'The proof as JSON',
    raw: 'The measurement itself',
    rawLead:
      'As the probe has sent it. Open a part to read it; the browser’s own search finds text in open parts.',
    rawGone: 'Its text cannot be read at the moment, or has not been stored.',
    rawLong: (bytes: string) => `It has ${bytes} bytes: too many for a page. Take it whole:`,
    partLong: (bytes: string) =>
      `Only the beginning of this part, which has ${bytes} bytes: take the whole text below.`,
    download: 'The text as JSON',
  },

  findings: {
    title: 'Findings',
    heading: 'Findings',
    lead: 'What people have made of the measurements: blocking that was confirmed, when it began, and where.',
    none: 'Nothing has been published here yet.',
    ongoing: 'going on',
  },

  api: {
    title: 'API',
    heading: 'The API',
    lead: 'Every page here is made from these requests. Answers are JSON, most also to other origins; times are UTC. Open one to see its parameters.',
    openapi: 'As an OpenAPI 3.1 file',
    reads: 'Reading data',
    others: 'For probes, accounts and operators',
    parameter: 'Parameter',
    meaning: 'Meaning',
  },

  problems: {
    title: {
      400: 'Not understood',
      404: 'Not here',
      422: 'Not understood',
      503: 'Not available at the moment',
      504: 'It took too long',
    } as Readonly<Record<number, string>>,
    other: 'Something went wrong',
    texts: {
      404: 'There is no such page, or no such measurement.',
      503: 'The database cannot be asked at the moment. Measurements are still received, and none is lost. Try again in a minute.',
      504: 'The question needs more time than one may take. Ask for a shorter range, or for less.',
      422: 'The question needs more than one may take, or is not well-formed.',
    } as Readonly<Record<number, string>>,
    back: 'To the overview',
  },
};

export type Texts = typeof en;
