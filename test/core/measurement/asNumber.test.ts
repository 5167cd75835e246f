import t from 'tap';
import {
  BARE_ASN,
  ENGINE_ASN,
  formatAsn,
  MAX_ASN,
  parseBareAsn,
  parseLooseAsn,
  parseReferenceAsn,
  parseResolverAsn,
  parseStrictAsn,
  referenceAsnText,
} from '../../../src/core/measurement/asNumber.ts';

t.test('what each rule takes', async (t) => {
  const no = undefined;
  for (const [text, strict, loose, bare, reference, resolver] of [
    ['AS30722', 30722, 30722, no, 30722, 30722],
    ['as30722', 30722, 30722, no, 30722, no],
    ['aS30722', 30722, 30722, no, 30722, no],
    ['30722', no, 30722, 30722, 722, 30722],
    ['XX30722', no, no, no, 30722, no],
    ['AS0', 0, 0, no, 0, 0],
    ['AS007', 7, 7, no, 7, 7],
    ['AS4294967295', MAX_ASN, MAX_ASN, no, MAX_ASN, MAX_ASN],
    ['AS4294967296', no, no, no, no, no],
    ['4294967296', no, no, no, 94967296, no],
    ['AS00000000007', no, no, no, 7, 7],
    ['AS 1_0 ', no, no, no, 10, 10],
    ['AS+7', no, no, no, 7, 7],
    ['AS-7', no, no, no, no, no],
    ['ASAS7', no, no, no, no, no],
    [' AS7', no, no, no, no, no],
    ['AS7\n', no, no, no, 7, 7],
    ['AS1e3', no, no, no, no, no],
    ['AS', no, no, no, no, no],
    ['', no, no, no, no, no],
  ] as const) {
    const label = JSON.stringify(text);
    t.equal(parseStrictAsn(text), strict, `strict: ${label}`);
    t.equal(parseLooseAsn(text), loose, `loose: ${label}`);
    t.equal(parseBareAsn(text), bare, `bare: ${label}`);
    t.equal(parseReferenceAsn(text), reference, `reference: ${label}`);
    t.equal(parseResolverAsn(text), resolver, `resolver: ${label}`);
  }
});

t.test('texts that are compared or matched', async (t) => {
  for (const [text, rest] of [
    ['AS30722', '30722'],
    ['as30722', '30722'],
    ['SASA7', '7'],
    ['7AS', '7AS'],
    ['AS07', '07'],
    ['', ''],
  ] as const)
    t.equal(referenceAsnText(text), rest, text);
  t.ok(BARE_ASN.test('9999999999'));
  t.notOk(BARE_ASN.test('99999999999'));
  t.match('AS9999999999', new RegExp(ENGINE_ASN));
  t.match('1', new RegExp(ENGINE_ASN));
  t.notMatch('as1', new RegExp(ENGINE_ASN));
});

t.test('format', async (t) => {
  t.equal(formatAsn(30722), 'AS30722');
  t.equal(parseStrictAsn(formatAsn(MAX_ASN)), MAX_ASN);
});
