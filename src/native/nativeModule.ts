/**
 * The native module, which ooni-common has for each architecture (docs/supply-chain.md): functions in C that
 * run whole in one thread of Node's pool. Each has a reference in JavaScript in the room that uses it.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** As in module.c: another one has other arguments or answers. */
const INTERFACE_VERSION = 9;

/** Beside the program that was bundled; from its sources, where the build puts it. */
const NATIVE_MODULE = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/native.node' : 'native.node',
    import.meta.url,
  ),
);

export type LoadedNative<Doors> =
  | { readonly kind: 'usable'; readonly doors: Doors }
  | { readonly kind: 'unusable'; readonly reason: string };

/** Only one that is there and of this release can be used. `Doors`: what of it the caller uses. */
export function loadNative<Doors>(path = NATIVE_MODULE): LoadedNative<Doors> {
  let loaded: { readonly interfaceVersion: number };
  try {
    loaded = createRequire(import.meta.url)(path);
  } catch (error) {
    return { kind: 'unusable', reason: `${path} cannot be loaded: ${firstLine(error)}` };
  }
  if (loaded.interfaceVersion !== INTERFACE_VERSION)
    return {
      kind: 'unusable',
      reason: `${path} is of another release: install packages of one version`,
    };
  return { kind: 'usable', doors: loaded as unknown as Doors };
}

/** Its doors; undefined where it cannot be used: `onFallback` is told why. `path`: of another module. */
export function nativeDoors<Doors>(
  onFallback: (reason: string) => void,
  path?: string,
): Doors | undefined {
  const loaded = loadNative<Doors>(path);
  if (loaded.kind === 'usable') return loaded.doors;
  onFallback(loaded.reason);
  return undefined;
}

function firstLine(error: unknown): string {
  return String((error as Error).message ?? error).split('\n', 1)[0]!;
}
