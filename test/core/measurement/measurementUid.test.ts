import { createHash } from 'node:crypto';
import t from 'tap';
import {
  makeMeasurementUid,
  parseMeasurementUid,
  uidReceivedMs,
  uidTimestamp,
} from '../../../src/core/measurement/measurementUid.ts';

const RECEIVED_US = Date.UTC(2026, 7, 21, 10, 15, 3, 123) * 1000 + 456;

t.test('a uid says when, where, what, and names the bytes (4.2)', (t) => {
  const stored = Buffer.from('{"format":"json","content":{}}');
  const uid = makeMeasurementUid(RECEIVED_US, 'IT', 'web_connectivity', stored);
  const hash = createHash('sha512').update(stored).digest('hex').slice(0, 16);
  t.equal(uid, `20260821101503.123456_IT_webconnectivity_${hash}`);
  t.equal(uid.split('_').length, 4);
  t.strictSame(parseMeasurementUid(uid), {
    text: uid,
    hour: '2026082110',
    probeCc: 'IT',
    testName: 'webconnectivity',
  });
  t.equal(uidReceivedMs(uid), Math.floor(RECEIVED_US / 1000));
  t.end();
});

t.test('microseconds are padded', (t) => {
  const second = Date.UTC(2026, 0, 1) * 1000;
  for (const [us, expected] of [
    [0, '000000'],
    [1, '000001'],
    [999, '000999'],
    [1000, '001000'],
    [999_999, '999999'],
  ] as const)
    t.equal(uidTimestamp(second + us), `20260101000000.${expected}`);
  t.end();
});

t.test('what is no uid is not taken for one: it becomes a file name', (t) => {
  const uid = '20260821101503.123456_IT_webconnectivity_0f3c9b7a5d2e4418';
  t.ok(parseMeasurementUid(uid));
  for (const text of [
    '',
    '01201503307dd8c5a9e0',
    `${uid}\n`,
    ` ${uid}`,
    uid.toUpperCase(),
    uid.slice(0, -1),
    `${uid}0`,
    uid.replace('_IT_', '_it_'),
    uid.replace('webconnectivity', 'web_connectivity'),
    uid.replace('webconnectivity', '../../../etc'),
    uid.replace('webconnectivity', ''),
    uid.replace('webconnectivity', 'a'.repeat(31)),
    uid.replace('.123456', '.12345'),
    uid.replace('2026', '1999'),
    uid.replace('20260821', '20260021'),
    uid.replace('20260821', '20261321'),
    uid.replace('20260821', '20260800'),
    uid.replace('20260821', '20260832'),
    uid.replace('101503', '241503'),
    uid.replace('101503', '106003'),
    uid.replace('101503', '101560'),
    uid.replace('20260821101503', '20269999999999'),
    '../../etc/passwd',
  ])
    t.equal(parseMeasurementUid(text), undefined, JSON.stringify(text));
  t.ok(Number.isNaN(uidReceivedMs('01201503307dd8c5a9e0')));
  t.end();
});
