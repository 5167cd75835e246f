/**
 * Covers src/core/scoring/{base64, displayed, domain}.ts.
 */
import t from 'tap';
import { decodeBase64 } from '../../../src/core/scoring/base64.ts';
import { displayed } from '../../../src/core/scoring/displayed.ts';
import { networkLocation } from '../../../src/core/scoring/domain.ts';
import { randomChoices } from '../../support/random.ts';

t.test('network location', async (t) => {
  for (const [input, expected] of [
    ['https://www.example.com/', 'www.example.com'],
    ['http://user:pw@Example.COM:8080/a?b#c', 'user:pw@Example.COM:8080'],
    ['https://example.com?x', 'example.com'],
    ['https://example.com#x', 'example.com'],
    ['//example.com', 'example.com'],
    ['stun://a:1', 'a:1'],
    ['1.2.3.4:443', ''],
    ['www.example.com//x', ''],
    ['1http://x/', ''],
    ['http:/x//y', ''],
    [' \u0000\u001fhttps://example.com/', 'example.com'],
    ['ht\ntps:\t//exa\r\nmple.com/', 'example.com'],
    ['http://[::1]:80/', '[::1]:80'],
    ['http://[::1/', ''],
    ['http://a]/', ''],
    ['', ''],
  ] as const) {
    t.equal(networkLocation(input), expected, JSON.stringify(input));
  }
});

t.test('base64', async (t) => {
  for (const [text, expected] of [
    ['', ''],
    ['YWJj', 'abc'],
    ['YWI=', 'ab'],
    ['YQ==', 'a'],
    ['YW\nJj ', 'abc'],
    ['Y-W_J.j', 'abc'],
    ['YQ==YWJj', 'a'],
    ['YWJj=', 'abc'],
    ['=YWJj', 'abc'],
    ['YQ=', undefined],
    ['Y', undefined],
    ['Y===', undefined],
    ['YWJjYW', undefined],
    ['YQ=x=', 'a\f'],
    ['YWé=', undefined],
    [5, undefined],
    [null, undefined],
  ] as const) {
    t.equal(decodeBase64(text)?.toString('latin1'), expected, JSON.stringify(text));
  }
});

t.test('base64, as one character after the other is read', async (t) => {
  const oneByOne = (text: string) => {
    let digits = '';
    let pads = 0;
    for (const character of text) {
      const place = digits.length % 4;
      if (character === '=') {
        if (place >= 2 && place + ++pads >= 4) return Buffer.from(digits, 'base64');
      } else if (/[A-Za-z0-9+/]/.test(character)) {
        digits += character;
        pads = 0;
      }
    }
    return digits.length % 4 === 0 ? Buffer.from(digits, 'base64') : undefined;
  };
  const random = randomChoices(64);
  const part = () => random.pick(['Y', 'WJ', 'jYW', 'b+/0', '=', '==', '\n', '-', '_*']);
  for (let round = 0; round < 2_000; round++) {
    const text = Array.from({ length: random.below(9) }, part).join('');
    t.strictSame(decodeBase64(text), oneByOne(text), JSON.stringify(text));
  }
});

t.test('values in messages', async (t) => {
  for (const [value, expected] of [
    ['ssl_error', 'ssl_error'],
    [false, 'False'],
    [0.5, '0.5'],
    [['x', null, true], "['x', None, True]"],
    [{ a: 1 }, "{'a': 1}"],
    [["it's"], '["it\'s"]'],
    [['a\\b\n\u0000'], "['a\\\\b\\n\\x00']"],
  ] as const) {
    t.equal(displayed(value), expected);
  }
});
