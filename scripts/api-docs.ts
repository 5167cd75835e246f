/**
 * Writes what the routes say of themselves to docs/openapi.json and docs/api.md: `make docs`. A test
 * holds both against the routes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { apiMarkdown, openApiText } from './api-docs/texts.ts';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('docs/openapi.json', root), openApiText());
const page = new URL('docs/api.md', root);
writeFileSync(page, apiMarkdown(readFileSync(page, 'utf8')));
