import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

const SIGNATURE_BYTES = 18;

/** Signs texts so that nobody else can make them; the texts themselves stay readable. */
export interface Signer {
  /** @returns 24 characters that may stand in a URL */
  sign(text: string): string;
  isSigned(text: string, signature: string): boolean;
}

/**
 * @param masterKey 32 bytes
 * @param purpose what is signed; every purpose has a key of its own
 */
export function createSigner(masterKey: Uint8Array, purpose: string): Signer {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', `tickwire:sign:${purpose}`, 32));
  const digest = (text: string): Buffer =>
    createHmac('sha256', key).update(text).digest().subarray(0, SIGNATURE_BYTES);
  return {
    sign: (text) => digest(text).toString('base64url'),
    isSigned(text, signature) {
      const given = Buffer.from(signature, 'base64url');
      return given.length === SIGNATURE_BYTES && timingSafeEqual(given, digest(text));
    },
  };
}
