import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';

/** An X25519 key pair, both halves 32 raw bytes. */
export interface KeyPair {
  readonly privateKey: Buffer;
  readonly publicKey: Buffer;
}

const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_PREFIX_BYTES = 12;

/** The pair that belongs to 32 secret bytes (clamped as RFC 7748 §5 asks). */
export function keyPairFrom(secret: Uint8Array): KeyPair {
  const privateKey = Buffer.from(secret);
  privateKey.writeUInt8(privateKey.readUInt8(0) & 248, 0);
  privateKey.writeUInt8((privateKey.readUInt8(31) & 127) | 64, 31);
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, privateKey]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { privateKey, publicKey: Buffer.from(spki.subarray(SPKI_PREFIX_BYTES)) };
}

export function randomKeyPair(): KeyPair {
  return keyPairFrom(randomBytes(32));
}

/** libsignal writes public keys with a leading type byte 5; the wire carries the bare 32 bytes. */
export function withKeyType(publicKey: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(5), publicKey]);
}
