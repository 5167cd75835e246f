import t from 'tap';
import { sha256Hex } from '../../../src/core/text/sha256.ts';

// FIPS 180-4, example of one block.
t.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
t.equal(sha256Hex(Buffer.from([0xc3, 0xa4])), sha256Hex('ä'), 'a text is its UTF-8');
