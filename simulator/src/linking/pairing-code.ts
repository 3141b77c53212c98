import {
  Curve,
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  derivePairingCodeKey,
  hkdf,
} from 'baileys';
import { randomBytes } from 'node:crypto';

import { randomKeyPair } from '../wire/key-pair.ts';
import type { KeyPair } from '../wire/key-pair.ts';

const NOTHING = Buffer.alloc(0);

/** What the phone sends once its owner has entered the code. */
export interface PrimaryHello {
  readonly ephemeral: KeyPair;
  /** The other side's ephemeral key: the right one only if the code was right. */
  readonly companionEphemeral: Buffer;
  /** salt(32) + iv(16) + AES-CTR of the phone's ephemeral public key under the code. */
  readonly wrappedEphemeral: Buffer;
}

/** `wrapped`: the companion's 80 bytes, salt(32) + iv(16) + AES-CTR of its ephemeral key. */
export async function answerCompanionHello(code: string, wrapped: Buffer): Promise<PrimaryHello> {
  const theirKey = await derivePairingCodeKey(code, wrapped.subarray(0, 32));
  const companionEphemeral = aesDecryptCTR(
    wrapped.subarray(48, 80),
    theirKey,
    wrapped.subarray(32, 48),
  );
  const ephemeral = randomKeyPair();
  const salt = randomBytes(32);
  const iv = randomBytes(16);
  const ourKey = await derivePairingCodeKey(code, salt);
  const sealed = aesEncryptCTR(ephemeral.publicKey, ourKey, iv);
  return {
    ephemeral,
    companionEphemeral,
    wrappedEphemeral: Buffer.concat([salt, iv, sealed]),
  };
}

/**
 * Opens the companion's key bundle (salt(32) + iv(12) + AES-GCM of its identity, ours and 32
 * random bytes) and derives the adv secret both sides now share. Undefined if the code was wrong.
 */
export function openKeyBundle(
  hello: PrimaryHello,
  phoneIdentity: KeyPair,
  bundle: Buffer,
): { companionIdentity: Buffer; advSecret: Buffer } | undefined {
  const shared = Curve.sharedKey(hello.ephemeral.privateKey, hello.companionEphemeral);
  const key = hkdf(shared, 32, {
    salt: bundle.subarray(0, 32),
    info: 'link_code_pairing_key_bundle_encryption_key',
  });
  const plain = tryDecrypt(bundle.subarray(44), Buffer.from(key), bundle.subarray(32, 44));
  if (plain?.length !== 96) return undefined;
  const companionIdentity = plain.subarray(0, 32);
  if (!plain.subarray(32, 64).equals(phoneIdentity.publicKey)) return undefined;
  const identityShared = Curve.sharedKey(phoneIdentity.privateKey, companionIdentity);
  const secret = Buffer.concat([shared, identityShared, plain.subarray(64)]);
  return { companionIdentity, advSecret: Buffer.from(hkdf(secret, 32, { info: 'adv_secret' })) };
}

function tryDecrypt(sealed: Buffer, key: Buffer, iv: Buffer): Buffer | undefined {
  try {
    return aesDecryptGCM(sealed, key, iv, NOTHING);
  } catch {
    return undefined; // sealed under another secret: the code was wrong
  }
}

/** Codes are shown as `ABCD-EFGH`; people may leave the dash out or use small letters. */
export function normalizeCode(code: string): string {
  return code.replaceAll(/[\s-]/g, '').toUpperCase();
}
