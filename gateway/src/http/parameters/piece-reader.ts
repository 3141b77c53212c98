/** Reads a stream piece by piece; what was not needed of a piece can be put back. */
export class PieceReader {
  readonly #source: AsyncIterator<Buffer>;
  #putBack: Buffer | null = null;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @returns null at the end */
  async next(): Promise<Buffer | null> {
    const piece = this.#putBack;
    this.#putBack = null;
    if (piece !== null && piece.length > 0) return piece;
    const read = await this.#source.next();
    return read.done === true ? null : read.value;
  }

  putBack(piece: Buffer): void {
    this.#putBack = piece;
  }

  /** The bytes up to the next `end`, which is taken too. @returns false when the stream ended first */
  async *until(end: number): AsyncGenerator<Buffer, boolean> {
    for (let piece = await this.next(); piece !== null; piece = await this.next()) {
      const at = piece.indexOf(end);
      if (at !== -1) {
        this.putBack(piece.subarray(at + 1));
        if (at > 0) yield piece.subarray(0, at);
        return true;
      }
      yield piece;
    }
    return false;
  }
}
