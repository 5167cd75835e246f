/**
 * The layout of a large body, found by the native module in one call that runs whole in one thread of Node's pool
 * (layout.c). It only says what is in order: for all else, and where there is no module, a body is parsed, which
 * says the same and has the words for what is wrong (docs/design/layout.md).
 */
import { MAX_VALUES } from '../../core/json/bounds.ts';
import { type BodyLayout, bodyLayout } from '../../core/json/layout.ts';
import { makeLanes } from '../../native/lanes.ts';
import { loadNative } from '../../native/nativeModule.ts';

export interface LayoutDoor {
  /**
   * `text`: room for what the member `content` stands for, as long as `json`; empty: that is an object, and its members
   * are told too. undefined for what is not in order, or more than 256 members of those levels. `textLength`: -1: no
   * content was a string. Throws a TypeError for arguments of another kind.
   */
  layout(json: Uint8Array, text: Uint8Array, mostValues: number): Promise<Found | undefined>;
}

interface Found {
  readonly outer: Int32Array;
  readonly inner: Int32Array;
  readonly textLength: number;
}

/** How a body has its measurement: an object in it, or the text of one. */
export type Shape = 'object' | 'text';

export interface LayoutFinder {
  /** Memory that finding takes, and keeps until the layout is of no use any more. */
  workBytes(bodyBytes: number, shape: Shape): number;
  /** undefined: it must be parsed. */
  find(body: Uint8Array, shape: Shape): Promise<BodyLayout | undefined>;
  close(): void;
}

const NOTHING = new Uint8Array();

/** undefined where the module cannot be used; `onFallback` is told why. `modulePath`: of another module. */
export function openLayoutFinder(
  onFallback: (reason: string) => void,
  modulePath?: string,
): LayoutFinder | undefined {
  const loaded = loadNative<LayoutDoor>(modulePath);
  if (loaded.kind === 'usable') return makeLayoutFinder(loaded.doors);
  onFallback(loaded.reason);
  return undefined;
}

export function makeLayoutFinder({ layout }: LayoutDoor): LayoutFinder {
  const lanes = makeLanes();
  return {
    workBytes: (bodyBytes, shape) => (shape === 'text' ? bodyBytes : 0),
    async find(body, shape) {
      const leave = await lanes.enter(body.length);
      if (leave === undefined) return undefined;
      try {
        const room = shape === 'text' ? Buffer.allocUnsafeSlow(body.length) : NOTHING;
        const found = await layout(body, room, MAX_VALUES);
        if (found === undefined) return undefined;
        const { outer, inner, textLength } = found;
        const text = textLength < 0 ? undefined : room.subarray(0, textLength);
        return bodyLayout(body, { outer, inner, text });
      } finally {
        leave();
      }
    },
    close: () => lanes.close(),
  };
}
