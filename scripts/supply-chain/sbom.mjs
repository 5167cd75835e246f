// Writes a CycloneDX 1.6 SBOM: node sbom.mjs PACKAGE FILE. Depends on the sources alone: the time is
// SOURCE_DATE_EPOCH, which debhelper takes from debian/changelog.
import { readFileSync, writeFileSync } from 'node:fs';
import { bundledPaths, closedList, keyOf, lockedPackages, NATIVE } from './packages.mjs';

const [packageName, file] = process.argv.slice(2);
const program = /^ooni-(api|fastpath|uploader)$/.exec(packageName)?.[1];
const locked = lockedPackages();
const list = closedList();

const paths = (
  program === undefined ? NATIVE.map((name) => `node_modules/${name}`) : bundledPaths(program)
).filter((path) => locked.has(path) && keyOf(locked.get(path)) in list);

const purlOf = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** The locked package that `name` means when a package at `from` asks for it, as Node resolves it. */
function resolve(from, name) {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    const found = locked.get(`${folder}/node_modules/${name}`);
    if (found !== undefined) return found;
    if (!folder.includes('/node_modules/')) return locked.get(`node_modules/${name}`);
  }
}

const components = new Map();
const edges = new Map();
for (const path of paths) {
  const entry = locked.get(path);
  const { integrity, licence, copyright } = list[keyOf(entry)];
  const [scope, base] = entry.name.startsWith('@')
    ? entry.name.split('/')
    : [undefined, entry.name];
  components.set(purlOf(entry), {
    type: 'library',
    'bom-ref': purlOf(entry),
    ...(scope === undefined ? {} : { group: scope }),
    name: base,
    version: entry.version,
    hashes: [
      {
        alg: 'SHA-512',
        content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'),
      },
    ],
    licenses: [licence.includes(' AND ') ? { expression: licence } : { license: { id: licence } }],
    copyright: copyright.join('; '),
    purl: purlOf(entry),
  });
  const targets = entry.dependencies
    .map((name) => resolve(path, name))
    .filter((target) => target !== undefined && paths.includes(target.path))
    .map(purlOf);
  edges.set(purlOf(entry), [...new Set([...(edges.get(purlOf(entry)) ?? []), ...targets])].sort());
}

const version = /\(([^)]+)\)/.exec(readFileSync('debian/changelog', 'utf8'))[1];
const self = `pkg:deb/debian/${packageName}@${version}`;
const byRef = (a, b) => (a < b ? -1 : 1);
const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: {
    timestamp: new Date(Number(process.env.SOURCE_DATE_EPOCH ?? 0) * 1000)
      .toISOString()
      .replace('.000Z', 'Z'),
    component: {
      type: 'application',
      'bom-ref': self,
      name: packageName,
      version,
      licenses: [{ license: { id: 'Apache-2.0' } }],
      purl: self,
    },
  },
  components: [...components.values()].sort((a, b) => byRef(a['bom-ref'], b['bom-ref'])),
  dependencies: [
    { ref: self, dependsOn: [...components.keys()].sort() },
    ...[...edges].sort(([a], [b]) => byRef(a, b)).map(([ref, dependsOn]) => ({ ref, dependsOn })),
  ],
};
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
