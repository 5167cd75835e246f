// Writes debian/copyright (DEP 5): debian/copyright.in, then one stanza for the vendored packages of
// each set of copyright lines and licence, as the closed list has them.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { closedList, tarballOf } from './packages.mjs';

// Debian's names for the licences (SPDX name on the left); debian/copyright.in has their texts.
const DEBIAN_NAMES = {
  MIT: 'Expat',
  ISC: 'ISC',
  'MIT AND BSD-3-Clause': 'Expat and BSD-3-Clause',
};

/** The text that debian/copyright must have. */
export function renderCopyright() {
  const groups = new Map();
  for (const [key, { licence, copyright }] of Object.entries(closedList())) {
    const at = key.lastIndexOf('@');
    const file = tarballOf({ name: key.slice(0, at), version: key.slice(at + 1) });
    const about = `${['Copyright:', ...copyright].join('\n ')}\nLicense: ${DEBIAN_NAMES[licence] ?? licence}`;
    groups.set(about, [...(groups.get(about) ?? []), file]);
  }
  const stanzas = [...groups].map(([about, files]) => `Files:\n ${files.join('\n ')}\n${about}\n`);
  const [head, licences] = readFileSync('debian/copyright.in', 'utf8').split('@VENDORED@\n');
  return `${head}${stanzas.join('\n')}\n${licences}`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync('debian/copyright', renderCopyright());
