import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { getMediaKeys } from '../baileys.ts';
import type { SealedFile } from './sealed-file.ts';

const MAC_BYTES = 10;

/** A file that is not what its message says. */
export class DamagedFile extends Error {
  override readonly name = 'DamagedFile';
}

/** A file that is longer than allowed. */
export class FileTooLong extends Error {
  override readonly name = 'FileTooLong';
}

/**
 * Opens a file as WhatsApp seals it: AES-256-CBC, then the first 10 bytes of an HMAC-SHA256 over iv
 * and ciphertext, with keys derived from the message's key. The library's own stream checks neither
 * that code nor the digest, and hangs when the download breaks off.
 * @param bytesMax the most plain bytes
 * @throws through the stream: DamagedFile, FileTooLong
 */
export async function createUnsealer(file: SealedFile, bytesMax: number): Promise<Transform> {
  const { cipherKey, iv, macKey } = await getMediaKeys(file.mediaKey, file.kind);
  if (macKey === undefined) throw new DamagedFile('no key for the signature');
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
  const mac = createHmac('sha256', macKey).update(iv);
  const digest = createHash('sha256');
  let held: Buffer = Buffer.alloc(0);
  let bytes = 0;

  function open(plain: Buffer): Buffer {
    bytes += plain.length;
    if (bytes > bytesMax) throw new FileTooLong();
    digest.update(plain);
    return plain;
  }

  function finish(): Buffer {
    const end = open(decipher.final());
    const expected = mac.digest().subarray(0, MAC_BYTES);
    if (held.length !== MAC_BYTES || !timingSafeEqual(held, expected)) {
      throw new DamagedFile('the signature is wrong');
    }
    if (file.sha256 !== null && !digest.digest().equals(file.sha256)) {
      throw new DamagedFile('the digest is wrong');
    }
    return end;
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // The last bytes are the signature; which are the last is known at the end only.
      const all = Buffer.concat([held, chunk]);
      const ciphertext = all.subarray(0, Math.max(0, all.length - MAC_BYTES));
      held = all.subarray(ciphertext.length);
      mac.update(ciphertext);
      attempt(() => open(decipher.update(ciphertext)), done);
    },
    flush(done) {
      attempt(finish, done);
    },
  });
}

function attempt(work: () => Buffer, done: TransformCallback): void {
  try {
    done(null, work());
  } catch (error) {
    const isOurs = error instanceof DamagedFile || error instanceof FileTooLong;
    done(isOurs ? error : new DamagedFile(String(error)));
  }
}
