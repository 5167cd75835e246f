/**
 * Writes what the routes say of themselves to docs/openapi.json and docs/api.md, and what the programs log to
 * docs/messages.md: `make docs`. Tests hold them against the sources.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { apiMarkdown, openApiText } from './api-docs/texts.ts';
import { findMessages } from './messages/found.ts';
import { messagesMarkdown } from './messages/page.ts';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('docs/openapi.json', root), openApiText());
const page = new URL('docs/api.md', root);
writeFileSync(page, apiMarkdown(readFileSync(page, 'utf8')));
writeFileSync(new URL('docs/messages.md', root), messagesMarkdown(findMessages(root.pathname)));
