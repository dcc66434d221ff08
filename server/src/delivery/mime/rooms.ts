/**
 * Memory for messages that is used again. A fresh one for each of some thousand messages a second made a seventh of the
 * main thread's work: the collector of garbage runs by how much memory is taken.
 */
const STEP = 8_192;
const LARGEST = 65_536;
const KEPT_BYTES = 16 * 1_048_576;

const spare: Buffer[] = [];
let spareBytes = 0;
let allocate = (length: number): Buffer => Buffer.allocUnsafeSlow(length);

/** From now on rooms of this thread are memory that other threads can see. */
export function shareRooms(): void {
  allocate = (length) => Buffer.from(new SharedArrayBuffer(length));
}

/** A room of some octets, whose content is undefined. */
export interface Room {
  octets: Buffer;
  /** Gives it back, at the first call. Nobody may read or write `octets` afterwards. */
  free: () => void;
}

/** @param length octets, above 0 */
export function takeRoom(length: number): Room {
  if (length > LARGEST) return { octets: allocate(length), free() {} };
  const whole = spareOf(length) ?? allocate(Math.ceil(length / STEP) * STEP);
  let isFree = false;
  return {
    octets: whole.subarray(0, length),
    free() {
      if (isFree) return;
      isFree = true;
      giveRoom(whole);
    },
  };
}

/** Memory of a room as a whole, which nobody reads or writes any more. */
export function giveRoom(whole: Buffer): void {
  if (whole.length > LARGEST || spareBytes + whole.length > KEPT_BYTES) return;
  spare.push(whole);
  spareBytes += whole.length;
}

/** The one that was given back last: campaigns have mails of about one size. One that is too small is let go. */
function spareOf(length: number): Buffer | null {
  const last = spare.pop();
  if (!last) return null;
  spareBytes -= last.length;
  return last.length >= length ? last : null;
}
