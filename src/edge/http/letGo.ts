/**
 * Memory of chunks given back at once, by the native module (letGo.c): JavaScript has no words for it, and V8 looks through its
 * whole heap each time that 64 MB of them wait to be collected (docs/design/buffers.md).
 */
import { nativeDoors } from '../../native/nativeModule.ts';

/**
 * Nobody uses these bytes any more: an array that fills its buffer is empty from now on. One that is a part of a buffer is left
 * as it is.
 */
export type LetGo = (bytes: Uint8Array) => void;

export interface LetGoDoor {
  /** Throws a TypeError for what is no Uint8Array. */
  letGo(bytes: Uint8Array): void;
}

/** What the collector of garbage does in its own time. */
export const leaveToCollector: LetGo = () => {};

/** That of the native module; the collector where it cannot be used: `onFallback` is told why. `modulePath`: of another module. */
export function openLetGo(onFallback: (reason: string) => void, modulePath?: string): LetGo {
  return nativeDoors<LetGoDoor>(onFallback, modulePath)?.letGo ?? leaveToCollector;
}
