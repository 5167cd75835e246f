/** Pages of what was made up for the walk, and what somebody does who logs in. */
import type { Submitted } from './made.ts';
import { click, clickText, fetchLink, type Page } from './pages.ts';

export function findingPages(id: string): Page[] {
  // The number leads to the name.
  return [
    {
      path: `/findings/${id}`,
      calls: [
        `GET /api/v1/incidents/show/${id}`,
        'GET /api/v1/aggregation?test_name=web_connectivity&',
      ],
      text: /Made-up sites blocked/,
    },
  ];
}

export function measurementPages(submitted: readonly Submitted[]): Page[] {
  return submitted.map(({ uid }, index) => ({
    ...(index === 0 ? { clicks: [fetchLink('raw_measurement')] } : {}),
    path: `/m/${uid}`,
    calls: [
      `GET /api/v1/measurement_meta?measurement_uid=${uid}&full=true`,
      `GET /api/_/measurement_feedback/${uid}`,
      ...(index === 0 ? [`GET /api/v1/raw_measurement?measurement_uid=${uid}`] : []),
    ],
    text: /measurement/i,
  }));
}

/** Old links, by report, lead to the measurement's page. */
export async function reportPages(
  apiUrl: string,
  submitted: readonly Submitted[],
): Promise<Page[]> {
  const uid = submitted[0]!.uid;
  const meta = await fetch(`${apiUrl}/api/v1/measurement_meta?measurement_uid=${uid}`);
  const { report_id, input } = (await meta.json()) as { report_id: string; input: string };
  const query = `report_id=${report_id}&full=true&input=`;
  return [
    {
      path: `/measurement/${report_id}?input=${encodeURIComponent(input)}`,
      calls: [
        `GET /api/v1/measurement_meta?${query}`,
        `GET /api/v1/measurement_meta?measurement_uid=${uid}`,
      ],
    },
  ];
}

/** React keeps what is typed only where its own setter is called. */
const type = (selector: string, text: string) => `(() => {
  const field = document.querySelector(${JSON.stringify(selector)});
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, ${JSON.stringify(text)});
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('focusout', { bubbles: true }));
})()`;

export function loginPage(address: string): Page {
  return {
    path: '/login',
    calls: ['POST /api/v1/user_register'],
    clicks: [type('form input', address), click('form button[type=submit]')],
    text: /email|mail/i,
  };
}

export function pagesOfAdmin(id: string, submitted: readonly Submitted[]): Page[] {
  const { uid } = submitted.find(({ testName }) => testName === 'web_connectivity')!;
  return [
    {
      path: `/m/${uid}`,
      calls: ['POST /api/_/measurement_feedback', 'GET /api/_/account_metadata'],
      clicks: [
        clickText('button', 'Verify'),
        click('input[type=radio][value="ok"]'),
        clickText('form button', 'Submit'),
      ],
    },
    { path: '/findings', calls: ['GET /api/_/account_metadata'], text: /Dashboard/ },
    {
      path: '/findings/dashboard',
      calls: ['GET /api/v1/incidents/search'],
      text: /Made-up sites blocked/,
      clicks: [clickText('button', 'Unpublish'), clickText('button', 'Publish')],
    },
    { path: '/findings/create', calls: [], text: /finding/i },
    {
      path: `/findings/edit/${id}`,
      calls: [`GET /api/v1/incidents/show/${id}`, 'POST /api/v1/incidents/update'],
      clicks: [clickText('form button', 'Submit')],
    },
  ];
}
