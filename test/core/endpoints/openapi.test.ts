import t from 'tap';
import { markdownRoutes, openApi } from '../../../src/core/endpoints/openapi.ts';
import { bool, integer, list } from '../../../src/core/endpoints/parameters.ts';

const ROUTES = [
  {
    method: 'get',
    path: '/a/:uid',
    summary: 'Gives a|b',
    parameters: {
      limit: integer('Rows', { min: 0, max: 9, otherwise: 5 }),
      cc: list('Countries', { minLength: 2 }),
    },
  },
  { method: 'post', path: '/a/:uid', summary: 'Takes', parameters: {} },
  { method: 'get', path: '/b', summary: 'Other', parameters: { full: bool('All') } },
] as const;

t.test('an OpenAPI document', (t) => {
  const document = openApi(ROUTES, '1.2.3') as {
    openapi: string;
    info: { version: string };
    paths: Record<string, Record<string, { parameters?: object[]; requestBody?: object }>>;
  };
  t.equal(document.openapi, '3.1.0');
  t.equal(document.info.version, '1.2.3');
  t.strictSame(Object.keys(document.paths), ['/a/{uid}', '/b']);
  t.strictSame(Object.keys(document.paths['/a/{uid}']!), ['get', 'post'], 'methods side by side');
  t.strictSame(document.paths['/a/{uid}']!.get!.parameters, [
    { name: 'uid', in: 'path', required: true, schema: { type: 'string' } },
    {
      name: 'limit',
      in: 'query',
      description: 'Rows',
      schema: { type: 'integer', minimum: 0, maximum: 9, default: 5 },
    },
    {
      name: 'cc',
      in: 'query',
      description: 'Countries',
      schema: { type: 'string', minLength: 2 },
    },
  ]);
  t.ok(document.paths['/a/{uid}']!.post!.requestBody);
  t.notOk(document.paths['/a/{uid}']!.get!.requestBody);
  t.end();
});

t.test('tables of Markdown', (t) => {
  const text = markdownRoutes(ROUTES);
  t.match(text, '| `GET /a/{uid}` | Gives a\\|b |');
  t.match(text, '| `POST /a/{uid}` | Takes |');
  t.match(text, 'Parameters of `/a/{uid}`:');
  t.match(text, '| `limit` | integer, from 0, to 9, default 5 | Rows |');
  t.match(text, '| `full` | boolean | All |');
  t.end();
});
