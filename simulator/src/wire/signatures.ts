import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as signEd25519,
  verify as verifyEd25519,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { keyPairFrom } from './key-pair.ts';
import type { KeyPair } from './key-pair.ts';

/**
 * WhatsApp signs with X25519 keys (XEdDSA). Such a signature is an Ed25519 signature under the
 * same point of the curve, with that point's sign bit tucked into the last byte; the bit is lost
 * in an X25519 key. libsignal computes both directions in plain JavaScript at 10 ms each; Node
 * does it natively when the private key comes from an Ed25519 seed, as all keys of this world do.
 */
export interface SigningKey extends KeyPair {
  readonly ed25519: KeyObject;
  /** 0 or 128: the sign of the Ed25519 point, as signatures carry it. */
  readonly signBit: number;
}

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const SIGNATURE_BYTES = 64;
const FIELD = 2n ** 255n - 19n;

/** The key that belongs to 32 secret bytes (RFC 8032 §5.1.5: the scalar is half their SHA-512). */
export function signingKeyFrom(seed: Buffer): SigningKey {
  const ed25519 = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const point = createPublicKey(ed25519).export({ format: 'der', type: 'spki' }).subarray(12);
  const scalar = createHash('sha512').update(seed).digest().subarray(0, 32);
  return { ...keyPairFrom(scalar), ed25519, signBit: point.readUInt8(31) & 128 };
}

/** An XEdDSA signature (64 bytes). Deterministic. */
export function sign(key: SigningKey, message: Uint8Array): Buffer {
  const signature = signEd25519(null, message, key.ed25519);
  signature.writeUInt8(signature.readUInt8(63) | key.signBit, 63);
  return signature;
}

/** True only for a valid XEdDSA signature by `publicKey` (32 raw bytes). */
export function isSignedBy(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== SIGNATURE_BYTES) return false;
  const bare = Buffer.from(signature);
  const signBit = bare.readUInt8(63) & 128;
  bare.writeUInt8(bare.readUInt8(63) & 127, 63);
  const point = edwardsPoint(Buffer.from(publicKey), signBit);
  try {
    const key = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, point]),
      format: 'der',
      type: 'spki',
    });
    return verifyEd25519(null, message, key, bare);
  } catch {
    return false; // not a point of the curve
  }
}

/** The Ed25519 form of an X25519 key: y = (u - 1) / (u + 1), as in the XEdDSA specification. */
function edwardsPoint(publicKey: Buffer, signBit: number): Buffer {
  const u = littleEndian(publicKey) & ((1n << 255n) - 1n);
  const y = (((u - 1n + FIELD) % FIELD) * inverse((u + 1n) % FIELD)) % FIELD;
  const point = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
  point.writeUInt8(point.readUInt8(31) | signBit, 31);
  return point;
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** By Fermat: x^(p-2). */
function inverse(x: bigint): bigint {
  let result = 1n;
  let base = x;
  for (let exponent = FIELD - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % FIELD;
    base = (base * base) % FIELD;
  }
  return result;
}
