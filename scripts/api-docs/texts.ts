/** The generated parts of docs/api.md and docs/openapi.json. */
import { readFileSync } from 'node:fs';
import { DESCRIBED_ROUTES } from '../../src/core/endpoints/described.ts';
import type { RouteDescription } from '../../src/core/endpoints/endpoint.ts';
import { markdownRoutes, openApi } from '../../src/core/endpoints/openapi.ts';
import { ENDPOINTS } from '../../src/core/endpoints/registry.ts';

export const ALL_ROUTES: readonly RouteDescription[] = [...DESCRIBED_ROUTES, ...ENDPOINTS];

export function openApiText(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return `${JSON.stringify(openApi(ALL_ROUTES, version), undefined, 2)}\n`;
}

const BEGIN = /<!-- routes: (\S+) -->\n/;
const END = '<!-- end of routes -->';

/**
 * The page with its generated parts made anew: each stands between `<!-- routes: PATTERN -->`, a regular
 * expression that the paths in it begin with, and `<!-- end of routes -->`.
 */
export function apiMarkdown(page: string): string {
  return page.replace(new RegExp(`${BEGIN.source}[\\s\\S]*?${END}`, 'g'), (_, pattern: string) => {
    const routes = ALL_ROUTES.filter(({ path }) => new RegExp(`^(?:${pattern})`).test(path));
    return `<!-- routes: ${pattern} -->\n${markdownRoutes(routes)}\n${END}`;
  });
}
