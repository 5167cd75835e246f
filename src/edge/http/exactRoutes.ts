/** Which routes a path has: looked up where it has no parameters, rather than tried with every route. */
import type Router from '@koa/router';

/**
 * For a router that has all its routes. Its answers are the same as before. What is kept is bounded by the
 * routes: other paths are matched as ever.
 */
export function lookUpExactPaths(router: Router): void {
  const match = router.match.bind(router);
  const exact = new Set(
    router.stack.map(({ path }) => path).filter((path) => typeof path === 'string'),
  );
  const found = new Map<string, ReturnType<typeof match>>();
  router.match = (path, method) => {
    // Nobody asks for `/a/:b` itself; whoever does is answered by the routes that fit those letters.
    if (!exact.has(path)) return match(path, method);
    const key = `${method} ${path}`;
    const before = found.get(key);
    if (before !== undefined) return before;
    const result = match(path, method);
    found.set(key, result);
    return result;
  };
}
