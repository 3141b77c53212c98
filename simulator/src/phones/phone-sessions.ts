import { SIGNED_PRE_KEY_ID } from './phone-keys.ts';
import { readSessionRecord, sessionBuilder, sessionCipher } from './signal-library.ts';
import { withKeyType } from '../wire/key-pair.ts';
import type { PhoneKeys } from './phone-keys.ts';
import type { SessionRecord, SignalKeyPair, SignalStore } from './signal-library.ts';
import type { Account } from '../accounts/accounts.ts';
import type { KeyBundle } from '../accounts/key-bundle.ts';
import type { KeyPair } from '../wire/key-pair.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

/** The linked device at the other end of a phone's session. */
export interface Peer {
  readonly lid: string;
  readonly device: number;
}

/** A direct Signal message: `pkmsg` opens a session, `msg` goes on in one. */
export interface Ciphertext {
  readonly type: 'pkmsg' | 'msg';
  readonly bytes: Buffer;
}

const SESSIONS_CACHED_MAX = 20_000;
const CLOSED_SESSIONS_MAX = 5;

export function peerName(peer: Peer): string {
  return `${peer.lid}:${peer.device}`;
}

/**
 * The Signal sessions of all phones with linked devices.
 *
 * libsignal changes a record in memory while it works, so a record is in one of three states:
 * *kept* (memory and disk agree), *advanced* (libsignal has finished; its snapshot waits for
 * `save`) or *spoilt* (an operation failed half-way: memory forgets it and reads the last good
 * one again). `save` belongs into the transaction that writes what the operation brought.
 */
export class PhoneSessions {
  readonly #keys: PhoneKeys;
  readonly #load: Query<{ record: string }>;
  readonly #write: Query<never>;
  readonly #cache = new Map<string, SessionRecord>();
  readonly #advanced = new Map<string, string>();
  readonly #usedPreKeys = new Map<string, number[]>();

  constructor(database: WorldDatabase, keys: PhoneKeys) {
    this.#keys = keys;
    this.#load = database.prepare('SELECT record FROM phone_session WHERE phone = ? AND peer = ?');
    this.#write = database.prepare(
      `INSERT INTO phone_session VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET record = excluded.record`,
    );
  }

  /** Throws libsignal's error when the phone has no key for this message. */
  async decrypt(account: Account, peer: Peer, { type, bytes }: Ciphertext): Promise<Buffer> {
    const cipher = sessionCipher(this.#storeOf(account, peer), ...signalName(account, peer));
    try {
      const plain =
        type === 'pkmsg'
          ? await cipher.decryptPreKeyWhisperMessage(bytes)
          : await cipher.decryptWhisperMessage(bytes);
      return Buffer.from(plain);
    } catch (error) {
      this.#cache.delete(cacheKey(account, peer));
      throw error;
    }
  }

  /** Needs a session: see `isOpen`. */
  async encrypt(account: Account, peer: Peer, plain: Buffer): Promise<Ciphertext> {
    const cipher = sessionCipher(this.#storeOf(account, peer), ...signalName(account, peer));
    const { type, body } = await cipher.encrypt(plain);
    return { type: type === 3 ? 'pkmsg' : 'msg', bytes: Buffer.from(body) };
  }

  /** Opens a new session with a device's bundle; an older one stays readable. */
  async open(account: Account, peer: Peer, bundle: KeyBundle): Promise<void> {
    const builder = sessionBuilder(this.#storeOf(account, peer), ...signalName(account, peer));
    const { signedPreKey, oneTimeKey } = bundle;
    const device = {
      registrationId: bundle.registrationId,
      identityKey: withKeyType(bundle.identityKey),
      signedPreKey: { ...signedPreKey, publicKey: withKeyType(signedPreKey.publicKey) },
      preKey: oneTimeKey && {
        keyId: oneTimeKey.keyId,
        publicKey: withKeyType(oneTimeKey.publicKey),
      },
    };
    // libsignal takes a bundle without a one-time key, its declaration does not.
    await builder.initOutgoing(device as Parameters<typeof builder.initOutgoing>[0]);
  }

  isOpen(account: Account, peer: Peer): boolean {
    return this.#record(account, peer)?.haveOpenSession() ?? false;
  }

  /** Writes what the last operations with this peer have changed. */
  save(account: Account, peer: Peer): void {
    const key = cacheKey(account, peer);
    const snapshot = this.#advanced.get(key);
    if (snapshot === undefined) return;
    this.#advanced.delete(key);
    this.#write.run(account.phone, peerName(peer), snapshot);
    for (const keyId of this.#usedPreKeys.get(key) ?? []) this.#keys.useUp(account, keyId);
    this.#usedPreKeys.delete(key);
  }

  forgetAll(): void {
    this.#cache.clear();
    this.#advanced.clear();
    this.#usedPreKeys.clear();
  }

  #storeOf(account: Account, peer: Peer): SignalStore {
    const own = this.#keys.identityOf(account);
    const key = cacheKey(account, peer);
    return {
      loadSession: () => this.#record(account, peer),
      storeSession: (_name, record) => {
        dropOldestClosed(record);
        this.#remember(key, record);
        this.#advanced.set(key, JSON.stringify(record.serialize()));
      },
      isTrustedIdentity: () => true, // trust on first use, as the official clients do
      loadPreKey: (keyId) => signalKeyPair(this.#keys.oneTimeKey(account, keyId)),
      removePreKey: (keyId) => {
        this.#usedPreKeys.set(key, [...(this.#usedPreKeys.get(key) ?? []), keyId]);
      },
      loadSignedPreKey: (keyId) =>
        keyId === SIGNED_PRE_KEY_ID ? signalKeyPair(own.signedPreKey) : undefined,
      getOurRegistrationId: () => own.registrationId,
      getOurIdentity: () => ({
        pubKey: withKeyType(own.identity.publicKey),
        privKey: own.identity.privateKey,
      }),
    };
  }

  #record(account: Account, peer: Peer): SessionRecord | undefined {
    const key = cacheKey(account, peer);
    const cached = this.#cache.get(key);
    if (cached) return cached;
    const snapshot =
      this.#advanced.get(key) ?? this.#load.get(account.phone, peerName(peer))?.record;
    if (snapshot === undefined) return undefined;
    const record = readSessionRecord(snapshot);
    this.#remember(key, record);
    return record;
  }

  #remember(key: string, record: SessionRecord): void {
    this.#cache.delete(key);
    this.#cache.set(key, record);
    if (this.#cache.size <= SESSIONS_CACHED_MAX) return;
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest);
      return;
    }
  }
}

/**
 * libsignal queues work in one process-wide table by this name; the prefix keeps phones apart
 * from each other and from clients that live in the same process.
 */
function signalName(account: Account, peer: Peer): [string, number] {
  return [`simulated-${account.phone}-${peer.lid}`, peer.device];
}

function cacheKey(account: Account, peer: Peer): string {
  return `${account.phone}>${peer.lid}:${peer.device}`;
}

function signalKeyPair(pair: KeyPair | undefined): SignalKeyPair | undefined {
  return pair && { pubKey: withKeyType(pair.publicKey), privKey: pair.privateKey };
}

function dropOldestClosed(record: SessionRecord): void {
  const closed = Object.entries(record.sessions).filter(([, entry]) => entry.indexInfo.closed > 0);
  closed.sort(([, a], [, b]) => a.indexInfo.closed - b.indexInfo.closed);
  for (const [name] of closed.slice(0, Math.max(0, closed.length - CLOSED_SESSIONS_MAX))) {
    delete record.sessions[name];
  }
}
