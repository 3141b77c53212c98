import { keyPairFrom, withKeyType } from '../wire/key-pair.ts';
import { sign, signingKeyFrom } from '../wire/signatures.ts';
import type { Account } from '../accounts/accounts.ts';
import type { KeyBundle } from '../accounts/key-bundle.ts';
import type { SeededRandom } from '../random/seeded-random.ts';
import type { KeyPair } from '../wire/key-pair.ts';
import type { SigningKey } from '../wire/signatures.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

/** The long-lived Signal keys of a phone. */
export interface PhoneIdentity {
  readonly registrationId: number;
  readonly identity: SigningKey;
  readonly signedPreKey: KeyPair;
  readonly signedPreKeySignature: Buffer;
}

export const SIGNED_PRE_KEY_ID = 1;

/**
 * The Signal keys of all phones. The seed gives every private key; kept in the world is only which
 * one-time keys are out.
 */
export class PhoneKeys {
  readonly #random: SeededRandom;
  readonly #takeKeyId: Query<{ id: number }>;
  readonly #handOut: Query<never>;
  readonly #isOut: Query<{ key_id: number }>;
  readonly #use: Query<never>;
  readonly #known = new Map<string, PhoneIdentity>();

  constructor(database: WorldDatabase, random: SeededRandom) {
    this.#random = random;
    this.#takeKeyId = database.prepare(
      `UPDATE account SET next_pre_key = next_pre_key + 1 WHERE phone = ?
       RETURNING next_pre_key - 1 AS id`,
    );
    this.#handOut = database.prepare('INSERT INTO phone_pre_key VALUES (?, ?)');
    this.#isOut = database.prepare(
      'SELECT key_id FROM phone_pre_key WHERE phone = ? AND key_id = ?',
    );
    this.#use = database.prepare('DELETE FROM phone_pre_key WHERE phone = ? AND key_id = ?');
  }

  identityOf(account: Account): PhoneIdentity {
    const known = this.#known.get(account.phone);
    if (known) return known;
    const { phone } = account;
    const identity = signingKeyFrom(this.#random.bytes(`identity/${phone}`, 32));
    const signedPreKey = keyPairFrom(this.#random.bytes(`signed-pre-key/${phone}`, 32));
    const made = {
      registrationId: 1 + this.#random.integer(`registration/${phone}`, 16_380),
      identity,
      signedPreKey,
      signedPreKeySignature: sign(identity, withKeyType(signedPreKey.publicKey)),
    };
    this.#known.set(phone, made);
    return made;
  }

  /** A bundle with a fresh one-time key, which counts as handed out. */
  takeBundle(account: Account): KeyBundle {
    const keys = this.identityOf(account);
    const keyId = this.#takeKeyId.get(account.phone)?.id ?? 1;
    this.#handOut.run(account.phone, keyId);
    return {
      registrationId: keys.registrationId,
      identityKey: keys.identity.publicKey,
      signedPreKey: {
        keyId: SIGNED_PRE_KEY_ID,
        publicKey: keys.signedPreKey.publicKey,
        signature: keys.signedPreKeySignature,
      },
      oneTimeKey: { keyId, publicKey: this.#oneTimeKey(account.phone, keyId).publicKey },
    };
  }

  /** The one-time key under this number, as long as it is handed out and unused. */
  oneTimeKey(account: Account, keyId: number): KeyPair | undefined {
    return this.#isOut.get(account.phone, keyId) && this.#oneTimeKey(account.phone, keyId);
  }

  useUp(account: Account, keyId: number): void {
    this.#use.run(account.phone, keyId);
  }

  /** The key that encrypts an account's app state, shared with each of its linked devices. */
  appStateKey(account: Account): { keyId: Buffer; keyData: Buffer } {
    const keyData = this.#random.bytes(`app-state-key/${account.phone}`, 32);
    return { keyId: Buffer.from([0, 0, 0, 0, 0x10, 0x01]), keyData };
  }

  forgetAll(): void {
    this.#known.clear();
  }

  #oneTimeKey(phone: string, keyId: number): KeyPair {
    return keyPairFrom(this.#random.bytes(`one-time-key/${phone}/${keyId}`, 32));
  }
}
