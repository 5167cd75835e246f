// Unpacks the vendored tarballs to node_modules, offline: the first step of the package build.
// Refuses a tarball whose hash is not the one of package-lock.json and of the closed list.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { closedList, integrityOf, keyOf, lockedPackages, tarballOf } from './packages.mjs';
import { unpack } from './tarball.mjs';

if (existsSync('node_modules'))
  throw new Error('node_modules is here already: the package build wants a tree of its own');
const list = closedList();
const packages = [...lockedPackages().values()]
  .filter((entry) => keyOf(entry) in list)
  // Parents before the packages nested in them.
  .sort((a, b) => a.path.length - b.path.length);
for (const entry of packages) {
  const found = integrityOf(readFileSync(tarballOf(entry)));
  for (const [place, expected] of [
    ['package-lock.json', entry.integrity],
    ['vendor/closed-list.json', list[keyOf(entry)].integrity],
  ])
    if (found !== expected)
      throw new Error(`${tarballOf(entry)}: expected ${expected} as in ${place}, found ${found}`);
  mkdirSync(entry.path, { recursive: true });
  unpack(tarballOf(entry), entry.path);
}
console.log(`${packages.length} packages unpacked to node_modules`);
