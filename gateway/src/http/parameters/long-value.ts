import { Problem } from '../../domain/errors.ts';
import { PieceReader } from './piece-reader.ts';

/** The one parameter whose value may be as long as a file. */
export const LONG_PARAMETER = 'base64_file';

/** Takes the bytes of a long value; must read them to their end, or throw. */
export type TakeLongValue = (bytes: AsyncIterable<Buffer>) => Promise<void>;

/** How a form of body holds a long value. */
export interface LongValueForm {
  /**
   * Follows the body just closely enough to see the long value begin.
   * @returns the place of its first byte in the piece, or -1
   */
  findValue(piece: Buffer): number;
  /** The value up to its end, its escapes undone; what ends it is taken, too. */
  readValue(reader: PieceReader): AsyncIterable<Buffer>;
  /** What ends the value. */
  readonly ending: number;
}

/** What of a body is not the long value: as much as a body may have that is read at once. */
const REST_BYTES_MAX = 1024 * 1024;

/**
 * Reads a body of any length: the long value goes to whoever takes it; the rest, with an empty value
 * in its place, is returned to be parsed as usual.
 * @throws Problem `body_too_large` when the rest is long, `invalid_parameter` when the value comes
 *   twice, and what `takeValue` throws
 */
export async function withoutLongValue(
  source: AsyncIterable<Buffer>,
  form: LongValueForm,
  takeValue: TakeLongValue,
): Promise<string> {
  const reader = new PieceReader(source);
  const rest: Buffer[] = [];
  let restBytes = 0;
  let isTaken = false;
  for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
    const valueAt = form.findValue(piece);
    const before = valueAt === -1 ? piece : piece.subarray(0, valueAt);
    restBytes += before.length;
    if (restBytes > REST_BYTES_MAX) throw new Problem('body_too_large');
    rest.push(before);
    if (valueAt === -1) continue;
    if (isTaken) {
      throw new Problem('invalid_parameter', `The parameter "${LONG_PARAMETER}" takes one value.`);
    }
    isTaken = true;
    reader.putBack(piece.subarray(valueAt));
    await takeValue(form.readValue(reader));
    rest.push(Buffer.of(form.ending));
  }
  return Buffer.concat(rest).toString('utf8');
}

/**
 * Undoes escapes in the pieces of a long text of ASCII characters.
 * @param escape the character that begins every escape
 * @param cutOff finds an escape that is cut off at the end of a piece; it goes to the next one
 * @param undo undoes all escapes of a text that has only whole ones
 */
export async function* withoutEscapes(
  pieces: AsyncIterable<Buffer>,
  escape: string,
  cutOff: RegExp,
  undo: (text: string) => string,
): AsyncGenerator<Buffer> {
  let rest = '';
  for await (const piece of pieces) {
    if (rest === '' && !piece.includes(escape)) {
      yield piece;
      continue;
    }
    const text = rest + piece.toString('latin1');
    const cut = cutOff.exec(text)?.index ?? text.length;
    rest = text.slice(cut);
    yield Buffer.from(undo(text.slice(0, cut)), 'latin1');
  }
  if (rest !== '') yield Buffer.from(rest, 'latin1');
}
