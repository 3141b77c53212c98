import { createRequire } from 'node:module';
import { verifyXeddsa } from './xeddsa.ts';

/**
 * Makes libsignal verify signatures.
 *
 * libsignal 6.0.0 answers `false` for a wrong signature where Baileys waits for an exception, and
 * skips the check of a signed pre-key altogether (argument `isInit`). So Baileys by itself accepts
 * any certificate of the server, any device identity and any signed pre-key. Replaced here, before
 * Baileys is loaded, `verifySignature` throws for every wrong signature.
 */
type VerifySignature = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

const require = createRequire(import.meta.url);
const curve = require('libsignal/src/curve.js') as { verifySignature: VerifySignature };

curve.verifySignature = (publicKey, message, signature) => {
  if (!verifyXeddsa(publicKey, message, signature)) throw new Error('invalid signature');
  return true;
};
