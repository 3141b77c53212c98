import { Problem } from '../../domain/errors.ts';

/** Base64 on its way to bytes. */
export interface Base64Reader {
  /** The bytes, each piece good until the next is asked for. @throws Problem `invalid_parameter` for what is no Base64 */
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
      let piece: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (beginning !== null) {
        beginning = (beginning + piece.toString('latin1')).trimStart();
        if (beginning.length < PREFIX_CHARACTERS_MAX && mayBePrefix(beginning)) continue;
        piece = Buffer.from(withoutPrefix(beginning), 'latin1');
        beginning = null;
      }
      const decoded = decoder.decode(piece);
      if (decoded.length > 0) yield decoded;
    }
    if (beginning !== null) {
      yield decoder.decode(Buffer.from(withoutPrefix(beginning), 'latin1'));
    }
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

/**
 * Keeps what does not make three whole bytes yet. Decodes into the same memory again and again: at
 * full speed new memory would be taken faster than it is given back.
 */
class Base64Decoder {
  #rest = '';
  #isOver = false;
  #output = Buffer.alloc(0);

  decode(piece: Buffer): Buffer {
    return this.#decodeWhole(piece) ?? this.#decodeCarefully(piece.toString('latin1'));
  }

  end(): Buffer {
    const decoded = this.#decodeCarefully('');
    const left = this.#rest;
    if (left.length === 1) throw notBase64();
    return left === '' ? decoded : Buffer.from(left, 'base64');
  }

  /**
   * Decodes a piece that is nothing but Base64. Node skips what is not and stops at padding: when
   * no byte is missing, nothing was.
   * @returns null, and has done nothing, for any other piece
   */
  #decodeWhole(piece: Buffer): Buffer | null {
    const lead = (4 - this.#rest.length) % 4;
    const end = piece.length - ((piece.length - lead) % 4);
    if (this.#isOver || piece.length < lead) return null;
    const bytes = ((this.#rest.length + end) / 4) * 3;
    if (this.#output.length < bytes) this.#output = Buffer.alloc(bytes);
    const first = this.#output.write(this.#rest + piece.toString('latin1', 0, lead), 'base64');
    const others = this.#output.write(piece.toString('latin1', lead, end), first, 'base64');
    if (first + others !== bytes) return null;
    this.#rest = piece.toString('latin1', end);
    return this.#output.subarray(0, bytes);
  }

  #decodeCarefully(text: string): Buffer {
    const characters = (this.#rest + text).replaceAll(/\s+/g, '');
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

function notBase64(): Problem {
  return new Problem('invalid_parameter', 'The parameter "base64_file" is not Base64.');
}
