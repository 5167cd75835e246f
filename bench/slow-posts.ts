/** Measurements made to cost more than their bytes: what once took long to score, and what is most of something. */

const MEASUREMENT = {
  report_id: '20260821T101503Z_test_IT_30722_n1_abcdefghijklmnop',
  probe_cc: 'IT',
  probe_asn: 'AS30722',
  test_start_time: '2026-08-21 10:15:00',
  measurement_start_time: '2026-08-21 10:15:01',
  software_version: '3.20.0',
};

/** By name, of about so many bytes each. */
export function slowPosts(bytes: number): ReadonlyMap<string, Buffer> {
  const post = (test: string, testKeys: unknown, others: object = {}) =>
    Buffer.from(
      JSON.stringify({
        format: 'json',
        content: { ...MEASUREMENT, test_name: test, test_keys: testKeys, ...others },
      }),
    );
  const text = (part: string) => part.repeat(Math.ceil(bytes / part.length));
  const list = (item: unknown) =>
    Array(Math.ceil(bytes / (JSON.stringify(item).length + 1))).fill(item);
  const members = (value: unknown) =>
    Object.fromEntries(
      Array.from({ length: Math.ceil(bytes / 12) }, (_, at) => [`member${at}`, value]),
    );
  const responses = (response: unknown) =>
    post('web_connectivity', { blocking: false, requests: list({ response }) });
  const base64 = (data: string) =>
    post('web_connectivity', { requests: [{ response: { body: { format: 'base64', data } } }] });
  const version = (test_version: string) =>
    post('signal', { failure: null, failed_operation: null }, { test_version });
  return new Map([
    ['small bodies', responses({ body: 'a body of forty characters, more or less' })],
    ['small bodies in base64', responses({ body: { format: 'base64', data: 'aGVsbG8=' } })],
    ['a header for each forty bytes', responses({ headers: { Location: 'http://' } })],
    ['headers', responses({ headers: members('') })],
    ['answers', post('web_connectivity', { queries: [{ answers: list({ ipv4: '1.2.3.4' }) }] })],
    ['base64 in lines', base64(text(`${'a'.repeat(76)}\n`))],
    ['base64 with junk', base64(text('aGVsb*8h'))],
    ['a version of points', version(text('1.'))],
    ['a version of zeros', version(`${text('0.')}0`)],
    ['a version with a local part', version(`1+${text('a.')}a`)],
    ['blanks for a number', post('ndt', {}, { probe_asn: `AS${text(' ')}x` })],
    ['text for lists', post('http_invalid_request_line', { sent: text('a'), received: text('a') })],
    ['text for requests', post('whatsapp', { requests: text('a') })],
    ['numbers for texts', post('ndt', {}, { ...members(0), software_version: 1, test_version: 1 })],
    ['lists for texts', post('ndt', {}, { software_version: list([]) })],
    ['an input of slashes', post('ndt', {}, { input: `//${text('a')}` })],
  ]);
}
