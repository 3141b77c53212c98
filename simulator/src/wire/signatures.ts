import { calculateSignature, verifySignature } from 'libsignal/src/curve.js';

import { withKeyType } from './key-pair.ts';

/** An XEdDSA signature (64 bytes) by an X25519 private key. Deterministic. */
export function sign(privateKey: Uint8Array, message: Uint8Array): Buffer {
  return Buffer.from(calculateSignature(privateKey, message));
}

/**
 * True only for a valid XEdDSA signature by `publicKey` (32 raw bytes). libsignal answers a bad
 * signature with `false`, a malformed one by throwing; a host process may have patched it to
 * throw for both.
 */
export function isSignedBy(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return verifySignature(withKeyType(publicKey), message, signature);
  } catch {
    return false;
  }
}
