import { createPublicKey, verify } from 'node:crypto';

/** The field of Curve25519: 2^255 - 19. */
const FIELD = 2n ** 255n - 19n;
/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410). */
const DER_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SIGN_BIT = 0x80;

/**
 * Verifies an XEdDSA signature (Signal's way to sign with a key-agreement key) with Node's own
 * Ed25519: 0.2 ms instead of the 10 ms of libsignal's JavaScript, on the thread that serves all
 * accounts.
 *
 * The public key is a Montgomery u; its Edwards twin has y = (u - 1) / (u + 1), and the twin's sign
 * travels in the top bit of the signature. Source: Signal's XEdDSA specification, section 2.3 and
 * libsignal's convention for the sign bit.
 * @param publicKey 32 bytes, or 33 with libsignal's leading type byte
 */
export function verifyXeddsa(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length < KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const edwards = toEdwards(publicKey.subarray(publicKey.length - KEY_BYTES));
  const plainSignature = Buffer.from(signature);
  const last = SIGNATURE_BYTES - 1;
  const top = plainSignature[last] ?? 0;
  edwards[KEY_BYTES - 1] = (edwards[KEY_BYTES - 1] ?? 0) | (top & SIGN_BIT);
  plainSignature[last] = top & ~SIGN_BIT;
  const key = createPublicKey({
    key: Buffer.concat([DER_PREFIX, edwards]),
    format: 'der',
    type: 'spki',
  });
  return verify(null, message, key, plainSignature);
}

function toEdwards(montgomery: Uint8Array): Buffer {
  const bytes = Buffer.from(montgomery).reverse();
  const u = BigInt(`0x${bytes.toString('hex')}`) & (2n ** 255n - 1n);
  const y = (mod(u - 1n) * inverse(mod(u + 1n))) % FIELD;
  return Buffer.from(y.toString(16).padStart(KEY_BYTES * 2, '0'), 'hex').reverse();
}

/** Extended Euclid; the inverse of 0 is 0, which makes no valid signature. */
function inverse(value: bigint): bigint {
  let [result, next, remainder, divisor] = [0n, 1n, FIELD, value];
  while (divisor !== 0n) {
    const quotient = remainder / divisor;
    [result, next] = [next, result - quotient * next];
    [remainder, divisor] = [divisor, remainder - quotient * divisor];
  }
  return remainder === 1n ? mod(result) : 0n;
}

function mod(value: bigint): bigint {
  const rest = value % FIELD;
  return rest < 0n ? rest + FIELD : rest;
}
