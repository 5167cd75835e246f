/** zstd data: made by the reference compressor, and made by hand. */

/** What is in the samples. */
export const SAMPLE_TEXT = JSON.stringify({
  format: 'json',
  content: {
    test_name: 'ndt',
    probe_cc: 'IT',
    probe_asn: 'AS30722',
    test_keys: {
      queries: Array.from({ length: 40 }, (_, i) => ({
        hostname: `example${i}.org`,
        answers: [{ ipv4: `192.0.2.${i}` }],
        t: i / 7,
      })),
    },
  },
});

/** SAMPLE_TEXT as the zstd command (1.5.7) compresses it, base64. */
export const SAMPLES: Readonly<Record<string, string>> = {
  'content size and checksum':
    'KLUv/WRZDG0OAFYSNyFAbaoD+OzYZvGNKyF3F7F3zytjYmuXpEkpY/FY4RiGORMzADQAJwD5K7QCANnyQWQgIFsyGAtXkCiONBkNXrZ0DeQtInQxHy3jc/EljDT5EriQLSPSUJKDfASsR9UsqGVMo1gSnR90zjRbMoRDQXER8CFpEkFJDnINjgYi4SJMEvJB0BI6BcU9OMAJx2AC+/96/dHR+Yylr3Wl+ly1m1nt/qjqUU1HVRlbS6mUtpuVuXd/1esBy7IomrFeq5XqtGm7t5eXd/dnrKvLaNEyY7zWKrXp6dvvL5+/+32AlKjhsC0oKY8UhjkQIxGpzQMSQBCAMMAkihAgEAghBAkBikJE+KZKD57CKAnFmkuyQ4WAByMEZJysJlwnpUIMiT0YYfWGpPmbk9dxU6M4vEAMgEFSvQsgLJIBwhQ4KoEIceqZ4KVai0YqmARjCFsyCVtYS/qEQ/2n0x/aXKk5Ns11SuIEGERUiDNN1QoeHq/QsP6gYkCFW4jwbKUHVPOnpFYIrNSWSix9g1W/JulLOYA8FYABF92lZaDg52a42LJI1I2FuSqDLJphM5Zs1PMaQ24PtB8WbOSsUNFGe4NpdfL0m8SkEA2m7SflyZ4qcFBr0g==',
  'a stream, no content size':
    'KLUv/QRYTQ4AlpI3IUBNqwM++aqxij9kdnb5Hwq+GF8WrtxGpJSxSLnhGIY5EzMANQAnAEf+Cq0AQLZ8EBkIyJZJsnAFytLII6PBy5aOgbxFhC4m0zI+F5+S5JFPgQvZMiKMRTlIJkf1aFDLmIeiSXR+0DnTbMkQDYXFRcCH5JEIi3KQa2gwEAkXoZKQDEFL6BQW9+CQTEs44RgC/6/XHx2dz1j6Wleqz1W7mdXuj6oe1XRUlbG1lEppu1mZe/dXvc4aTdMomrFeq5XqtGm7t5eXd/dnrKvLaNEyY7zWKrXp6dvvL5+/+/0GgJOo4bgtox6VYQ4QIxGpzQMSkDCwJIoQIBRIIQQJAYpSRPimSg/Yk1FKZCUTRhs+HQ9GCNiQWV24QsakJxKKjbB6QdJrvZHXnk9cMBZQAisYUdbMAHg4b+LhcCqB4ZHUi+j5WqetQOXAMvSWnAYUyZLbIVz/Kformzs1Z9EcUsn5YIXAgzTTBK1acH0lgHUE1QEqe0KEZytEoMqfcluRY6W0FGDJGlT9rCwvaQSSdrSGOYiXhgHC38XlomJ5XSELm1WUrtLAxipxKvMaELcc6gVFbGiCiN3NboMd6mTgZ9KMuj1QPI1TBXBQa9I=',
  'no checksum':
    'KLUv/QBYTQ4AlpI3IUBNqwM++aqxij9kdnb5Hwq+GF8WrtxGpJSxSLnhGIY5EzMANQAnAEf+Cq0AQLZ8EBkIyJZJsnAFytLII6PBy5aOgbxFhC4m0zI+F5+S5JFPgQvZMiKMRTlIJkf1aFDLmIeiSXR+0DnTbMkQDYXFRcCH5JEIi3KQa2gwEAkXoZKQDEFL6BQW9+CQTEs44RgC/6/XHx2dz1j6Wleqz1W7mdXuj6oe1XRUlbG1lEppu1mZe/dXvc4aTdMomrFeq5XqtGm7t5eXd/dnrKvLaNEyY7zWKrXp6dvvL5+/+/0GgJOo4bgtox6VYQ4QIxGpzQMSkDCwJIoQIBRIIQQJAYpSRPimSg/Yk1FKZCUTRhs+HQ9GCNiQWV24QsakJxKKjbB6QdJrvZHXnk9cMBZQAisYUdbMAHg4b+LhcCqB4ZHUi+j5WqetQOXAMvSWnAYUyZLbIVz/Kformzs1Z9EcUsn5YIXAgzTTBK1acH0lgHUE1QEqe0KEZytEoMqfcluRY6W0FGDJGlT9rCwvaQSSdrSGOYiXhgHC38XlomJ5XSELm1WUrtLAxipxKvMaELcc6gVFbGiCiN3NboMd6mTgZ9KMuj1QPI1TBQ==',
  'level 19':
    'KLUv/WRZDOUMAPYRNh5Ab3WfRVx/4A3VYEIe8RC/BLy7JE3KWL/lcAzDnAkyADIAKABvigUAhSqlZxBQqAiEIR6gSKKNzoRUqDHySMOU4tQM1CnjlBBCG5WQ5FCo84lEkEIzAVCnNoVJlXNHOX+rULsiaUTRIslHG11EkKMiRBJ5LnFKEEMzBKhSbESRMtEMVAkTH40+V1fvv8fuXL81xnadtbqZ/+8uU6v2PedaW8Z4re7VzO1vy73X2W0mFdM0Fd5zrrXFmPFavLi7mf/Xy8utWHG/185xa8zOzuvr3O/z+T/vBoCPqOHEmlGPyjAHMCtIohwScCCQFJEQJCyFECQEJM0Ir1T3EHnm++CfUEzv+McahIyo0LEVLrD9i6SHpjV9Dl5DB7QvRCZEkqUxSlAwOJvHG8Wco5WsBBMp0p67fd9killIsIoSBvolQrBONZOheT88gizFlooRDx22z2a8XAgbLYPAYszcHjpRPfJwPCmQ6Jga3WYb/tSnIdypC31ZH3VVNDdR7sfrl1V9KMw6icDz0s7G39UJ05/pm+pGgOIRxSpwUGvS',
  'window of 128 MiB':
    'KLUv/QSI5QwA9hE2HkBvdZ9FXH/gDdVgQh7xEL8EvLskTcpYv+VwDMOcCTIAMgAoAG+KBQCFKqVnEFCoCIQhHqBIoo3OhFSoMfJIw5Ti1AzUKeOUEEIblZDkUKjziUSQQjMBUKc2hUmVc0c5f6tQuyJpRNEiyUcbXUSQoyJEEnkucUoQQzMEqFJsRJEy0QxUCRMfjT5XV++/x+5cvzXGdp21upn/7y5Tq/Y951pbxnit7tXM7W/LvdfZbSYV0zQV3nOutcWY8Vq8uLuZ/9fLy61Ycb/XznFrzM7O6+vc7/P5P+8GgI+o4cSaUY/KMAcwK0iiHBJwIJAUkRAkLIUQJAQkzQivVPcQeeb74J9QTO/4xxqEjKjQsRUusP2LpIemNX0OXkMHtC9EJkSSpTFKUDA4m8cbxZyjlawEEynSnrt932SKWUiwihIG+iVCsE41k6F5PzyCLMWWihEPHbbPZrxcCBstg8BizNweOlE98nA8KZDomBrdZhv+1Kch3KkLfVkfdVU0N1Hux+uXVX0ozDqJwPPSzsbf1QnTn+mb6kaA4hHFKnBQa9I=',
};

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** A block: its type (0 raw, 1 run of one byte, 2 compressed), its size field, its bytes. */
export function block(type: number, size: number, bytes: Uint8Array, last = true): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | Number(last), 0, 3);
  return Buffer.concat([header, bytes]);
}

