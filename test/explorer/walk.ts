/** A visit of one page: what was called while it was there, and every fault that it shows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tab, Told } from './devtools.ts';
import type { Page } from './pages.ts';
import type { Call, Recorder } from './recorder.ts';

export interface Visit {
  readonly path: string;
  readonly faults: readonly string[];
  readonly calls: readonly Call[];
  /** PNG. */
  readonly screenshot: Buffer;
}

const LOAD_WITHIN_MS = 60_000;
const QUIET_MS = 1_500;
const QUIET_WITHIN_MS = 60_000;
/** On a busy machine a page may be quiet for longer than that before it begins. */
const CALLS_WITHIN_MS = 60_000;
const SCROLL_STEP_PIXELS = 500;
const LONGEST_PICTURE_PIXELS = 6_000;
const LONGEST_PAGE_PIXELS = 20_000;

/** What Explorer writes on a page when something went wrong. */
const ERROR_TEXT =
  /^Error: .*|"status": ?[45]\d\d.*|Request failed with status.*|Network error.*|Application error.*|Internal Server Error.*|undefined: .*|^[45]\d\d: .*/m;
const ABSENT_TEXT = /(Measurement|Page|Finding) not found|requested page does not exist/i;

export async function visit(
  tab: Tab,
  site: string,
  page: Page,
  recorder: Recorder,
): Promise<Visit> {
  const faults: string[] = [];
  const note = (fault: string) => {
    if (!faults.includes(fault)) faults.push(fault);
  };
  let onLoad = () => {};
  const nextLoad = () =>
    new Promise<void>((resolve) => {
      onLoad = resolve;
    });
  tab.onEvent((method, told) => {
    noteEvent(method, told, recorder.url, note);
    if (method === 'Page.loadEventFired') onLoad();
  });
  // What the page before still asks for is not this one's.
  await tab.send('Page.navigate', { url: 'about:blank' });
  await quiet(recorder);
  recorder.take();
  const loaded = nextLoad();
  const { errorText } = await tab.send('Page.navigate', { url: site + page.path });
  if (errorText !== undefined) note(`not reached: ${errorText}`);
  await Promise.race([loaded, sleep(LOAD_WITHIN_MS)]);
  await quiet(recorder);
  await scroll(tab, recorder);
  for (const script of page.clicks ?? []) {
    try {
      await evaluate(tab, script);
    } catch (error) {
      note((error as Error).message);
    }
    await quiet(recorder);
  }
  const calls = recorder.take();
  const endsAt = performance.now() + CALLS_WITHIN_MS;
  while (missingOf(page, calls).length > 0 && performance.now() < endsAt) {
    await scroll(tab, recorder);
    calls.push(...recorder.take());
  }
  const text = (await evaluate(tab, 'document.body.innerText')) as string;
  const shown = page.ownFault === undefined ? [...faults, ...faultsOfText(page, text)] : [];
  return {
    path: page.path,
    faults: [...shown, ...faultsOfCalls(page, calls)],
    calls,
    screenshot: await picture(tab),
  };
}

/** Calls that were refused, and those that were not made. */
function faultsOfCalls(page: Page, calls: readonly Call[]): string[] {
  const failed = calls.filter(
    (call) => (call.status === 0 || call.status >= 400) && !isEarly(call),
  );
  return [
    ...failed.map(({ status, method, path, error }) => `${status} ${method} ${path}: ${error}`),
    ...missingOf(page, calls).map((wanted) => `was not called: ${wanted}`),
  ];
}

const missingOf = (page: Page, calls: readonly Call[]) =>
  page.calls.filter(
    (wanted) => !calls.some(({ method, path }) => isCall(`${method} ${path}`, wanted)),
  );

/** What a visitor reads of a fault, or does not read where it should be. */
function faultsOfText(page: Page, text: string): string[] {
  const error = ERROR_TEXT.exec(text)?.[0];
  const absent = ABSENT_TEXT.test(text);
  return [
    ...(error === undefined ? [] : [`on the page: ${error}`]),
    ...(absent === (page.absent === true)
      ? []
      : [`the page says that there is ${absent ? 'none' : 'one'}`]),
    ...(page.text === undefined || page.text.test(text) ? [] : [`not on the page: ${page.text}`]),
  ];
}

/** Of what fits a screen where the whole page is too much for a browser without a screen. */
async function picture(tab: Tab): Promise<Buffer> {
  const height = Number(await evaluate(tab, 'document.body.scrollHeight'));
  const { data } = await tab.send('Page.captureScreenshot', {
    captureBeyondViewport: height < LONGEST_PICTURE_PIXELS,
  });
  return Buffer.from(data, 'base64');
}

export async function prepare(tab: Tab): Promise<void> {
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await tab.send(`${domain}.enable`);
  // What a page before has asked for, this one asks for again.
  await tab.send('Network.setCacheDisabled', { cacheDisabled: true });
}

/** Of what went wrong in the browser, what has to do with the api, and scripts that broke. */
function noteEvent(
  method: string,
  told: Told,
  apiUrl: string,
  note: (fault: string) => void,
): void {
  if (method === 'Runtime.exceptionThrown') {
    const { exception, text } = told.exceptionDetails;
    note(`uncaught: ${exception?.description ?? text}`);
  } else if (method === 'Log.entryAdded' && told.entry.level === 'error') {
    const { text, url = '' } = told.entry;
    // Fonts, blogs and statistics of other hosts lead nowhere here. What was refused is counted by status.
    if (`${url} ${text}`.includes(apiUrl) && !text.includes('responded with a status of'))
      note(`console: ${text} (${url})`);
  } else if (method === 'Runtime.consoleAPICalled' && ['error', 'log'].includes(told.type)) {
    const text = told.args.map((a: Told) => a.description ?? a.value ?? '').join(' ');
    if (text.includes('Network Error') || text.includes('CORS')) note(`console: ${text}`);
  }
}

const isCall = (call: string, wanted: string | RegExp) =>
  typeof wanted === 'string' ? call.startsWith(wanted) : wanted.test(call);

/** Charts ask before their page has read its own address: a refusal, at once, is the answer to it. */
const isEarly = ({ path, status }: Call) => status === 422 && path.includes('since=undefined');

/** Until nothing was called for a while. */
async function quiet(recorder: Recorder): Promise<void> {
  const endsAt = performance.now() + QUIET_WITHIN_MS;
  let quietSince = performance.now();
  let answered = recorder.answered();
  while (performance.now() < endsAt) {
    await sleep(50);
    if (recorder.running() > 0 || recorder.answered() !== answered) {
      answered = recorder.answered();
      quietSince = performance.now();
    } else if (performance.now() - quietSince > QUIET_MS) return;
  }
  throw new Error('calls to the api do not end');
}

/** Charts ask for their data when they come into view. */
async function scroll(tab: Tab, recorder: Recorder): Promise<void> {
  for (let y = 0; y < LONGEST_PAGE_PIXELS; y += SCROLL_STEP_PIXELS) {
    const height = Number(await evaluate(tab, `scrollTo(0, ${y}); document.body.scrollHeight`));
    if (y > height) break;
    await sleep(100);
  }
  await quiet(recorder);
  await evaluate(tab, 'scrollTo(0, 0)');
}

export async function evaluate(tab: Tab, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await tab.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined)
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}
