import { LONG_PARAMETER, withoutEscapes, type LongValueForm } from './long-value.ts';
import type { PieceReader } from './piece-reader.ts';
import { fromHex } from './streamed-json.ts';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
/** Every character of the name escaped, and a byte order mark before it. */
const NAME_CHARACTERS_MAX = 3 * LONG_PARAMETER.length + 9;

/** An urlencoded form with a long value. */
export class StreamedForm implements LongValueForm {
  readonly ending = AMPERSAND;
  #isInValue = false;
  #name = '';

  findValue(piece: Buffer): number {
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at] ?? 0;
      if (byte === AMPERSAND) {
        this.#isInValue = false;
        this.#name = '';
      } else if (this.#isInValue) continue;
      else if (byte !== EQUALS) this.#readName(byte);
      else if (isLongParameter(this.#name)) {
        this.#name = '';
        return at + 1;
      } else this.#isInValue = true;
    }
    return -1;
  }

  readValue(reader: PieceReader): AsyncIterable<Buffer> {
    return withoutEscapes(reader.until(AMPERSAND), '%', /%[0-9a-f]?$/i, undoEscapes);
  }

  #readName(byte: number): void {
    if (this.#name.length <= NAME_CHARACTERS_MAX) this.#name += String.fromCharCode(byte);
  }
}

function isLongParameter(written: string): boolean {
  const name = written.replaceAll(/%([0-9a-f]{2})/gi, (_escape, code: string) => fromHex(code));
  return name.replace(/^\xEF\xBB\xBF/, '') === LONG_PARAMETER;
}

/** A plus stays one: clients forget to escape it, and Base64 has no use for the space it stands for. */
function undoEscapes(text: string): string {
  return text
    .replaceAll('%2B', '+')
    .replaceAll('%2F', '/')
    .replaceAll(/%([0-9a-f]{2})/gi, (_escape, code: string) => fromHex(code));
}
