import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { getMediaKeys } from 'baileys';

import type { MediaStore } from './media-store.ts';

/** Kinds of media with keys of their own. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker';

/** What a message says of where its file is and how it is locked. */
export interface SealedFile {
  readonly name: string;
  /** 32 bytes as base64. */
  readonly mediaKey: string;
  readonly kind: MediaKind;
}

export interface OpenedFile {
  readonly bytes: number;
  /** Hexadecimal SHA-256 of the plain file. */
  readonly sha256: string;
}

const MAC_BYTES = 10;

/**
 * Encrypts a file as WhatsApp does: AES-256-CBC, then the first 10 bytes of an HMAC-SHA256 over
 * iv and ciphertext, all keys derived from `mediaKey`.
 */
export async function sealFile(plain: Buffer, mediaKey: Buffer, kind: MediaKind): Promise<Buffer> {
  const { cipherKey, iv, macKey } = await keysOf(mediaKey, kind);
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = createHmac('sha256', macKey).update(iv).update(ciphertext).digest();
  return Buffer.concat([ciphertext, mac.subarray(0, MAC_BYTES)]);
}

/** Downloads and decrypts a file; undefined if it is not there, damaged or locked otherwise. */
export async function openFile(
  store: MediaStore,
  sealed: SealedFile,
): Promise<OpenedFile | undefined> {
  const file = store.open(sealed.name);
  if (!file || file.size <= MAC_BYTES) return undefined;
  const { cipherKey, iv, macKey } = await keysOf(
    Buffer.from(sealed.mediaKey, 'base64'),
    sealed.kind,
  );
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
  const mac = createHmac('sha256', macKey).update(iv);
  const hash = createHash('sha256');
  let bytes = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done();
    },
  });
  const end = file.size - MAC_BYTES;
  const ciphertext = file.read(0, end).on('data', (chunk: string | Buffer) => mac.update(chunk));
  try {
    await pipeline(ciphertext, decipher, sink);
    const [trailer] = await file.read(end).toArray();
    if (
      !mac
        .digest()
        .subarray(0, MAC_BYTES)
        .equals(trailer as Buffer)
    )
      return undefined;
  } catch {
    return undefined; // wrong padding: not encrypted with this key
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function keysOf(mediaKey: Buffer, kind: MediaKind) {
  const { cipherKey, iv, macKey } = await getMediaKeys(mediaKey, kind);
  if (!macKey) throw new Error('Baileys has derived no key for the signature of a file');
  return { cipherKey: Buffer.from(cipherKey), iv: Buffer.from(iv), macKey: Buffer.from(macKey) };
}
