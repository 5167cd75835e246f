/**
 * Writes what the routes say of themselves to docs/openapi.json and docs/api.md, and what the programs log to
 * docs/messages.md, and the recorded benchmarks to docs/performance.md: `make docs`. Tests hold them against the sources.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type BenchTable, withTables } from '../bench/support/table.ts';
import { apiMarkdown, openApiText } from './api-docs/texts.ts';
import { findMessages } from './messages/found.ts';
import { messagesMarkdown } from './messages/page.ts';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('docs/openapi.json', root), openApiText());
const page = new URL('docs/api.md', root);
writeFileSync(page, apiMarkdown(readFileSync(page, 'utf8')));
writeFileSync(new URL('docs/messages.md', root), messagesMarkdown(findMessages(root.pathname)));

const speed = new URL('docs/performance.md', root);
const recorded = readFileSync(new URL('docs/performance.json', root), 'utf8');
writeFileSync(speed, withTables(readFileSync(speed, 'utf8'), JSON.parse(recorded) as BenchTable[]));
