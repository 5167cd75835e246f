/**
 * `make supply-chain` finds each way in which something unreviewed could come into the packages. Each
 * case tampers with a small tree of three vendored packages.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['zstddec', 'ms', 'sd-notify'];

// biome-ignore lint/suspicious/noExplicitAny: JSON files that the cases edit
type Json = any;

interface Tree {
  readonly dir: string;
  edit(file: string, change: (value: Json) => void): void;
  /** Replaces a vendored tarball by one with changed files, and its hash in lock file and closed list. */
  repack(name: string, change: (folder: string) => void): void;
}

/** A tree in which everything is as it should be. */
function makeTree(): Tree {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-supply-chain-'));
  const json = (file: string): Json => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const write = (file: string, value: unknown) => {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), typeof value === 'string' ? value : JSON.stringify(value));
  };
  const locked = json('package-lock.json').packages;
  const list = json('vendor/closed-list.json');
  const entries = PACKAGES.map((name) => ({ name, ...locked[`node_modules/${name}`] }));
  cpSync(join(root, 'scripts/supply-chain'), join(dir, 'scripts/supply-chain'), {
    recursive: true,
  });
  cpSync(join(root, 'vendor/policy.json'), join(dir, 'vendor/policy.json'));
  cpSync(join(root, 'debian/control'), join(dir, 'debian/control'));
  cpSync(join(root, 'debian/copyright.in'), join(dir, 'debian/copyright.in'));
  for (const { name, version } of entries)
    cpSync(
      join(root, `vendor/npm/${name}-${version}.tgz`),
      join(dir, `vendor/npm/${name}-${version}.tgz`),
    );
  write('package.json', { dependencies: Object.fromEntries(PACKAGES.map((name) => [name, '*'])) });
  write('package-lock.json', {
    packages: {
      '': {},
      ...Object.fromEntries(
        PACKAGES.map((name) => [`node_modules/${name}`, locked[`node_modules/${name}`]]),
      ),
      'node_modules/unlisted': { version: '1.0.0', integrity: 'sha512-x' },
      'node_modules/a-tool': { version: '1.0.0', integrity: 'sha512-x', dev: true },
    },
  });
  write(
    'vendor/closed-list.json',
    Object.fromEntries(
      entries.map(({ name, version }) => [`${name}@${version}`, list[`${name}@${version}`]]),
    ),
  );
  write('docs/supply-chain.md', PACKAGES.map((name) => `\`${name}\``).join(' '));
  const meta = {
    inputs: {
      'src/main.ts': {},
      'node_modules/ms/index.js': {},
      'node_modules/zstddec/dist/zstddec.mjs': {},
    },
    outputs: {
      'dist/x.js': {
        imports: [
          { path: 'node:fs', external: true },
          { path: 'sd-notify', external: true },
        ],
      },
    },
  };
  for (const program of ['api', 'fastpath', 'uploader', 'doctor'])
    write(`dist/ooni-${program}.meta.json`, meta);
  execFileSync(process.execPath, ['scripts/supply-chain/copyright.mjs'], { cwd: dir });
  const tree: Tree = {
    dir,
    edit(file, change) {
      const value = JSON.parse(readFileSync(join(dir, file), 'utf8'));
      change(value);
      write(file, value);
    },
    repack(name, change) {
      const { version } = entries.find((entry) => entry.name === name)!;
      const tarball = join(dir, `vendor/npm/${name}-${version}.tgz`);
      const folder = mkdtempSync(join(dir, 'repack-'));
      execFileSync('tar', ['--warning=no-unknown-keyword', '-xzf', tarball, '-C', folder]);
      change(join(folder, 'package'));
      execFileSync('tar', ['-czf', tarball, '-C', folder, 'package']);
      const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
      tree.edit('package-lock.json', (lock) => {
        lock.packages[`node_modules/${name}`].integrity = integrity;
      });
      tree.edit('vendor/closed-list.json', (closed) => {
        closed[`${name}@${version}`].integrity = integrity;
      });
    },
  };
  return tree;
}

function check(tree: Tree): { code: number | null; faults: string } {
  const run = spawnSync(process.execPath, ['scripts/supply-chain/check.mjs'], {
    cwd: tree.dir,
    encoding: 'utf8',
  });
  return { code: run.status, faults: run.stderr };
}

