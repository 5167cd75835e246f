/**
 * Has Node run TypeScript in test files and the threads that they start: `node --import=./test/support/typescript.mjs FILE`.
 *
 * Types alone are taken out, as the sources need no more (`erasableSyntaxOnly`, imports with their endings); so what is
 * not TypeScript is left to Node, which tsx does not, and a test file starts in half the time. There are hundreds.
 */
import { register } from 'node:module';

register('./typescriptHooks.mjs', import.meta.url);
process.setSourceMapsEnabled(true);
