/**
 * Routes that stream, store or change something, and so are no endpoint values: described here, for
 * the documentation. A test holds them against the routes that the program has.
 */

import { fileListParameters } from './bulk/fileList.ts';
import { exportParameters } from './bulk/rowExport.ts';
import type { RouteDescription } from './endpoint.ts';
import { findingSearchParameters } from './findings/findingSearch.ts';
import { rowKeyParameters } from './measurements/measurementRow.ts';
import { searchParameters } from './measurements/measurementSearch.ts';
import { linkSearchParameters } from './oonirun/linkSearch.ts';
import { bool, text } from './parameters.ts';
import { debugParameters, testListParameters } from './prioritisation/listRequest.ts';

/** For people with an account, and what they write (protocol, data 5.4, 5.5 and 6.1). */
const ACCOUNT_ROUTES: readonly RouteDescription[] = [
  {
    method: 'post',
    path: '/api/v1/user_register',
    summary:
      'Mails a link to log in: `{"email_address", "redirect_to"}`; the link is good for a day, and leads to the page of `redirect_to`',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/user_login',
    summary:
      'A session for the token of a login mail: `{"bearer", "redirect_to", "email_address"}`',
    parameters: { k: text('The token') },
  },
  {
    method: 'get',
    path: '/api/v1/user_refresh_token',
    summary: 'The same session with a later end: `{"bearer"}`',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/_/account_metadata',
    summary: 'Is somebody logged in, and with which role',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v2/ooniauth/user-login',
    summary: 'As `user_register`: `{"email_address", "login_token_expiration"}`',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v2/ooniauth/user-session',
    summary: 'A session for `{"login_token"}`, or a renewed one for a bearer token',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v2/ooniauth/user-session',
    summary: 'Who is logged in',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/set_account_role',
    summary: 'Gives an account a role: `{"email_address", "role"}`; for admins',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/get_account_role/:emailAddress',
    summary: 'Role of an account; for admins',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/_/measurement_feedback/:measurementUid',
    summary: 'What people say of a measurement: accounts by status, and the own one',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/_/measurement_feedback',
    summary:
      'Says what a measurement shows: `{"measurement_uid", "status"}`; for whoever is logged in',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/incidents/search',
    summary:
      'Findings, the newest first; without their texts. What is not published is for admins and its author',
    parameters: findingSearchParameters,
  },
  {
    method: 'get',
    path: '/api/v1/incidents/show/:idOrSlug',
    summary: 'One finding with its text',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/incidents/create',
    summary: 'A new finding: `{"r": 1, "id": …}`; for admins',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/incidents/update',
    summary: 'Replaces all of a finding but its id, author and time of creation; for admins',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/incidents/delete',
    summary: 'Deletes a finding and all its former versions; for admins',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/incidents/:action',
    summary: '`publish` and `unpublish`, of `{"id"}`; for admins',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v2/oonirun/links',
    summary: 'OONI Run links, the newest first',
    parameters: linkSearchParameters,
  },
  {
    method: 'post',
    path: '/api/v2/oonirun/links',
    summary: 'A new link, for whoever is logged in',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v2/oonirun/links/:id',
    summary: 'A link with the tests of its latest revision',
    parameters: {},
  },
  {
    method: 'put',
    path: '/api/v2/oonirun/links/:id',
    summary: 'Edits a link: other tests make a new revision; for its author and admins',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v2/oonirun/links/:id/revisions',
    summary: 'Its revisions, the latest first',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v2/oonirun/links/:id/full-descriptor/:revision',
    summary: 'A link with the tests of a revision, or of the `latest`',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v2/oonirun/links/:id/engine-descriptor/:revision',
    summary: 'What a probe shall run: the tests, with the URLs that are most wanted of its network',
    parameters: {},
  },
];

const logParameters = { collector_id: text('The collector; by default the one of this host') };