function editManifest(folder: string, change: (manifest: Json) => void): void {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

t.test('a tree in order', async (t) => {
  const tree = makeTree();
  t.same(check(tree), { code: 0, faults: '' });
  rmSync(tree.dir, { recursive: true });
});

const ms = (tree: Tree) =>
  join(
    tree.dir,
    'vendor/npm',
    `ms-${JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages['node_modules/ms'].version}.tgz`,
  );

const CASES: { name: string; tamper: (tree: Tree) => void; fault: RegExp; count?: number }[] = [
  {
    name: 'a tarball whose bytes changed',
    tamper: (tree) => appendFileSync(ms(tree), 'x'),
    fault: /ms-[\d.]+\.tgz: expected sha512-.*, found sha512-/,
  },
  {
    name: 'a hash that changed in the lock file',
    tamper: (tree) =>
      tree.edit('package-lock.json', (lock) => {
        lock.packages['node_modules/ms'].integrity = 'sha512-other';
      }),
    fault: /ms@.*: expected sha512-.* as on the closed list, found sha512-other/,
  },
  {
    name: 'a newer version in the lock file',
    tamper: (tree) =>
      tree.edit('package-lock.json', (lock) => {
        lock.packages['node_modules/ms'].version = '9.9.9';
      }),
    fault: /ms@9\.9\.9: bundled, but neither in Debian Stable nor on the closed list/,
    // The old version is left over.
    count: 2,
  },
  {
    name: 'a bundled package that is not on the list',
    tamper: (tree) =>
      tree.edit('dist/ooni-fastpath.meta.json', (meta) => {
        meta.inputs['node_modules/unlisted/index.js'] = {};
      }),
    fault: /unlisted@1\.0\.0: bundled, but neither in Debian Stable nor on the closed list/,
  },
  {
    name: 'a bundled development tool',
    tamper: (tree) =>
      tree.edit('dist/ooni-api.meta.json', (meta) => {
        meta.inputs['node_modules/a-tool/index.js'] = {};
      }),
    fault: /node_modules\/a-tool: bundled, but not a production dependency/,
  },
  {
    name: 'an import that is not there in production',
    tamper: (tree) =>
      tree.edit('dist/ooni-uploader.meta.json', (meta) => {
        meta.outputs['dist/x.js'].imports.push({ path: 'left-over', external: true });
      }),
    fault: /ooni-uploader\.js: imports left-over, which is not there in production/,
  },
  {
    name: 'an install script',
    tamper: (tree) =>
      tree.repack('ms', (folder) =>
        editManifest(folder, (manifest) => {
          manifest.scripts = { postinstall: 'true' };
        }),
      ),
    fault: /ms@.*: has an install script \(postinstall\) that is not on the list/,
  },
  {
    name: 'an install script that npm would make up',
    tamper: (tree) =>
      tree.repack('ms', (folder) => writeFileSync(join(folder, 'binding.gyp'), '{}')),
    fault: /ms@.*: has an install script \(binding\.gyp\) that is not on the list/,
  },
  {
    name: 'a licence that is not on the list',
    tamper: (tree) =>
      tree.repack('ms', (folder) =>
        editManifest(folder, (manifest) => {
          manifest.license = 'SEE LICENSE IN EULA';
        }),
      ),
    fault: /ms@.*: licence "SEE LICENSE IN EULA" is not on the list/,
    // It is not what the closed list says either.
    count: 2,
  },
  {
    name: 'compiled code',
    tamper: (tree) =>
      tree.repack('ms', (folder) => writeFileSync(join(folder, 'fast.node'), 'ELF')),
    fault: /ms@.*: holds compiled code that is not on the list of policy\.json: fast\.node/,
  },
  {
    name: 'compiled code by another name',
    tamper: (tree) =>
      tree.repack('ms', (folder) =>
        writeFileSync(join(folder, 'README'), Buffer.from('7f454c46020101000000', 'hex')),
      ),
    fault: /ms@.*: holds compiled code that is not on the list of policy\.json: README/,
  },
  {
    name: 'compressed text',
    tamper: (tree) =>
      tree.repack('ms', (folder) =>
        writeFileSync(join(folder, 'data.js'), gzipSync('process.exit()')),
      ),
    fault: /ms@.*: holds compiled code that is not on the list of policy\.json: data\.js/,
  },
  {
    name: 'a bundled file that is not as in the tarball',
    tamper: (tree) => {
      mkdirSync(join(tree.dir, 'node_modules/ms'), { recursive: true });
      writeFileSync(join(tree.dir, 'node_modules/ms/index.js'), 'module.exports = 1;');
    },
    fault: /node_modules\/ms\/index\.js: bundled, but not as in vendor\/npm\/ms-/,
  },
  {
    name: 'a bundled file that no tarball has',
    tamper: (tree) =>
      tree.edit('dist/ooni-api.meta.json', (meta) => {
        meta.inputs['node_modules/ms/more.js'] = {};
      }),
    fault: /node_modules\/ms\/more\.js: bundled, but not as in vendor\/npm\/ms-/,
  },
  {
    name: 'a native source that is not as in the tarball',
    tamper: (tree) => {
      mkdirSync(join(tree.dir, 'node_modules/sd-notify'), { recursive: true });
      writeFileSync(join(tree.dir, 'node_modules/sd-notify/notify.cc'), '// other');
    },
    fault: /node_modules\/sd-notify\/notify\.cc: bundled, but not as in vendor\/npm\/sd-notify-/,
  },
  {
    name: 'a bundled file from somewhere else',
    tamper: (tree) =>
      tree.edit('dist/ooni-api.meta.json', (meta) => {
        meta.inputs['../elsewhere/x.js'] = {};
      }),
    fault: /\.\.\/elsewhere\/x\.js: bundled, but neither a source nor a package/,
  },
  {
    name: 'a tarball of something else',
    tamper: (tree) =>
      tree.repack('ms', (folder) =>
        editManifest(folder, (manifest) => {
          manifest.name = 'mss';
        }),
      ),
    fault: /calls itself mss@/,
  },
  {
    name: 'a tarball that belongs to nothing',
    tamper: (tree) => writeFileSync(join(tree.dir, 'vendor/npm/extra-1.0.0.tgz'), ''),
    fault: /vendor\/npm\/extra-1\.0\.0\.tgz: belongs to nothing on the closed list/,
  },
  {
    name: 'a package on the list that no bundle has any more',
    tamper: (tree) => {
      for (const program of ['api', 'fastpath', 'uploader', 'doctor'])
        tree.edit(`dist/ooni-${program}.meta.json`, (meta) => {
          delete meta.inputs['node_modules/ms/index.js'];
        });
    },
    fault: /ms@.*: on the closed list, but in no bundle/,
  },
  {
    name: 'a Debian package that nobody listed',
    tamper: (tree) => {
      const file = join(tree.dir, 'debian/control');
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(' node-bindings,', ' node-bindings,\n php,'),
      );
    },
    fault: /debian\/control: php is not on the list/,
  },
  {
    name: 'a direct dependency without a reason',
    tamper: (tree) => writeFileSync(join(tree.dir, 'docs/supply-chain.md'), '`ms` `sd-notify`'),
    fault: /no reason for `zstddec`/,
  },
  {
    name: 'a download address in the lock file',
    tamper: (tree) =>
      tree.edit('package-lock.json', (lock) => {
        lock.packages['node_modules/ms'].resolved = 'https://example.org/ms.tgz';
      }),
    fault: /package-lock\.json: node_modules\/ms has a download address/,
  },
  {
    name: 'a debian/copyright that lacks a package',
    tamper: (tree) => {
      const file = join(tree.dir, 'debian/copyright');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/ vendor\/npm\/ms-.*\n/, ''));
    },
    fault: /debian\/copyright: not what the closed list says/,
  },
];

t.test('no copyright holder is made up', async (t) => {
  const tree = makeTree();
  const copyright = async () => {
    const { copyrightOf } = await import(join(root, 'scripts/supply-chain/tarball.mjs'));
    return copyrightOf(ms(tree));
  };
  tree.repack('ms', (folder) => {
    rmSync(join(folder, 'license.md'));
    editManifest(folder, (manifest) => {
      manifest.author = { name: 'Somebody' };
    });
  });
  t.same(await copyright(), ['none stated; author in package.json: Somebody']);
  tree.repack('ms', (folder) =>
    editManifest(folder, (manifest) => {
      delete manifest.author;
    }),
  );
  t.same(await copyright(), ['none stated']);
  rmSync(tree.dir, { recursive: true });
});

for (const { name, tamper, fault, count = 1 } of CASES)
  t.test(name, async (t) => {
    const tree = makeTree();
    tamper(tree);
    const { code, faults } = check(tree);
    t.equal(code, 1, 'ends with 1');
    t.match(faults, fault);
    t.equal(faults.trim().split('\n').length, count, `tells of nothing else: ${faults}`);
    rmSync(tree.dir, { recursive: true });
  });
