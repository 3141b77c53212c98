/** The client's four opening bytes `W A 6 n`; `n` is the version of its token dictionary. */
export interface Opening {
  readonly header: Buffer;
  readonly dictionary: 2 | 3;
}

class FrameError extends Error {
  override name = 'FrameError';
}

const EDGE_ROUTING = 'ED\0\x01';
const FRAME_BYTES_MAX = 1 << 24;

/**
 * Cuts the byte stream of one client into frames.
 *
 * The stream is in one of two states. *Opening*: an optional edge-routing block (`45 44 00 01`,
 * three length bytes, that many bytes) and the header are read once. *Framing*: every frame is
 * three length bytes, big endian, and a body. A websocket message may hold a part of a frame or
 * many of them.
 */
export class FrameStream {
  #pending: Buffer = Buffer.alloc(0);
  #opening: Opening | undefined;

  /** Known once the header has arrived. */
  get opening(): Opening | undefined {
    return this.#opening;
  }

  /** Takes the next bytes and gives the frames they complete. Throws `FrameError` on nonsense. */
  push(bytes: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    if (!this.#opening) this.#readOpening();
    if (!this.#opening) return [];
    const frames: Buffer[] = [];
    for (let frame = this.#readFrame(); frame; frame = this.#readFrame()) frames.push(frame);
    return frames;
  }

  #readOpening(): void {
    let start = 0;
    if (this.#pending.length >= 7 && this.#pending.toString('latin1', 0, 4) === EDGE_ROUTING) {
      start = 7 + this.#pending.readUIntBE(4, 3);
    }
    if (this.#pending.length < start + 4) return;
    const header = this.#pending.subarray(start, start + 4);
    const version = header.readUInt8(3);
    const opensWell = header.toString('latin1', 0, 2) === 'WA' && header.readUInt8(2) === 6;
    if (!opensWell || (version !== 2 && version !== 3)) {
      throw new FrameError(`unknown opening bytes ${header.toString('hex')}`);
    }
    this.#opening = { header: Buffer.from(header), dictionary: version };
    this.#pending = this.#pending.subarray(start + 4);
  }

  #readFrame(): Buffer | undefined {
    if (this.#pending.length < 3) return undefined;
    const length = this.#pending.readUIntBE(0, 3);
    if (this.#pending.length < length + 3) return undefined;
    const frame = this.#pending.subarray(3, length + 3);
    this.#pending = this.#pending.subarray(length + 3);
    return frame;
  }
}

/** One frame as it goes over the wire. */
export function frameOf(body: Uint8Array): Buffer {
  if (body.length >= FRAME_BYTES_MAX) throw new FrameError(`a frame of ${body.length} bytes`);
  const frame = Buffer.allocUnsafe(body.length + 3);
  frame.writeUIntBE(body.length, 0, 3);
  frame.set(body, 3);
  return frame;
}
