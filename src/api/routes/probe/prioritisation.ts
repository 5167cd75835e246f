/** URL prioritisation for operators: what a probe gets and why, and its rules (protocol, probes 3.17). */
import { readParameters } from '../../../core/endpoints/parameterReader.ts';
import { readAll } from '../../../core/endpoints/parameters.ts';
import { debugParameters, wantedOf } from '../../../core/endpoints/prioritisation/listRequest.ts';
import { weighedEntry } from '../../../core/prioritisation/ranking.ts';
import {
  type ChangeRefusal,
  readRuleChange,
  refusalOf,
  withWildcards,
} from '../../../core/prioritisation/ruleChange.ts';
import type { RulesTable } from '../../../edge/clickhouse/prioritisation.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import { errorText, type Log } from '../../../log/log.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { Prioritisation } from '../../prioritisation.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { Sessions } from '../../sessions.ts';

/** The rules where they are kept. Both throw when the database does not answer. */
export interface RuleStore {
  read(): Promise<RulesTable>;
  /** False when nothing was changed, since the rules no longer allow it. */
  change(change: Parameters<typeof refusalOf>[0]): Promise<boolean>;
}

export function prioritisationRoutes(parts: {
  readonly prioritisation: Prioritisation;
  readonly rules: RuleStore;
  readonly sessions: Pick<Sessions, 'require'>;
  readonly bodies: JsonBodies;
  readonly log: Log;
}): RouteFamily {
  const { prioritisation, rules, sessions, bodies, log } = parts;
  return (router) => {
    router.get('/api/_/debug_prioritization', (ctx) => {
      const reader = readParameters(new URLSearchParams(ctx.querystring));
      const given = readAll(debugParameters, reader);
      if (reader.issues.length > 0) return sendIssues(ctx, reader.issues);
      const { place, wanted } = wantedOf(given);
      const ranking = prioritisation.rankingOf(place);
      const { list, counts } = ranking;
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, {
        test_items: prioritisation.places(ranking, wanted).map((at) => weighedEntry(ranking, at)),
        entries: list.entries.map(({ category_code, domain, url, cc }, at) => ({
          category_code,
          domain,
          url,
          cc,
          msmt_cnt: counts[at],
        })),
        prio_rules: list.rules,
      });
    });

    router.get('/api/_/url-priorities/list', async (ctx) => {
      try {
        const { live } = await rules.read();
        ctx.set('Cache-Control', 'no-cache');
        sendJson(ctx, { rules: live.map(withWildcards) });
      } catch (error) {
        log.warning('the rules of prioritisation cannot be read', { error: errorText(error) });
        sendError(ctx, 500, 'An error occurred while fetching URL priorities.');
      }
    });

    router.post('/api/_/url-priorities/update', async (ctx) => {
      if ((await sessions.require(ctx, 'admin')) === undefined) return;
      const body = await bodies.readValue(ctx);
      if (body === undefined) return;
      const read = readRuleChange(body.value);
      switch (read.kind) {
        case 'invalid':
          return sendIssues(ctx, read.issues);
        case 'refused':
          return sendRefusal(ctx, read.refusal);
      }
      const { change } = read;
      const refusal = async () => refusalOf(change, (await rules.read()).live);
      try {
        const refused = await refusal();
        if (refused !== undefined) return sendRefusal(ctx, refused);
        const made = await rules.change(change);
        // Somebody else came first: then it is refused now.
        const late = made ? undefined : await refusal();
        if (late !== undefined) return sendRefusal(ctx, late);
        ctx.set('Cache-Control', 'no-cache');
        sendJson(ctx, 1);
      } catch (error) {
        log.err('a rule of prioritisation cannot be changed: nothing was', {
          error: errorText(error),
        });
        sendError(ctx, 500, 'An unexpected error occurred.');
      }
    });
  };
}

function sendRefusal(ctx: Parameters<typeof sendJson>[0], refusal: ChangeRefusal): void {
  const { description, err_args, err_str } = refusal;
  const body = { description, err_args, err_str };
  sendJson(ctx, { ...body, detail: description, error: description, message: description }, 400);
  ctx.set('Cache-Control', 'no-cache');
}
