import { newApiKey, visiblePrefix } from '../../domain/api-key.ts';
import type { Random } from '../../runtime/random.ts';
import { createFingerprint, createSealer } from '../../runtime/seal.ts';

const SEALED_NAME = 'key';

/** A new key with the three forms of it that the database keeps. */
interface IssuedKey {
  /** Shown once to whoever asked for it. */
  readonly key: string;
  readonly fingerprint: Buffer;
  readonly prefix: string;
  readonly sealed: Buffer;
}

/** Makes keys, and turns them into what may be stored. */
export interface Keyring {
  issue(): IssuedKey;
  /**
   * The key that belongs to an order: the same name always gives the same key, so that an order
   * that is repeated is answered with the key of the first time, without storing answers.
   * @param name no two orders may share it; holds a colon, which no key does
   */
  issueFor(name: `${string}:${string}`): IssuedKey;
  /** A key that was issued elsewhere, in the same forms. */
  adopt(key: string): IssuedKey;
  /** What a key is looked up by. */
  fingerprint(key: string): Buffer;
  /** A sealed key in the clear again, for the lists that show it to its owner. */
  open(sealed: Buffer): string;
}

/** @param masterKey 32 bytes */
export function createKeyring(masterKey: Buffer, random: Random): Keyring {
  const fingerprint = createFingerprint(masterKey);
  const sealer = createSealer(masterKey, 'api-keys');
  const inAllForms = (key: string): IssuedKey => ({
    key,
    fingerprint: fingerprint(key),
    prefix: visiblePrefix(key),
    sealed: sealer.seal(SEALED_NAME, Buffer.from(key)),
  });
  return {
    fingerprint,
    adopt: inAllForms,
    issue: () => inAllForms(newApiKey((count) => random.bytes(count))),
    issueFor(name) {
      let block = 0;
      // The keyed fingerprint of a running number is as unpredictable as the master key.
      return inAllForms(newApiKey(() => fingerprint(`${name}:${(block += 1)}`)));
    },
    open: (sealed) => sealer.open(SEALED_NAME, sealed).toString(),
  };
}
