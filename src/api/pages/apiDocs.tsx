/** The API, from what its routes say of themselves: as docs/openapi.json has it. */
import { DESCRIBED_ROUTES } from '../../core/endpoints/described.ts';
import type { RouteDescription } from '../../core/endpoints/endpoint.ts';
import { ENDPOINTS } from '../../core/endpoints/registry.ts';
import { leastUnits } from '../../core/quotas/metered.ts';
import type { Page } from './page.ts';
import { WideTable } from './parts.tsx';
import type { Texts } from './texts/en.ts';

export const ROUTES: readonly RouteDescription[] = [...DESCRIBED_ROUTES, ...ENDPOINTS];
/** What readers come for, and what is for probes, accounts and operators. */
const isRead = ({ method, path }: RouteDescription) => leastUnits(method.toUpperCase(), path) === 1;

export const apiDocsPage: Page = {
  path: '/ui/api',
  nav: 'api',
  cacheSeconds: 3_600,

  async show({ texts, links }) {
    const { api } = texts;
    const groups = [
      { id: 'reads', name: api.reads, routes: ROUTES.filter(isRead) },
      { id: 'others', name: api.others, routes: ROUTES.filter((route) => !isRead(route)) },
    ];
    const main = (
      <>
        <h1>{api.heading}</h1>
        <p class="lead">{api.lead}</p>
        <p class="links">
          <a href={links('/ui/openapi.json')}>{api.openapi}</a>
        </p>
        {groups.map(({ id, name, routes }) => (
          <section aria-labelledby={id}>
            <h2 id={id}>{name}</h2>
            <div class="raw routes" dir="ltr" lang="en">
              {routes.map((route) => (
                <Route route={route} texts={texts} />
              ))}
            </div>
          </section>
        ))}
      </>
    );
    return { kind: 'page', title: api.title, main };
  },
};

function Route({ route, texts }: { readonly route: RouteDescription; readonly texts: Texts }) {
  const { method, path, summary, parameters } = route;
  const shown = path.replace(/:(\w+)/g, '{$1}');
  const name = (
    <>
      <b class="method">{method.toUpperCase()}</b> <code>{shown}</code>
    </>
  );
  const entries = Object.entries(parameters);
  if (entries.length === 0)
    return (
      <div class="route">
        {name} <p>{plain(summary)}</p>
      </div>
    );
  return (
    <details class="route">
      <summary>
        {name} <p>{plain(summary)}</p>
      </summary>
      <WideTable label={shown}>
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.api.parameter}</th>
              <th scope="col">{texts.api.meaning}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map(([parameter, { about }]) => (
              <tr>
                <th scope="row">
                  <code>{parameter}</code>
                </th>
                <td>{plain(about)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </WideTable>
    </details>
  );
}

/** Descriptions mark what is code, for Markdown. */
function plain(text: string) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part));
}
