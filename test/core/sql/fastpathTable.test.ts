import t from 'tap';
import { compileFingerprints } from '../../../src/core/fingerprints/match.ts';
import { scoreLine } from '../../../src/core/scoring/archived.ts';
import { FASTPATH_COLUMNS } from '../../../src/core/sql/fastpathTable.ts';

t.test('the columns that are asked for are those of a row', (t) => {
  const line = JSON.stringify({
    report_id: 'r',
    test_name: 'web_connectivity',
    probe_asn: 'AS30722',
    probe_cc: 'IT',
    test_start_time: '2026-08-21 10:14:30',
    measurement_start_time: '2026-08-21 10:14:58',
    test_keys: {},
  });
  const uid = '20260821101503.123456_IT_webconnectivity_9362da5cc13da58a';
  const scored = scoreLine(Buffer.from(line), uid, compileFingerprints([], []));
  if (scored.kind !== 'row') return t.fail(scored.kind);
  t.strictSame(Object.keys(scored.row).sort(), [...FASTPATH_COLUMNS].sort());
  t.end();
});
