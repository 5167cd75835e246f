/**
 * Answers that never change: check_report_id, test_names and network_stats (protocol, data
 * 5.2.10, 5.2.13 and 5.2.20).
 */
import { TEST_TITLES } from '../../nettests/testNames.ts';
import { endpoint, type Read } from '../endpoint.ts';
import { text } from '../parameters.ts';
import { countryParameter, readCountry } from './place.ts';

const nothing = { queries: () => ({}), answer: () => ({ kind: 'json' as const, value: {} }) };

function always(value: unknown): Extract<Read<never>, { kind: 'answered' }> {
  return { kind: 'answered', answer: { kind: 'json', value } };
}

/** Old apps ask before they submit: any report may be submitted to. */
export const checkReportId = endpoint({
  ...nothing,
  path: '/api/_/check_report_id',
  summary: 'Whether a report may be submitted to: always',
  cacheSeconds: 1,
  parameters: { report_id: text('Any') },
  read: () => always({ found: true, v: 0 }),
});

export const testNames = endpoint({
  ...nothing,
  path: '/api/_/test_names',
  summary: 'Tests and how they are called',
  cacheSeconds: 3_600,
  parameters: {},
  read: () => always({ test_names: [...TEST_TITLES].map(([id, name]) => ({ id, name })) }),
});

/** It has been without content for years; old pages still want its shape. */
export const networkStats = endpoint({
  ...nothing,
  path: '/api/_/network_stats',
  summary: 'Nothing: old pages ask for it',
  cacheSeconds: 86_400,
  parameters: countryParameter,
  read(given) {
    const cc = readCountry(given);
    if (typeof cc !== 'string') return cc;
    return always({
      metadata: { current_page: 1, limit: 10, next_url: null, offset: 0, total_count: 0 },
      results: [],
    });
  },
});
