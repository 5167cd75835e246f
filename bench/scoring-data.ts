/** Pages, measurements and fingerprints made up for the bench: the same ones in every run. */
import type { Fingerprint } from '../src/core/fingerprints/fingerprint.ts';
import { type Random, randomChoices } from '../test/support/random.ts';

const LATIN =
  'eeeeeeeeeeeeaaaaaaaaiiiiiiiooooooooonnnnnnnsssssssrrrrrrttttttttthhhhhhlllldddduuuccmmmffppgwyybbvkjxqz';
const CYRILLIC =
  'ооооооооооееееееееааааааааииииииинннннннттттттссссссррррввввллллккккммммддддпппууяяыьггзбчйжшхюцщ';
const WORDS = 4_000;

/** Words as in a language: short ones are common. */
function makeVocabulary(letters: string, seed: number): readonly string[] {
  const random = randomChoices(seed);
  return Array.from({ length: WORDS }, (_, i) => {
    const length = 2 + random.below(2 + Math.log2(i + 2));
    return Array.from({ length }, () => letters[random.below(letters.length)]!).join('');
  });
}

const LATIN_WORDS = makeVocabulary(LATIN, 1);
const CYRILLIC_WORDS = makeVocabulary(CYRILLIC, 2);
/** Names of providers and words of law, which the pages that are not blocked do not have. */
const BLOCKING_WORDS = makeVocabulary(LATIN, 3);

function makeWord(random: Random, vocabulary: readonly string[]): string {
  return vocabulary[Math.floor(WORDS * (random.below(1e6) / 1e6) ** 3)]!;
}

function makeText(random: Random, vocabulary: readonly string[], words: number): string {
  return Array.from({ length: words }, () => makeWord(random, vocabulary)).join(' ');
}

const TAGS = ['div', 'p', 'span', 'a', 'li', 'td', 'h2', 'section', 'script', 'style'];
const CLASSES = [
  'container',
  'row',
  'col-md-6',
  'nav-item',
  'btn btn-primary',
  'widget_text',
  'menu-item',
];

/** A page of about so many bytes. One in six is not in the Latin alphabet, as in the world. */
export function makePage(random: Random, bytes: number): string {
  const words = random.below(6) === 0 ? CYRILLIC_WORDS : LATIN_WORDS;
  const parts = ['<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">\n<title>'];
  let size = 0;
  const add = (part: string) => {
    parts.push(part);
    size += Buffer.byteLength(part);
  };
  add(`${makeText(random, words, 6)}</title></head>\n<body>\n`);
  while (size < bytes) {
    const tag = random.pick(TAGS);
    if (tag === 'script') {
      add(
        `<script>var ${makeWord(random, LATIN_WORDS)}={"id":${random.below(1e9)},"url":"https://${makeWord(random, LATIN_WORDS)}.com/${makeWord(random, LATIN_WORDS)}.js"};</script>\n`,
      );
    } else {
      add(
        `<${tag} class="${random.pick(CLASSES)}" href="/${makeWord(random, LATIN_WORDS)}/${random.below(1e5)}">`,
      );
      add(`${makeText(random, words, 3 + random.below(30))}</${tag}>\n`);
    }
  }
  return `${parts.join('')}</body></html>`;
}

/** The `.post` of a web_connectivity measurement, escaped as probes do it. */
export function makePost(random: Random, pageBytes: number): Buffer {
  const headers = {
    Server: 'nginx',
    'Content-Type': 'text/html; charset=utf-8',
    Date: 'Fri, 21 Aug 2026 10:14:59 GMT',
  };
  const request = (body: string) => ({
    failure: null,
    request: {
      body: '',
      headers: { Accept: '*/*', 'User-Agent': 'Mozilla/5.0' },
      method: 'GET',
      tor: { is_tor: false },
      url: 'https://www.example.com/',
    },
    response: {
      body,
      body_is_truncated: false,
      code: 200,
      headers,
      headers_list: Object.entries(headers),
    },
    t: 1.5,
  });
  const event = (i: number) => ({
    address: '192.0.2.1:443',
    failure: null,
    num_bytes: 517 + i,
    operation: i % 2 ? 'read' : 'write',
    proto: 'tcp',
    t: 0.1 * i,
    tags: ['tcptls_experiment'],
    transaction_id: 3,
  });
  const content = {
    annotations: {
      architecture: 'arm64',
      engine_name: 'ooniprobe-engine',
      engine_version: '3.29.1',
      platform: 'android',
    },
    data_format_version: '0.2.0',
    input: 'https://www.example.com/',
    measurement_start_time: '2026-08-21 10:14:58',
    probe_asn: 'AS30722',
    probe_cc: 'IT',
    report_id: '20260821T101430Z_webconnectivity_IT_30722_n1_AbCdEfGhIjKlMnOp',
    resolver_ip: '192.0.2.53',
    software_name: 'ooniprobe-android',
    software_version: '3.29.1',
    test_keys: {
      accessible: true,
      blocking: false,
      body_length_match: true,
      control_failure: null,
      network_events: Array.from({ length: 20 }, (_, i) => event(i)),
      queries: [
        {
          answers: [{ answer_type: 'A', ipv4: '192.0.2.1', ttl: null }],
          failure: null,
          hostname: 'www.example.com',
        },
      ],
      requests: [request(makePage(random, pageBytes)), request('')],
      tcp_connect: [{ ip: '192.0.2.1', port: 443, status: { failure: null, success: true } }],
      title_match: true,
    },
    test_name: 'web_connectivity',
    test_runtime: 1.25,
    test_start_time: '2026-08-21 10:14:30',
    test_version: '0.5.28',
  };
  const text = JSON.stringify({ format: 'json', content });
  const escapes: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };
  return Buffer.from(text.replace(/[<>&]/g, (character) => escapes[character]!));
}

/**
 * Like the patterns in use: titles, headings, sentences and addresses of block pages, one in ten
 * below 15 bytes, half below 36.
 */
export function makePatterns(count: number): string[] {
  const random = randomChoices(count);
  const word = () => makeWord(random, random.below(2) === 0 ? LATIN_WORDS : BLOCKING_WORDS);
  return Array.from({ length: count }, () => {
    const kind = random.below(250);
    let length = 15 + Math.floor(90 * (random.below(1000) / 1000) ** 2);
    if (kind === 0) length = 4 + random.below(3);
    else if (kind < 25) length = 7 + random.below(8);
    let pattern = random.pick(['', '', '<title>', '<h1>', '<a href="http://', 'http://']);
    const separator = pattern.endsWith('//') ? '.' : ' ';
    while (pattern.length < length) pattern += `${word()}${separator}`;
    return pattern.slice(-length);
  });
}

export function bodyFingerprints(patterns: readonly string[]): Fingerprint[] {
  return patterns.map((pattern, i) => ({
    name: `made.up_${i}`,
    scope: 'nat',
    locationFound: 'body',
    patternType: 'contains',
    pattern,
    confidenceNoFp: 5,
    expectedCountries: [],
  }));
}
