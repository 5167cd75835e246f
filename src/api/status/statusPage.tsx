/**
 * The operators' page, on the listener of the metrics: who may read those may read this. The public address
 * has no such page, and no route that leads here.
 */
import { render } from 'preact-render-to-string';
import type { OperatorPage } from '../../program/operatorListener.ts';
import { ASSETS, PAGE_HEADERS, pageAssets } from '../pages/assets.ts';
import { Frame } from '../pages/frame.tsx';
import { makeLinks } from '../pages/page.ts';
import { chooseLanguage, preferredLanguages } from '../pages/texts/languages.ts';
import { StatusMain } from './statusMain.tsx';
import { readStatus, type Status, type StatusParts } from './statusReads.ts';

const STATUS_PATH = '/status';
/** Whoever reloads it keeps neither the disk nor the database busy. */
const FRESH_MS = 5_000;

export interface StatusPageParts extends StatusParts {
  readonly version: string;
  readonly nowMs?: () => number;
}

export function statusPage(parts: StatusPageParts): OperatorPage {
  const nowMs = parts.nowMs ?? Date.now;
  const siteName = new URL(parts.config.base_url).host;
  let readMs = Number.NEGATIVE_INFINITY;
  let status: Promise<Status>;
  const current = (): Promise<Status> => {
    if (Math.abs(nowMs() - readMs) >= FRESH_MS) {
      readMs = nowMs();
      status = readStatus(parts, readMs);
    }
    return status;
  };
  return async ({ path, search, acceptLanguage }) => {
    const asset = ASSETS.find((each) => each.path === path);
    if (asset !== undefined)
      return { status: 200, headers: { 'Content-Type': asset.type }, body: asset.bytes };
    if (path !== STATUS_PATH && path !== '/') return undefined;
    const asked = new URLSearchParams(search).get('lang');
    const { texts, chosen } = chooseLanguage(asked, preferredLanguages(acceptLanguage));
    const keepLanguage = makeLinks(chosen ? texts.language : undefined);
    const html = render(
      <Frame
        texts={texts}
        links={(to, parameters) =>
          to === '/' ? parts.config.base_url : keepLanguage(to, parameters)
        }
        title={texts.status.title}
        about={texts.status.about}
        siteName={siteName}
        version={parts.version}
        assets={pageAssets}
        navigation={[]}
        path={STATUS_PATH}
        inLanguage={(language) => `${STATUS_PATH}?lang=${language}`}
      >
        <StatusMain status={await current()} texts={texts} />
      </Frame>,
    );
    return {
      status: 200,
      headers: { ...PAGE_HEADERS, 'Cache-Control': 'no-store' },
      body: `<!DOCTYPE html>${html}`,
    };
  };
}
