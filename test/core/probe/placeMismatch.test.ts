import t from 'tap';
import { checkMetadata } from '../../../src/core/measurement/metadata.ts';
import { claimedBy, comparePlaces, mismatchRow } from '../../../src/core/probe/placeMismatch.ts';

const content = {
  test_name: 'ndt',
  probe_cc: 'VE',
  probe_asn: 'AS65550',
  software_name: 'x'.repeat(1_000_000),
  software_version: '3.0',
  annotations: { platform: 'linux' },
};
const check = checkMetadata(content);
if (check.kind !== 'ok') throw new Error('not ok');
const claimed = claimedBy(check.metadata, content);
const at = (cc: string, asn: number) => ({ cc, asn, networkName: null });

t.test('what differs, and what is not known differs from nothing', async (t) => {
  t.equal(comparePlaces(claimed, at('VE', 65550)), 'match');
  t.strictSame(comparePlaces(claimed, at('US', 65550)), ['cc']);
  t.strictSame(comparePlaces(claimed, at('VE', 65551)), ['asn']);
  t.strictSame(comparePlaces(claimed, at('US', 65551)), ['cc', 'asn']);
  t.equal(comparePlaces(claimed, at('ZZ', 0)), 'unknown');
  t.equal(comparePlaces(claimed, at('VE', 0)), 'match');
  t.equal(comparePlaces(claimed, at('ZZ', 65550)), 'match');
  t.strictSame(comparePlaces(claimed, at('ZZ', 1)), ['asn']);
});

t.test('a row has both places, and no more of a probe than tells what it is', async (t) => {
  const row = JSON.parse(mismatchRow('UID', claimed, at('US', 65551), Date.UTC(2026, 7, 21, 10)));
  t.strictSame(
    { ...row, details: JSON.parse(row.details) },
    {
      ts: '2026-08-21 10:00:00.000',
      type: 'geoip',
      uid: 'UID',
      probe_cc: 'US',
      probe_asn: 65551,
      details: {
        submission_cc: 'VE',
        submission_asn: 65550,
        measurement_uid: 'UID',
        software_name: 'x'.repeat(100),
        software_version: '3.0',
        platform: 'linux',
      },
    },
  );
  for (const annotations of [null, 'x', [], { platform: 7 }])
    t.equal(claimedBy(check.metadata, { ...content, annotations }).platform, '');
});
