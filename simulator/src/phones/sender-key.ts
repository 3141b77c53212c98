import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

import { hkdf, proto } from 'baileys';

import { isSignedBy, sign } from '../wire/signatures.ts';
import { withKeyType } from '../wire/key-pair.ts';
import type { SigningKey } from '../wire/signatures.ts';

/** What a member of a group needs to read one sender: a chain that only runs forward. */
export interface SenderKey {
  readonly keyId: number;
  /** The place of `chainKey` in the chain; the next message is usually made with it. */
  readonly iteration: number;
  readonly chainKey: Buffer;
  /** The sender's signing key, 32 bytes. */
  readonly signingKey: Buffer;
  /** Message seeds of places that were jumped over, by iteration. */
  readonly skipped: Readonly<Record<number, string>>;
}

/** A group message as it is on the wire: version byte, protobuf, 64 bytes of signature. */
export interface SenderMessage {
  readonly keyId: number;
  readonly iteration: number;
  readonly ciphertext: Buffer;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

const VERSION = 0x33;
const SIGNATURE_BYTES = 64;
const JUMP_MAX = 2000;
/** Baileys jumps over every second place; without a bound that would be kept for ever. */
const SKIPPED_MAX = 20;

/** Reads a `SenderKeyDistributionMessage`. Throws when it is not one. */
export function readDistribution(bytes: Buffer): SenderKey {
  const message = proto.SenderKeyDistributionMessage.decode(bytes.subarray(1));
  const signingKey = Buffer.from(message.signingKey ?? []);
  const chainKey = Buffer.from(message.chainKey ?? []);
  if (chainKey.length !== 32 || (signingKey.length !== 33 && signingKey.length !== 32)) {
    throw new Error('a sender key with keys of strange lengths');
  }
  return {
    keyId: message.id ?? 0,
    iteration: message.iteration ?? 0,
    chainKey,
    signingKey: signingKey.subarray(-32),
    skipped: {},
  };
}

export function writeDistribution(key: SenderKey): Buffer {
  const message = proto.SenderKeyDistributionMessage.encode({
    id: key.keyId,
    iteration: key.iteration,
    chainKey: key.chainKey,
    signingKey: withKeyType(key.signingKey),
  });
  return Buffer.concat([Buffer.of(VERSION), message.finish()]);
}

/** Reads a group message. Throws when it is not one. */
export function readSenderMessage(bytes: Buffer): SenderMessage {
  const signed = bytes.subarray(0, -SIGNATURE_BYTES);
  const message = proto.SenderKeyMessage.decode(signed.subarray(1));
  return {
    keyId: message.id ?? 0,
    iteration: message.iteration ?? 0,
    ciphertext: Buffer.from(message.ciphertext ?? []),
    signed,
    signature: bytes.subarray(-SIGNATURE_BYTES),
  };
}

/** Whether the sender itself has made this message. */
export function isBySender(key: SenderKey, message: SenderMessage): boolean {
  return isSignedBy(key.signingKey, message.signed, message.signature);
}

/**
 * Decrypts (the signature is not looked at) and gives the key as it is afterwards. Throws when
 * the place in the chain is used up, too far ahead, or the message is damaged.
 */
export function decryptWith(
  key: SenderKey,
  message: SenderMessage,
): { plain: Buffer; next: SenderKey } {
  if (message.iteration < key.iteration) {
    const { [message.iteration]: seed, ...skipped } = key.skipped;
    if (seed === undefined) throw new Error('this place in the chain is used up');
    return { plain: open(Buffer.from(seed, 'base64'), message), next: { ...key, skipped } };
  }
  if (message.iteration - key.iteration > JUMP_MAX) throw new Error('too far into the future');
  const skipped: Record<number, string> = { ...key.skipped };
  let { iteration, chainKey } = key;
  for (; iteration < message.iteration; iteration++) {
    skipped[iteration] = derive(chainKey, 1).toString('base64');
    chainKey = derive(chainKey, 2);
  }
  const plain = open(derive(chainKey, 1), message);
  const next = {
    ...key,
    iteration: iteration + 1,
    chainKey: derive(chainKey, 2),
    skipped: newest(skipped),
  };
  return { plain, next };
}

/** Encrypts at the key's place in its chain and signs; gives the key as it is afterwards. */
export function encryptWith(
  key: SenderKey,
  signer: SigningKey,
  plain: Buffer,
): { bytes: Buffer; next: SenderKey } {
  const { cipherKey, iv } = messageKeys(derive(key.chainKey, 1));
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  const { keyId: id, iteration } = key;
  const message = proto.SenderKeyMessage.encode({ id, iteration, ciphertext }).finish();
  const signed = Buffer.concat([Buffer.of(VERSION), message]);
  return {
    bytes: Buffer.concat([signed, sign(signer, signed)]),
    next: { ...key, iteration: iteration + 1, chainKey: derive(key.chainKey, 2) },
  };
}

function open(seed: Buffer, { ciphertext }: SenderMessage): Buffer {
  const { cipherKey, iv } = messageKeys(seed);
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/** Signal's group protocol: HKDF with info `WhisperGroup` gives the iv (16) and the key (32). */
function messageKeys(seed: Buffer): { iv: Buffer; cipherKey: Buffer } {
  const derived = Buffer.from(hkdf(seed, 48, { salt: Buffer.alloc(32), info: 'WhisperGroup' }));
  return { iv: derived.subarray(0, 16), cipherKey: derived.subarray(16) };
}

function derive(chainKey: Buffer, purpose: 1 | 2): Buffer {
  return createHmac('sha256', chainKey).update(Buffer.of(purpose)).digest();
}

function newest(skipped: Record<number, string>): Record<number, string> {
  const entries = Object.entries(skipped);
  return entries.length <= SKIPPED_MAX ? skipped : Object.fromEntries(entries.slice(-SKIPPED_MAX));
}
