/** What no route answers. Over the network: test/api/http.test.ts. */
import Router from '@koa/router';
import type { Context } from 'koa';
import t from 'tap';
import { unmatched } from '../../../src/edge/http/fallbacks.ts';

const router = new Router({ strict: true, sensitive: true });
router.get('/there', () => {});
const fallback = unmatched(router);

function answer(path: string) {
  const headers: Record<string, string> = {};
  const ctx = {
    path,
    search: '?a=b',
    status: 0,
    body: undefined,
    set(name: string, value: string) {
      headers[name] = value;
    },
  };
  void fallback(ctx as unknown as Context, async () => {});
  return { status: ctx.status, headers };
}

t.test('slashes at the end, however many', async (t) => {
  for (const slashes of ['/', '//', '/'.repeat(1_000_000)])
    t.match(answer(`/there${slashes}`), { status: 307, headers: { Location: '/there?a=b' } });
});

t.test('slashes elsewhere, however many', async (t) => {
  const many = '/'.repeat(1_000_000);
  // Where each slash were looked at with all behind it, this would take ten minutes.
  for (const path of [many, `${many}a`, `${many}there`, `/there${many}a`, `/there${many}a/`, ''])
    t.equal(answer(path).status, 404);
});
