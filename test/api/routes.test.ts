/**
 * The routes that the program has are those that its documentation is made from. Covers
 * src/api/families/{sharedParts,submissionFamilies,probeFamilies,helperFamilies,dataFamilies,accountFamilies}.ts,
 * src/api/requests.ts
 */
import type Router from '@koa/router';
import t from 'tap';
import { ASSETS } from '../../src/api/pages/assets.ts';
import { PAGES } from '../../src/api/pages/registry.ts';
import { DESCRIBED_ROUTES } from '../../src/core/endpoints/described.ts';
import { ENDPOINTS } from '../../src/core/endpoints/registry.ts';
import { startService } from './support.ts';

/** Served, and why they are not for readers of the documentation. */
const UNDESCRIBED = new Map<string, string>([
  ['get /', 'a greeting for programs; browsers get the first page'],
  ...['get /stats', 'get /files', 'get /files/by_date', 'get /files/by_country'].map(page),
  ...['get /files/by_date/:day', 'get /files/by_country/:cc', 'get /files/download/:name'].map(
    page,
  ),
  page(String.raw`get /^\/\d{4}-\d\d-\d\d$/`),
  page(String.raw`get /^\/\d{4}-\d\d-\d\d\/[\w.-]{1,200}\.json$/`),
  ...['get /api', 'get /apidocs', 'get /docs', 'get /redoc'].map(page),
  ['get /robots.txt', 'for crawlers'],
  [
    'get /measurement_spool/:folder/:file',
    'for the other hosts of the same service, which may lack a body',
  ],
]);

/** For people, who find them by links: pages, what these need, and what stands for all others. */
const FOR_PEOPLE = [...PAGES, ...ASSETS]
  .map(({ path }) => `get ${path}`)
  .concat('get /ui', 'get /ui/openapi.json', 'get /ui/{*rest}');

const { service } = await startService(t);
/** The router leaves itself at the middleware that it makes. */
const { router } = service.app.middleware.find(
  (middleware) => 'router' in middleware,
) as unknown as { router: Router };

t.test('every route is described, and every description has its route', (t) => {
  const served = router.stack.flatMap(({ methods, path }) =>
    // HEAD comes with each GET.
    methods.filter((method) => method !== 'HEAD').map((method) => name(method, String(path))),
  );
  const described = [...DESCRIBED_ROUTES, ...ENDPOINTS].map(({ method, path }) =>
    name(method, path),
  );
  t.strictSame(served.sort(), [...described, ...UNDESCRIBED.keys(), ...FOR_PEOPLE].sort());
  t.end();
});

function page(route: string): [string, string] {
  return [route, 'where a page of the old web site is now'];
}

function name(method: string, path: string): string {
  return `${method.toLowerCase()} ${path}`;
}
