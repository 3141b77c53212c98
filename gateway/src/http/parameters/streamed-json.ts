import { Problem } from '../../domain/errors.ts';
import { LONG_PARAMETER, withoutEscapes, type LongValueForm } from './long-value.ts';
import type { PieceReader } from './piece-reader.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);

/**
 * A JSON object with a long text as a member. Whether the body is JSON at all is left to the parser
 * of the rest.
 */
export class StreamedJson implements LongValueForm {
  readonly ending = QUOTE;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #isAfterColon = false;
  /** The text before the colon, as far as it can be the long parameter's name. */
  #name = '';

  findValue(piece: Buffer): number {
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at] ?? 0;
      if (this.#isInText) this.#readText(byte);
      else if (byte === QUOTE) {
        if (this.#isBeforeValue()) return at + 1;
        this.#isInText = true;
        if (!this.#isAfterColon) this.#name = '';
      } else this.#readStructure(byte);
    }
    return -1;
  }

  readValue(reader: PieceReader): AsyncIterable<Buffer> {
    // A quote is never part of Base64, escaped or not: the first one ends the text.
    return withoutEscapes(untilQuote(reader), '\\', /\\(?:u[0-9a-f]{0,3})?$/i, undoEscapes);
  }

  #readText(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) {
      this.#isInText = false;
      return;
    }
    const isName = this.#depth === 1 && !this.#isAfterColon;
    if (isName && this.#name.length <= LONG_PARAMETER.length) {
      this.#name += String.fromCharCode(byte);
    }
  }

  #readStructure(byte: number): void {
    if (OPENING.has(byte)) this.#depth += 1;
    else if (CLOSING.has(byte)) this.#depth -= 1;
    else if (this.#depth === 1 && byte === COLON) this.#isAfterColon = true;
    else if (this.#depth === 1 && byte === COMMA) this.#isAfterColon = false;
  }

  #isBeforeValue(): boolean {
    return this.#depth === 1 && this.#isAfterColon && this.#name === LONG_PARAMETER;
  }
}

async function* untilQuote(reader: PieceReader): AsyncGenerator<Buffer> {
  const isWhole = yield* reader.until(QUOTE);
  if (!isWhole) throw new Problem('malformed_body', 'The JSON body ends inside a text.');
}

/** PHP writes `\/` for every slash, some languages `\u002b` for a plus. */
function undoEscapes(text: string): string {
  return text
    .replaceAll('\\/', '/')
    .replaceAll(/\\u00([0-9a-f]{2})/gi, (_escape, code: string) => fromHex(code))
    .replaceAll(/\\[nrt]/g, ' ');
}

/** @param code the two hexadecimal digits of a character */
export function fromHex(code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16));
}
