import { newApiKey, visiblePrefix } from '../../domain/api-key.ts';
import type { Random } from '../../runtime/random.ts';
import { createFingerprint, createSealer } from '../../runtime/seal.ts';

const SEALED_NAME = 'key';

/** A new key with the three forms of it that the database keeps. */
export interface IssuedKey {
  /** Shown once to whoever asked for it. */
  readonly key: string;
  readonly fingerprint: Buffer;
  readonly prefix: string;
  readonly sealed: Buffer;
}

/** Makes keys, and turns them into what may be stored. */
export interface Keyring {
  issue(): IssuedKey;
  /** What a key is looked up by. */
  fingerprint(key: string): Buffer;
  /** A sealed key in the clear again, for the lists that show it to its owner. */
  open(sealed: Buffer): string;
}

/** @param masterKey 32 bytes */
export function createKeyring(masterKey: Buffer, random: Random): Keyring {
  const fingerprint = createFingerprint(masterKey);
  const sealer = createSealer(masterKey, 'api-keys');
  return {
    fingerprint,
    issue() {
      const key = newApiKey((count) => random.bytes(count));
      return {
        key,
        fingerprint: fingerprint(key),
        prefix: visiblePrefix(key),
        sealed: sealer.seal(SEALED_NAME, Buffer.from(key)),
      };
    },
    open: (sealed) => sealer.open(SEALED_NAME, sealed).toString(),
  };
}
