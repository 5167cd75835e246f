/** POST /api/v1/check-in (protocol, probes 3.5): answered from memory alone. */
import { randomFillSync } from 'node:crypto';
import type { ApiConfig } from '../../../config/api.ts';
import { isObject } from '../../../core/json/jsonValue.ts';
import { LIST_SOURCES } from '../../../core/prioritisation/picker.ts';
import type { Place } from '../../../core/prioritisation/place.ts';
import { type CheckIn, placeOf, readCheckIn } from '../../../core/probe/checkIn.ts';
import { checkInAnswers } from '../../../core/probe/checkInAnswer.ts';
import { type Features, featuresOf } from '../../../core/probe/features.ts';
import type { Locate, Location } from '../../../core/probe/location.ts';
import { makeRandomPool } from '../../../core/probe/randomPool.ts';
import { testHelperTexts } from '../../../core/probe/testHelpers.ts';
import { sendIssues, sendJsonText } from '../../../edge/http/errorAnswers.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { Prioritisation } from '../../prioritisation.ts';
import type { Requests } from '../../requests.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export function checkInRoute(parts: {
  readonly config: ApiConfig;
  readonly bodies: JsonBodies;
  readonly prioritisation: Prioritisation;
  readonly locate: Locate;
  readonly requests: Requests;
  readonly random: () => number;
  readonly metrics: ApiMetrics;
}): RouteFamily {
  const { config, bodies, prioritisation, requests, random, metrics } = parts;
  const { nettests, features_on, features_off, feature_rules: rules } = config.check_in;
  const features: Features = Object.fromEntries([
    ...features_off.map((name) => [name, false] as const),
    ...features_on.map((name) => [name, true] as const),
  ]);

  // From the start, so that the alert on the others has something to look at.
  for (const list of LIST_SOURCES) metrics.checkIns.inc({ list }, 0);

  const answerOf = checkInAnswers({
    nettests,
    collectorId: config.collector_id,
    random: makeRandomPool(randomFillSync),
  });
  const helpersText = testHelperTexts(config.test_helpers);
  const commonFeatures = JSON.stringify(features);
  const featuresText = (checkIn: CheckIn, place: Place) =>
    rules.length === 0
      ? commonFeatures
      : JSON.stringify(featuresOf({ features, rules }, checkIn, place, random));

  const answer = (checkIn: CheckIn, located: Location): string => {
    const place = placeOf(checkIn, located);
    const { source, texts } = prioritisation.pick(place, checkIn.wanted);
    metrics.checkIns.inc({ list: source });
    return answerOf({
      located,
      place,
      featuresText: featuresText(checkIn, place),
      testHelpersText: helpersText(random),
      urlTexts: texts,
      nowMs: requests.nowMs(),
    });
  };

  return (_router, direct) => {
    direct.post('/api/v1/check-in', async (ctx) => {
      const body = await bodies.read(ctx);
      if (body === undefined) return;
      if (body.kind !== 'ok')
        return sendIssues(ctx, [
          { type: 'json_invalid', loc: ['body'], msg: `JSON decode error: ${body.reason}` },
        ]);
      if (!isObject(body.value))
        return sendIssues(ctx, [
          { type: 'model_attributes_type', loc: ['body'], msg: 'Input should be an object' },
        ]);
      const checkIn = readCheckIn(body.value);
      const located = parts.locate(requests.clientAddress(ctx));
      countDifferences(metrics, checkIn, located);
      ctx.set('Cache-Control', 'no-cache');
      sendJsonText(ctx, answer(checkIn, located));
    });
  };
}

/** Many mean that the addresses are wrong (a proxy that is not counted), or the GeoIP file is. */
function countDifferences(metrics: ApiMetrics, checkIn: CheckIn, located: Location): void {
  if (checkIn.probeCc !== undefined && checkIn.probeCc !== located.cc)
    metrics.checkInPlaces.inc({ differs: 'country' });
  if (checkIn.probeAsn !== undefined && checkIn.probeAsn !== located.asn)
    metrics.checkInPlaces.inc({ differs: 'network' });
}
