import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

/** Encryption at rest: AES-256-GCM, one derived key a context, the row's own name authenticated. */
export interface Sealer {
  /** Encrypts `plain`; `name` must be given again to open it. */
  seal(name: string, plain: Uint8Array): Buffer;
  /** Decrypts. Throws when a bit was changed or the value was sealed under another name. */
  open(name: string, sealed: Uint8Array): Buffer;
}

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param masterKey 32 bytes
 * @param context what the key is for, e.g. `account:17`: every context has a key of its own, which
 *   keeps the number of random nonces under one key far below the limit of AES-GCM (2^32)
 */
export function createSealer(masterKey: Uint8Array, context: string): Sealer {
  const key = deriveKey(masterKey, `seal:${context}`);
  const additionalData = (name: string): Buffer => Buffer.from(`${context}|${name}`);
  return {
    seal(name, plain) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(additionalData(name));
      const body = cipher.update(plain);
      const end = cipher.final();
      return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), body, end]);
    },
    open(name, sealed) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes[0] !== VERSION) throw new Error(`unknown seal version ${String(bytes[0])}`);
      const iv = bytes.subarray(1, 1 + IV_BYTES);
      const tag = bytes.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, iv)
        .setAAD(additionalData(name))
        .setAuthTag(tag);
      return Buffer.concat([
        decipher.update(bytes.subarray(1 + IV_BYTES + TAG_BYTES)),
        decipher.final(),
      ]);
    },
  };
}

/** A keyed fingerprint of a secret: what a database may hold so that the secret can be looked up. */
export function createFingerprint(masterKey: Uint8Array): (secret: string) => Buffer {
  const pepper = deriveKey(masterKey, 'fingerprint');
  return (secret) => createHmac('sha256', pepper).update(secret).digest();
}

/** A KeyObject, because Node 24 takes ten times as long for a cipher whose key is plain bytes. */
function deriveKey(masterKey: Uint8Array, purpose: string): KeyObject {
  const bytes = hkdfSync('sha256', masterKey, '', `tickwire:${purpose}`, 32);
  return createSecretKey(Buffer.from(bytes));
}
