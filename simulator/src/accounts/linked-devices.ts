import type { Account } from './accounts.ts';
import type { KeyBundle, NumberedKey, SignedPreKey } from './key-bundle.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

/** A companion such as the gateway, linked to an account's phone. */
export interface LinkedDevice {
  readonly phone: string;
  /** From 1; never given twice in one account. */
  readonly device: number;
  readonly noiseKey: Buffer;
  readonly identityKey: Buffer;
  readonly registrationId: number;
  readonly signedPreKey: SignedPreKey;
  /** The encoded `ADVSignedDeviceIdentity`, signed by the phone and by the device. */
  readonly deviceIdentity: Buffer;
  /** Whether it was sent the key share and history of its first login. */
  readonly greeted: boolean;
}

interface DeviceRow {
  phone: string;
  device: number;
  noise_key: Uint8Array;
  identity_key: Uint8Array;
  registration_id: number;
  signed_pre_key_id: number;
  signed_pre_key: Uint8Array;
  signed_pre_key_signature: Uint8Array;
  device_identity: Uint8Array;
  greeted: number;
}

/** The linked devices of all accounts and the pre-keys they have uploaded. */
export class LinkedDevices {
  readonly #database: WorldDatabase;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #known = new Map<string, LinkedDevice[]>();

  constructor(database: WorldDatabase) {
    this.#database = database;
    this.#statements = prepareStatements(database);
  }

  /** The devices linked to an account now, removed ones left out. */
  of(phone: string): LinkedDevice[] {
    const known = this.#known.get(phone);
    if (known) return known;
    const devices = this.#statements.list.all(phone).map(deviceOf);
    this.#known.set(phone, devices);
    return devices;
  }

  find(phone: string, device: number): LinkedDevice | undefined {
    return this.of(phone).find((candidate) => candidate.device === device);
  }

  /** A number for a new device of this account; none is given twice. */
  takeNumber(account: Account): number {
    return this.#statements.takeNumber.get(account.phone)?.number ?? 1;
  }

  add(device: Omit<LinkedDevice, 'greeted'>): void {
    this.#statements.insert.run(
      device.phone,
      device.device,
      device.noiseKey,
      device.identityKey,
      device.registrationId,
      device.signedPreKey.keyId,
      device.signedPreKey.publicKey,
      device.signedPreKey.signature,
      device.deviceIdentity,
    );
    this.#known.delete(device.phone);
  }

  /** From now on the device is a stranger. What waited for it is dropped by the caller. */
  remove(device: LinkedDevice): void {
    this.#statements.remove.run(device.phone, device.device);
    this.#statements.dropPreKeys.run(device.phone, device.device);
    this.#known.delete(device.phone);
  }

  markGreeted(device: LinkedDevice): void {
    this.#statements.greet.run(device.phone, device.device);
    this.#known.delete(device.phone);
  }

  replaceSignedPreKey(device: LinkedDevice, key: SignedPreKey): void {
    this.#statements.rotate.run(
      key.keyId,
      key.publicKey,
      key.signature,
      device.phone,
      device.device,
    );
    this.#known.delete(device.phone);
  }

  addPreKeys(device: LinkedDevice, keys: readonly NumberedKey[]): void {
    this.#database.transaction(() => {
      for (const { keyId, publicKey } of keys) {
        this.#statements.addPreKey.run(device.phone, device.device, keyId, publicKey);
      }
    });
  }

  countPreKeys(device: LinkedDevice): number {
    return this.#statements.countPreKeys.get(device.phone, device.device)?.count ?? 0;
  }

  preKeyIds(device: LinkedDevice): number[] {
    return this.#statements.preKeyIds.all(device.phone, device.device).map((row) => row.key_id);
  }

  /** The device's bundle; the one-time key in it (if any is left) is used up by asking. */
  takeBundle(device: LinkedDevice): KeyBundle {
    const row = this.#statements.popPreKey.get(device.phone, device.device);
    return {
      registrationId: device.registrationId,
      identityKey: device.identityKey,
      signedPreKey: device.signedPreKey,
      oneTimeKey: row && { keyId: row.key_id, publicKey: Buffer.from(row.public_key) },
    };
  }

  forgetAll(): void {
    this.#known.clear();
  }
}

function prepareStatements(database: WorldDatabase) {
  const prepare = <Row = never>(sql: string): Query<Row> => database.prepare<Row>(sql);
  return {
    list: prepare<DeviceRow>(
      'SELECT * FROM device WHERE phone = ? AND removed = 0 ORDER BY device',
    ),
    takeNumber: prepare<{ number: number }>(
      `UPDATE account SET next_device = next_device + 1 WHERE phone = ?
       RETURNING next_device - 1 AS number`,
    ),
    insert: prepare(
      `INSERT INTO device (phone, device, noise_key, identity_key, registration_id,
         signed_pre_key_id, signed_pre_key, signed_pre_key_signature, device_identity)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    remove: prepare('UPDATE device SET removed = 1 WHERE phone = ? AND device = ?'),
    greet: prepare('UPDATE device SET greeted = 1 WHERE phone = ? AND device = ?'),
    rotate: prepare(
      `UPDATE device SET signed_pre_key_id = ?, signed_pre_key = ?, signed_pre_key_signature = ?
       WHERE phone = ? AND device = ?`,
    ),
    addPreKey: prepare(
      `INSERT INTO device_pre_key VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET public_key = excluded.public_key`,
    ),
    countPreKeys: prepare<{ count: number }>(
      'SELECT count(*) AS count FROM device_pre_key WHERE phone = ? AND device = ?',
    ),
    preKeyIds: prepare<{ key_id: number }>(
      'SELECT key_id FROM device_pre_key WHERE phone = ? AND device = ? ORDER BY key_id',
    ),
    popPreKey: prepare<{ key_id: number; public_key: Uint8Array }>(
      `DELETE FROM device_pre_key WHERE (phone, device, key_id) IN (
         SELECT phone, device, key_id FROM device_pre_key
         WHERE phone = ? AND device = ? ORDER BY key_id LIMIT 1)
       RETURNING key_id, public_key`,
    ),
    dropPreKeys: prepare('DELETE FROM device_pre_key WHERE phone = ? AND device = ?'),
  };
}

function deviceOf(row: DeviceRow): LinkedDevice {
  return {
    phone: row.phone,
    device: row.device,
    noiseKey: Buffer.from(row.noise_key),
    identityKey: Buffer.from(row.identity_key),
    registrationId: row.registration_id,
    signedPreKey: {
      keyId: row.signed_pre_key_id,
      publicKey: Buffer.from(row.signed_pre_key),
      signature: Buffer.from(row.signed_pre_key_signature),
    },
    deviceIdentity: Buffer.from(row.device_identity),
    greeted: row.greeted === 1,
  };
}
