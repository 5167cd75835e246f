/** GET /api/v1/test-list/urls (protocol, probes 3.6): the list for old engines and monitors. */
import { readParameters } from '../../../core/endpoints/parameterReader.ts';
import { readAll } from '../../../core/endpoints/parameters.ts';
import {
  testListParameters,
  wantedOf,
} from '../../../core/endpoints/prioritisation/listRequest.ts';
import { weighedEntry } from '../../../core/prioritisation/ranking.ts';
import { setMaxAge } from '../../../edge/http/caching.ts';
import { sendIssues, sendJsonText } from '../../../edge/http/errorAnswers.ts';
import type { Prioritisation } from '../../prioritisation.ts';
import type { RouteFamily } from '../../routeFamily.ts';

const MAX_AGE_SECONDS = 1;

export function testListRoute(prioritisation: Prioritisation): RouteFamily {
  return (router) => {
    router.get('/api/v1/test-list/urls', (ctx) => {
      const reader = readParameters(new URLSearchParams(ctx.querystring));
      const given = readAll(testListParameters, reader);
      if (reader.issues.length > 0) return sendIssues(ctx, reader.issues);
      const { place, wanted } = wantedOf(given);
      const texts =
        (given.debug && weighed(prioritisation, place, wanted)) ||
        prioritisation.pick(place, wanted).texts;
      setMaxAge(ctx, MAX_AGE_SECONDS);
      const metadata = { count: texts.length, current_page: -1, limit: -1, next_url: '', pages: 1 };
      sendJsonText(ctx, `{"metadata":${JSON.stringify(metadata)},"results":[${texts.join(',')}]}`);
    });
  };
}

/** Undefined where nothing can be weighed: what is answered then has no weights. */
function weighed(
  prioritisation: Prioritisation,
  place: Parameters<Prioritisation['rankingOf']>[0],
  wanted: Parameters<Prioritisation['places']>[1],
): string[] | undefined {
  const ranking = prioritisation.rankingOf(place);
  if (ranking.order.length === 0) return undefined;
  return prioritisation
    .places(ranking, wanted)
    .map((at) => JSON.stringify(weighedEntry(ranking, at)));
}
