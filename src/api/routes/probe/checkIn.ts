/** POST /api/v1/check-in (protocol, probes 3.5): answered from memory alone. */
import { randomBytes } from 'node:crypto';
import type { ApiConfig } from '../../../config/api.ts';
import { isObject } from '../../../core/json/jsonValue.ts';
import { LIST_SOURCES } from '../../../core/prioritisation/picker.ts';
import { type CheckIn, placeOf, readCheckIn } from '../../../core/probe/checkIn.ts';
import { checkInAnswer } from '../../../core/probe/checkInAnswer.ts';
import { type Features, featuresOf } from '../../../core/probe/features.ts';
import type { Locate, Location } from '../../../core/probe/location.ts';
import { testHelpers } from '../../../core/probe/testHelpers.ts';
import { sendIssues, sendJsonBytes } from '../../../edge/http/errorAnswers.ts';
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

  const answer = (checkIn: CheckIn, located: Location): string => {
    const place = placeOf(checkIn, located);
    const { source, texts } = prioritisation.pick(place, checkIn.wanted);
    metrics.checkIns.inc({ list: source });
    return checkInAnswer({
      located,
      place,
      features: featuresOf({ features, rules }, checkIn, place, random),
      testHelpers: testHelpers(config.test_helpers, random),
      urlTexts: texts,
      nettests,
      collectorId: config.collector_id,
      nowMs: requests.nowMs(),
      random: randomBytes,
    });
  };

  return (router) => {
    router.post('/api/v1/check-in', async (ctx) => {
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
      sendJsonBytes(ctx, Buffer.from(answer(checkIn, located)));
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
