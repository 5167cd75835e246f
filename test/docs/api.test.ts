/** docs/api.md and docs/openapi.json say what the routes say of themselves (scripts/api-docs). */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { ALL_ROUTES, apiMarkdown, openApiText } from '../../scripts/api-docs/texts.ts';

t.test('the documents are made from the routes: run `make docs`', (t) => {
  const page = readFileSync('docs/api.md', 'utf8');
  t.equal(readFileSync('docs/openapi.json', 'utf8'), openApiText());
  t.equal(page, apiMarkdown(page));
  for (const { path } of ALL_ROUTES)
    t.match(page, `${path.replace(/:(\w+)/g, '{$1}')}\``, `${path} is on the page`);
  t.end();
});

t.test('a page is made anew, whatever stood there', (t) => {
  const page = 'a\n<!-- routes: /live -->\nold\n<!-- end of routes -->\nb\n';
  const made = apiMarkdown(page);
  t.match(
    made,
    /^a\n<!-- routes: \/live -->\n[\s\S]*GET \/live[\s\S]*<!-- end of routes -->\nb\n$/,
  );
  t.notMatch(made, 'old');
  t.notMatch(made, '/health');
  t.end();
});
