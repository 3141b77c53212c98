import { Problem } from '../../domain/errors.ts';

/** Base64 on its way to bytes. */
export interface Base64Reader {
  /** The bytes. @throws Problem `invalid_parameter` for what is no Base64 */
  bytes(): AsyncGenerator<Buffer>;
  /** The type a `data:` prefix named, once the bytes were read; else null. */
  readonly declaredType: string | null;
}

const PREFIX_CHARACTERS_MAX = 200;
const DATA_PREFIX = /^data:([^,;]*)(?:;[^,;]*)*;base64,/i;
const ALPHABET = /^[A-Za-z0-9+/_-]*$/;
const PADDING = /^={1,2}$/;

/**
 * Decodes Base64 piece by piece, with its alphabet or the one for addresses, padded or not, broken
 * into lines or not, with or without a `data:` prefix.
 */
export function readBase64(source: AsyncIterable<Uint8Array>): Base64Reader {
  let declaredType: string | null = null;

  async function* bytes(): AsyncGenerator<Buffer> {
    const decoder = new Base64Decoder();
    let beginning: string | null = '';
    for await (const chunk of source) {
      let text = latin1(chunk);
      if (beginning !== null) {
        beginning = (beginning + text).trimStart();
        if (beginning.length < PREFIX_CHARACTERS_MAX && mayBePrefix(beginning)) continue;
        text = withoutPrefix(beginning);
        beginning = null;
      }
      const decoded = decoder.decode(text);
      if (decoded.length > 0) yield decoded;
    }
    if (beginning !== null) yield decoder.decode(withoutPrefix(beginning));
    yield decoder.end();
  }

  function withoutPrefix(text: string): string {
    const prefix = DATA_PREFIX.exec(text);
    if (prefix === null) return text;
    declaredType = prefix[1]?.trim() || null;
    return text.slice(prefix[0].length);
  }

  return {
    bytes,
    get declaredType() {
      return declaredType;
    },
  };
}

function mayBePrefix(text: string): boolean {
  return text.length < 5 || (/^data:/i.test(text) && !text.includes(','));
}

/** Keeps what does not make three whole bytes yet. */
class Base64Decoder {
  #rest = '';
  #isOver = false;

  decode(text: string): Buffer {
    const all = this.#rest + text;
    const whole = all.length - (all.length % 4);
    // Node skips what is not Base64 and stops at padding: when nothing is missing, nothing was.
    if (!this.#isOver) {
      const decoded = Buffer.from(all.slice(0, whole), 'base64');
      if (decoded.length === (whole / 4) * 3) {
        this.#rest = all.slice(whole);
        return decoded;
      }
    }
    return this.#decodeCarefully(all.replaceAll(/\s+/g, ''));
  }

  end(): Buffer {
    const decoded = this.#decodeCarefully(this.#rest.replaceAll(/\s+/g, ''));
    const left = this.#rest;
    if (left.length === 1) throw notBase64();
    return left === '' ? decoded : Buffer.from(left, 'base64');
  }

  #decodeCarefully(characters: string): Buffer {
    const paddingAt = characters.indexOf('=');
    const body = paddingAt === -1 ? characters : characters.slice(0, paddingAt);
    const padding = characters.slice(body.length);
    if (!ALPHABET.test(body) || (padding !== '' && !PADDING.test(padding))) throw notBase64();
    if (this.#isOver && body !== '') throw notBase64();
    const over = body.length % 4;
    if (padding !== '' && !this.#isOver) {
      if (over < 2) throw notBase64();
      this.#isOver = true;
    }
    const taken = this.#isOver ? body.length : body.length - over;
    this.#rest = body.slice(taken);
    return Buffer.from(body.slice(0, taken), 'base64');
  }
}

function latin1(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
}

function notBase64(): Problem {
  return new Problem('invalid_parameter', 'The parameter "base64_file" is not Base64.');
}
