/**
 * Are the records of a GeoIP file small? A record may point to others, and those to others again, so that
 * few bytes stand for more values than any host has memory for; who looks up such an address waits for
 * all of them. So each record is measured, without making it, before a file is put in place
 * (MaxMind DB 2.0, "output data section").
 */

export interface MmdbLayout {
  readonly nodeCount: number;
  /** 24, 28 or 32. */
  readonly recordBits: number;
}

/** A record of today has some ten values in some hundred bytes. */
const MOST_VALUES = 1_000;
const MOST_TEXT_BYTES = 65_536;
const MOST_DEPTH = 16;
/** Of all records together: some seconds. */
const MOST_WORK = 200_000_000;
/** Between the tree and the data. */
const SEPARATOR_BYTES = 16;

const POINTER = 1;
const MAP = 7;
const ARRAY = 11;
const BOOLEAN = 14;
/** By the two bits that say how long a pointer is: what is added to its value. */
const POINTER_BASES = [0, 2_048, 526_336, 0];

class RecordFault extends Error {}

/** Where the file's own description of itself begins. */
export const MMDB_MARK = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/** The same of what the file says of itself, which is read before all else. */
export function mmdbDescriptionFault(file: Uint8Array): string | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const mark = bytes.lastIndexOf(MMDB_MARK);
  if (mark < 0) return 'has no description';
  // Readers differ in which of them they take.
  if (bytes.indexOf(MMDB_MARK) !== mark) return 'has more than one description';
  return recordFault(bytes.subarray(mark + MMDB_MARK.length), 0).fault;
}

/** What is wrong with the first record that is not small; undefined when all are. */
export function mmdbRecordsFault(file: Uint8Array, layout: MmdbLayout): string | undefined {
  const { nodeCount, recordBits } = layout;
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const treeBytes = (nodeCount * recordBits * 2) / 8;
  if (![24, 28, 32].includes(recordBits) || treeBytes + SEPARATOR_BYTES > bytes.length)
    return `expected a tree of ${nodeCount} nodes, found ${bytes.length} bytes`;
  const data = bytes.subarray(treeBytes + SEPARATOR_BYTES);
  const seen = new Uint8Array(Math.ceil(data.length / 8));
  let work = 0;
  for (let node = 0; node < nodeCount; node++)
    for (const branch of branches(bytes, node, recordBits)) {
      const at = branch - nodeCount - SEPARATOR_BYTES;
      // Another node, or none.
      if (branch <= nodeCount) continue;
      const where = `the record at byte ${at} of the data`;
      if (at < 0 || at >= data.length) return `${where} is outside the file`;
      if ((seen[at >> 3]! & (1 << (at & 7))) !== 0) continue;
      seen[at >> 3]! |= 1 << (at & 7);
      const { fault, values } = recordFault(data, at);
      if (fault !== undefined) return `${where} ${fault}`;
      work += values;
      if (work > MOST_WORK) return `more than ${MOST_WORK} values in all records`;
    }
  return undefined;
}

function branches(bytes: Buffer, node: number, recordBits: number): readonly [number, number] {
  const at = (node * recordBits * 2) / 8;
  if (recordBits === 32) return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
  if (recordBits === 24) return [bytes.readUIntBE(at, 3), bytes.readUIntBE(at + 3, 3)];
  const middle = bytes[at + 3]!;
  return [
    (middle >> 4) * 2 ** 24 + bytes.readUIntBE(at, 3),
    (middle & 15) * 2 ** 24 + bytes.readUIntBE(at + 4, 3),
  ];
}

function recordFault(data: Buffer, at: number) {
  try {
    return { fault: undefined, values: valuesOf(data, at) };
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    return { fault: error.message, values: 0 };
  }
}

/** How many values a record is. Throws RecordFault for one that is not small. */
function valuesOf(data: Buffer, record: number): number {
  let values = 0;
  let textBytes = 0;
  const byte = (at: number) => {
    const found = data[at];
    if (found === undefined) throw new RecordFault('ends outside the file');
    return found;
  };
  const number = (at: number, length: number) => {
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + byte(at + i);
    return value;
  };
  /** Measures the value at a place; gives the place behind it. */
  const measure = (begin: number, depth: number): number => {
    if (++values > MOST_VALUES) throw new RecordFault(`holds more than ${MOST_VALUES} values`);
    if (depth > MOST_DEPTH) throw new RecordFault(`is more than ${MOST_DEPTH} deep`);
    const control = byte(begin);
    let at = begin + 1;
    if (control >> 5 === POINTER) {
      const long = (control >> 3) & 3;
      const low = number(at, long + 1);
      const high = long === 3 ? 0 : (control & 7) * 256 ** (long + 1);
      measure(high + low + POINTER_BASES[long]!, depth + 1);
      return at + long + 1;
    }
    const type = control >> 5 === 0 ? byte(at++) + 7 : control >> 5;
    let size = control & 31;
    if (size >= 29) {
      const more = size - 28;
      size = [29, 285, 65_821][more - 1]! + number(at, more);
      at += more;
    }
    if (type === MAP || type === ARRAY) {
      const members = type === MAP ? 2 * size : size;
      if (members > MOST_VALUES) throw new RecordFault(`holds more than ${MOST_VALUES} values`);
      for (let i = 0; i < members; i++) at = measure(at, depth + 1);
      return at;
    }
    if (type === BOOLEAN) return at;
    textBytes += size;
    if (textBytes > MOST_TEXT_BYTES)
      throw new RecordFault(`holds more than ${MOST_TEXT_BYTES} bytes`);
    if (at + size > data.length) throw new RecordFault('ends outside the file');
    return at + size;
  };
  measure(record, 0);
  return values;
}
