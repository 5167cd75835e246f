import Router from '@koa/router';
import t from 'tap';
import { lookUpExactPaths } from '../../../src/edge/http/exactRoutes.ts';

const routes = () => {
  const router = new Router({ strict: true, sensitive: true });
  for (const path of ['/', '/a', '/a/:b', '/{:file}.json', '/x.json', '/ui/{*rest}'])
    router.get(path, () => {});
  router.post('/a', () => {});
  return router;
};

t.test('finds what the router finds, the first time and again', async (t) => {
  const [plain, quick] = [routes(), routes()];
  lookUpExactPaths(quick);
  const paths = [
    '/',
    '/a',
    '/A',
    '/a/',
    '/a/b',
    '/a/:b',
    '/x.json',
    '/y.json',
    '/ui/',
    '/ui/a/b',
    '/z',
  ];
  const of = (router: Router, path: string, method: string) => {
    const { path: fit, pathAndMethod, route } = router.match(path, method);
    const texts = (layers: typeof fit) => layers.map((layer) => `${layer.path} ${layer.methods}`);
    return [texts(fit), texts(pathAndMethod), route];
  };
  for (let again = 0; again < 2; again++)
    for (const path of paths)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', ''])
        t.strictSame(of(quick, path, method), of(plain, path, method), `${method} ${path}`);
  t.equal(quick.match('/a', 'GET'), quick.match('/a', 'GET'), 'looked up');
  t.not(quick.match('/a/b', 'GET'), quick.match('/a/b', 'GET'), 'not kept');
});
