/**
 * Memory that measurements are read into, some together, and that is used again when they are done with. A buffer
 * of its own for each has V8 mark all of its heap, each time that 64 MB were made.
 */
export interface Rooms {
  take(): Room;
}

export interface Room {
  /** Memory for so many bytes: a part of this room where that is large enough, or some of its own. */
  place(bytes: number): Buffer;
  /** What was placed here is done with; more than once is fine. */
  release(): void;
}

/** A batch, and the measurement that fills it. */
const ROOM_BYTES = 524_288;
/** Rooms that wait to be used again. */
const MAX_FREE = 32;

export function makeRooms(): Rooms {
  const free: Buffer[] = [];
  return {
    take() {
      const memory = free.pop() ?? Buffer.allocUnsafeSlow(ROOM_BYTES);
      let used = 0;
      let isReleased = false;
      return {
        place(bytes) {
          if (isReleased || bytes > ROOM_BYTES - used) return Buffer.allocUnsafeSlow(bytes);
          used += bytes;
          return memory.subarray(used - bytes, used);
        },
        release() {
          if (!isReleased && free.length < MAX_FREE) free.push(memory);
          isReleased = true;
        },
      };
    },
  };
}
