import t from 'tap';
import { parseMeasurementUid } from '../../../src/core/measurement/measurementUid.ts';
import {
  incomingPath,
  parseHourFolder,
  pendingPath,
  uidOfFileName,
} from '../../../src/core/measurement/spoolPaths.ts';

const UID = '20260711174409.123456_IR_webconnectivity_0123456789abcdef';

t.test('paths follow from the uid (protocol, data 4.6)', (t) => {
  const uid = parseMeasurementUid(UID)!;
  t.equal(incomingPath(uid), `incoming/2026071117_IR_webconnectivity/${UID}.post`);
  t.equal(pendingPath(UID), `pending/${UID}.post`);
  t.strictSame(uidOfFileName(`${UID}.post`), uid);
  t.end();
});

t.test('other files are not measurements', (t) => {
  for (const name of [UID, `${UID}.post.tmp`, `${UID}.reason`, '.post', '', '..', 'x.post'])
    t.equal(uidOfFileName(name), undefined, name);
  t.end();
});

t.test('hour folders', (t) => {
  t.strictSame(parseHourFolder('2026071117_IR_webconnectivity'), {
    name: '2026071117_IR_webconnectivity',
    hour: '2026071117',
    probeCc: 'IR',
    testName: 'webconnectivity',
  });
  for (const name of ['2026071117_IR', '20260711_IR_ndt', '2026071117_ir_ndt', 'lost+found', ''])
    t.equal(parseHourFolder(name), undefined, name);
  t.end();
});