/** A frame with a window descriptor and no content size. */
export function windowFrame(windowLog: number, ...blocks: Buffer[]): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([0x00, (windowLog - 10) << 3]), ...blocks]);
}

/** A single-segment frame that tells its content's size, in eight bytes. */
export function sizedFrame(contentBytes: number, ...blocks: Buffer[]): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(contentBytes));
  return Buffer.concat([MAGIC, Buffer.from([0xe0]), size, ...blocks]);
}

/** A text in raw blocks, as a compressor stores what it cannot compress. */
export function rawFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 100_000) {
    const piece = bytes.subarray(at, at + 100_000);
    blocks.push(block(0, piece.length, piece, at + 100_000 >= bytes.length));
  }
  return sizedFrame(bytes.length, ...blocks);
}

export function skippableFrame(bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a53, 0);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** Run-length blocks of 128 KiB: four bytes each that become 131072. */
export function bomb(blocks: number): Buffer {
  const one = block(1, 131_072, Buffer.from('a'), false);
  const all = Array.from({ length: blocks - 1 }, () => one);
  return windowFrame(17, ...all, block(1, 131_072, Buffer.from('a')));
}

/**
 * One compressed block: a literal, and then 2,000 sequences of a repeated offset and 65,539 bytes each,
 * all told by tables of one symbol. A decoder that does not stop at a block's size writes 131 MB.
 */
export const LONG_SEQUENCES: Buffer = (() => {
  const count = 2_000;
  const literals = Buffer.from([1 << 3, 0x61]);
  const header = Buffer.from([
    (count >> 8) + 128, count & 255,
    0b01010100, // all three tables of one symbol
    1, 0, 52, // literals 1, offset code 0 (repeat), match length code 52
  ]); // biome-ignore format: as RFC 8878, 3.1.1.3.2.1 has them
  // 16 extra bits of the match length for each, read from the end, which a set bit marks.
  const bits = Buffer.concat([Buffer.alloc(2 * count), Buffer.from([1])]);
  const bytes = Buffer.concat([literals, header, bits]);
  return windowFrame(23, block(2, bytes.length, bytes));
})();