export const DESCRIBED_ROUTES: readonly RouteDescription[] = [
  {
    method: 'get',
    path: '/api/v1/measurements',
    summary: 'Rows of measurements, a page at a time, with `next_url` for the next one',
    parameters: searchParameters,
  },
  {
    method: 'get',
    path: '/api/v1/export',
    summary:
      'The rows of a day as a file, each measurement once; go on with `from` where it broke off',
    parameters: exportParameters,
  },
  {
    method: 'get',
    path: '/api/v1/files',
    summary:
      'Files of the archive of a day of receipt: key, size, number of lines, place in the log',
    parameters: fileListParameters,
  },
  {
    method: 'get',
    path: '/api/v1/raw_measurement',
    summary: "A measurement's body: the probe's own text, without insignificant white space",
    parameters: rowKeyParameters,
  },
  {
    method: 'get',
    path: '/api/v1/measurement/:measurementUid',
    summary:
      'The same by uid alone; also of a measurement without a row, which is not scored yet or could not be',
    parameters: { download: bool('As a file to save') },
  },
  {
    method: 'get',
    path: '/api/v1/measurement/:measurementUid/proof',
    summary: "Its place in the collector's log, with an inclusion proof (archive.md)",
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/log/checkpoint',
    summary: "The last signed checkpoint of a collector's log, as it lies in the bucket",
    parameters: logParameters,
  },
  {
    method: 'get',
    path: '/api/v1/log/key',
    summary: 'The public key that checkpoints are signed with',
    parameters: logParameters,
  },
  {
    method: 'post',
    path: '/api/v1/check-in',
    summary:
      'What a probe is to measure: its list of URLs, with report ids, switches and test helpers (protocol, probes 3.5)',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/test-list/urls',
    summary: 'The prioritised list of URLs of a country',
    parameters: testListParameters,
  },
  {
    method: 'get',
    path: '/api/_/debug_prioritization',
    summary: 'What a probe would get, from which entries and by which rules',
    parameters: debugParameters,
  },
  {
    method: 'get',
    path: '/api/_/url-priorities/list',
    summary: 'The rules of URL prioritisation',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/_/url-priorities/update',
    summary: 'Creates, replaces or deletes a rule (admin): `{"old_entry": …, "new_entry": …}`',
    parameters: {},
  },
  {
    method: 'post',
    path: '/report',
    summary: 'Opens a report: `{"report_id": …}`',
    parameters: {},
  },
  {
    method: 'post',
    path: '/report/:reportId',
    summary:
      'Submits one measurement, `{"format": "json", "content": {…}}`: `{"measurement_uid": …}`; an id that is not of the form of those that `/report` gives is refused',
    parameters: {},
  },
  {
    method: 'post',
    path: '/report/:reportId/close',
    summary: 'Nothing; `{}`',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/submit_measurement',
    summary: 'Submits without a report; `content` is the measurement as a JSON text',
    parameters: {},
  },
  ...ACCOUNT_ROUTES,
  {
    method: 'get',
    path: '/api/v1/test-helpers',
    summary:
      'The hosts that tests talk to; the first that a probe asks, to see whether the api lives',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/manifest',
    summary: 'The rules for anonymous credentials; 404 where there are none',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/sign_credential',
    summary: 'Signs a credential for a probe, which the manifest of this version is for',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/collectors',
    summary: 'Where old probes may send measurements, the list twice',
    parameters: {},
  },
  {
    method: 'post',
    path: '/bouncer/net-tests',
    summary: 'Collector and helpers of a test, for the oldest probes',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/register',
    summary: 'A `client_id` for a probe; nothing is stored',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/login',
    summary: 'A token for `{"username": client_id, "password": any}`, and until when it is used',
    parameters: {},
  },
  {
    method: 'put',
    path: '/api/v1/update/:clientId',
    summary: 'Nothing; `{"status": "ok"}`',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/test-list/tor-targets',
    summary: 'Targets of the test tor, by id; 503 where none are configured',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v1/test-list/psiphon-config',
    summary: 'Settings of the test psiphon; 503 where none are configured',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/v2/ooniprobe/vpn-config/:provider',
    summary:
      'Certificates of an OpenVPN provider (`riseupvpn`), and four of its gateways at random',
    parameters: {},
  },
  {
    method: 'post',
    path: '/api/v1/geolookup',
    summary: 'Country and network of up to 100 addresses: `{"addresses": […]}`',
    parameters: {},
  },
  {
    method: 'get',
    path: '/api/_/quotas_summary',
    summary:
      'The twenty clients that have the least left, as hashes, with seconds of serving; for admins',
    parameters: {},
  },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description',
    parameters: {},
  },
  {
    method: 'get',
    path: '/health',
    summary: '503 with a list of errors when something is wrong',
    parameters: {},
  },
  {
    method: 'get',
    path: '/live',
    summary: 'The process answers; asks nothing else',
    parameters: {},
  },
  {
    method: 'get',
    path: '/version',
    summary: 'Version of the program',
    parameters: {},
  },
];
