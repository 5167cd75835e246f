/** One family of routes of ooni-api behind a real connection, for what it does while an answer is being sent. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import type { Test } from 'tap';
import type { RouteFamily } from '../../src/api/routeFamily.ts';

const NO_DIRECT_ROUTES = {
  post() {
    throw new Error('these routes are asked for by GET');
  },
};

/** Gives its port on loopback. `before`: what stands before the routes. It ends with the test. */
export async function serveRoutes(
  t: Test,
  family: RouteFamily,
  ...before: readonly Koa.Middleware[]
): Promise<number> {
  const router = new Router();
  family(router, NO_DIRECT_ROUTES);
  const app = new Koa().on('error', () => {});
  for (const middleware of [...before, router.routes()]) app.use(middleware);
  const server = app.listen(0, '127.0.0.1');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
