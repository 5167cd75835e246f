/**
 * The layout of a body, found by the native module (layout.c): of a small one at once, of a large one in one call that
 * runs whole in one thread of Node's pool. It only says what is in order: for all else, and where there is no module, a
 * body is parsed, which says the same and has the words for what is wrong (docs/design/layout.md).
 */
import { MAX_VALUES } from '../../core/json/bounds.ts';
import type { Allocate } from '../../core/json/edit.ts';
import { type BodyLayout, bodyLayout } from '../../core/json/layout.ts';
import { makeLanes } from '../../native/lanes.ts';
import { nativeDoors } from '../../native/nativeModule.ts';

export interface LayoutDoor {
  /**
   * `text`: room for what the member `content` stands for, as long as `json`; empty: that is an object, and its members
   * are told too. `room`: of ROOM_NUMBERS, gets how many numbers there are of outer members and of those in the text, and
   * then these, five a member (core/json/layout.ts). Resolves with the length of the text, or NO_TEXT, or NOT_IN_ORDER: that, or
   * more than 256 members of those levels. Throws a TypeError for arguments of another kind.
   */
  layout(json: Uint8Array, text: Uint8Array, room: Int32Array, mostValues: number): Promise<number>;
  /** The same in the thread that asks. */
  layoutNow(json: Uint8Array, text: Uint8Array, room: Int32Array, mostValues: number): number;
}

/** No content was a string. */
const NO_TEXT = -1;
export const NOT_IN_ORDER = -2;

/** Those of 256 members. */
const LEVEL_NUMBERS = 1_280;
const OUTER_AT = 2;
const INNER_AT = OUTER_AT + LEVEL_NUMBERS;
export const ROOM_NUMBERS = INNER_AT + LEVEL_NUMBERS;

/** How a body has its measurement: an object in it, or the text of one. */
export type Shape = 'object' | 'text';

export interface LayoutFinder {
  /** Memory that finding takes, and keeps until the layout is of no use any more. */
  workBytes(bodyBytes: number, shape: Shape): number;
  /**
   * undefined: it must be parsed. Of a small body no promise, but the layout itself. `allocate`: gives the memory of
   * workBytes().
   */
  find(
    body: Uint8Array,
    shape: Shape,
    allocate?: Allocate,
  ): Promise<BodyLayout | undefined> | BodyLayout | undefined;
  close(): void;
}

const NOTHING = new Uint8Array();
/** Up to here, looking takes less than the way to another thread and back: 64 KiB take some 50 µs. */
const AT_ONCE_BYTES = 65_536;

/** undefined where the module cannot be used; `onFallback` is told why. `modulePath`: of another module. */
export function openLayoutFinder(
  onFallback: (reason: string) => void,
  modulePath?: string,
): LayoutFinder | undefined {
  const native = nativeDoors<LayoutDoor>(onFallback, modulePath);
  return native && makeLayoutFinder(native);
}

export function makeLayoutFinder({ layout, layoutNow }: LayoutDoor): LayoutFinder {
  const lanes = makeLanes();
  /** Of those that are found at once. */
  const numbersNow = new Int32Array(ROOM_NUMBERS);

  const layoutOf = (
    body: Uint8Array,
    room: Uint8Array,
    numbers: Int32Array,
    textLength: number,
  ) => {
    if (textLength === NOT_IN_ORDER) return undefined;
    return bodyLayout(body, {
      outer: numbers.subarray(OUTER_AT, OUTER_AT + numbers[0]!),
      inner: numbers.subarray(INNER_AT, INNER_AT + numbers[1]!),
      text: textLength === NO_TEXT ? undefined : room.subarray(0, textLength),
    });
  };

  const findElsewhere = async (body: Uint8Array, shape: Shape, allocate: Allocate) => {
    const leave = await lanes.enter(body.length);
    if (leave === undefined) return undefined;
    try {
      const room = shape === 'text' ? allocate(body.length) : NOTHING;
      const numbers = new Int32Array(ROOM_NUMBERS);
      return layoutOf(body, room, numbers, await layout(body, room, numbers, MAX_VALUES));
    } finally {
      leave();
    }
  };

  return {
    workBytes: (bodyBytes, shape) => (shape === 'text' ? bodyBytes : 0),
    find(body, shape, allocate = Buffer.allocUnsafe) {
      if (body.length > AT_ONCE_BYTES) return findElsewhere(body, shape, allocate);
      const room = shape === 'text' ? allocate(body.length) : NOTHING;
      return layoutOf(body, room, numbersNow, layoutNow(body, room, numbersNow, MAX_VALUES));
    },
    close: () => lanes.close(),
  };
}
