/** Debian's Chromium for tests of pages; undefined where it is not installed (scripts/setup.sh). */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

type Teardown = { teardown(step: () => unknown): unknown };

export async function startBrowser(t: Teardown): Promise<Browser | undefined> {
  if (!existsSync(CHROMIUM)) return undefined;
  // Its own sandbox needs namespaces that a container may not give; it only sees this test's pages.
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  t.teardown(() => browser.close());
  return browser;
}

/** What axe finds against WCAG 2.2 AA and its own best practices, a line each; none: all is well. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(AXE, 'utf8'));
  return page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: axe is a global of the page
    const { violations } = await (globalThis as any).axe.run();
    // biome-ignore lint/suspicious/noExplicitAny: as axe has them
    return violations.flatMap(({ id, nodes }: any) =>
      // biome-ignore lint/suspicious/noExplicitAny: as axe has them
      nodes.map(({ target }: any) => `${id}: ${target.join(' ')}`),
    );
  });
}
