/** Covers src/core/sources/mmdbRecords.ts. */
import t from 'tap';
import {
  MMDB_MARK,
  mmdbDescriptionFault,
  mmdbRecordsFault,
} from '../../../src/core/sources/mmdbRecords.ts';
import { mmdb, place } from '../../support/mmdb.ts';

/** A tree of one node whose both branches are the record at the start of the data. */
function fileOf(data: Uint8Array, recordBits = 24): Buffer {
  const tree = Buffer.alloc((recordBits * 2) / 8);
  const record = 1 + 16;
  if (recordBits === 32) tree.writeUInt32BE(record, 0);
  else tree.writeUIntBE(record, 0, 3);
  if (recordBits === 32) tree.writeUInt32BE(record, 4);
  else tree.writeUIntBE(record, recordBits === 28 ? 4 : 3, 3);
  return Buffer.concat([tree, Buffer.alloc(16), data]);
}
const fault = (data: Uint8Array, recordBits = 24) =>
  mmdbRecordsFault(fileOf(data, recordBits), { nodeCount: 1, recordBits });
const bytes = (...values: (number | Buffer)[]) =>
  Buffer.concat(values.map((value) => (typeof value === 'number' ? Buffer.from([value]) : value)));
/** Of the longest kind. */
const pointer = (to: number) => {
  const made = Buffer.alloc(5);
  made[0] = 0x38;
  made.writeUInt32BE(to, 1);
  return made;
};
const text = (length: number) =>
  bytes(0x5e, (length - 285) >> 8, (length - 285) & 255, Buffer.alloc(length, 'x'));
/** Lists of 20 pointers each to the next one: 20 to the power of the levels. */
const bomb = (levels: number) =>
  bytes(
    ...Array.from({ length: levels }, (_, level) =>
      bytes(20, 4, ...Array.from({ length: 20 }, () => pointer((level + 1) * 102))),
    ),
    0x41,
    0x78,
  );

t.test('records as they should be', async (t) => {
  const good = mmdb([
    { network: '8.8.8.0/24', record: place('US', 15_169, 'Example') },
    { network: '2001:db8::/32', record: { list: [1, 'x', { a: 'y'.repeat(300) }], none: [] } },
  ]);
  const nodeCount = good.indexOf(Buffer.alloc(16)) / 8;
  t.equal(mmdbRecordsFault(good, { nodeCount, recordBits: 32 }), undefined);
  for (const bits of [24, 28, 32]) t.equal(fault(bytes(0x41, 0x78), bits), undefined, `${bits}`);
  t.equal(fault(bytes(0xe1, 0x41, 0x78, pointer(8), 0x00, 0x07)), undefined, 'a boolean');
  t.equal(fault(bytes(0x20, 2, 0x41, 0x78)), undefined, 'a short pointer');
  t.equal(fault(bomb(1)), undefined);
  t.equal(mmdbDescriptionFault(good), undefined);
});

t.test('records that no one should look up', async (t) => {
  const cases: [string, Buffer, RegExp][] = [
    ['few bytes, many values', bomb(8), /record at byte 0 of the data holds more than 1000 values/],
    ['a pointer to itself', pointer(0), /more than 16 deep/],
    ['a list that is said to be long', bytes(31, 4, 255, 255, 255), /more than 1000 values/],
    ['a map of many', bytes(0xfe, 2, 0), /more than 1000 values/],
    ['much text', bytes(2, 4, text(65_000), text(1_000)), /more than 65536 bytes/],
    ['a text that is not there', bytes(0x45, 0x78), /ends outside the file/],
    ['a pointer out of the file', pointer(1_000), /ends outside the file/],
    ['no record', bytes(), /outside the file/],
  ];
  for (const [name, data, message] of cases) t.match(fault(data), message, name);
  t.match(mmdbRecordsFault(Buffer.alloc(30), { nodeCount: 99, recordBits: 24 }), /a tree of 99/);
  t.match(mmdbRecordsFault(Buffer.alloc(30), { nodeCount: 1, recordBits: 25 }), /expected a tree/);
});

t.test('what the file says of itself', async (t) => {
  const described = (data: Buffer) =>
    mmdbDescriptionFault(bytes(Buffer.alloc(99), MMDB_MARK, data));
  t.match(described(bomb(8)), /holds more than 1000 values/);
  t.match(described(bytes()), /ends outside the file/);
  t.match(mmdbDescriptionFault(Buffer.alloc(99)), /has no description/);
  t.match(described(bytes(0x41, 0x78, MMDB_MARK, 0x6d)), /more than one description/);
});
