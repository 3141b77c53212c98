import { createRequire } from 'node:module';

import * as libsignal from 'libsignal';
import type { SignalStorage } from 'libsignal';

import './quick-keys.ts';
import './separate-tries.ts';

/**
 * libsignal's own declarations describe another shape than its code has (records serialise to
 * plain objects, sessions are open to reading). This file is the one place that knows better.
 */
interface SessionEntry {
  readonly indexInfo: { closed: number; used: number };
}

export interface SessionRecord {
  sessions: Record<string, SessionEntry>;
  serialize(): unknown;
  haveOpenSession(): boolean;
}

/** What libsignal's `WhisperMessage` and `PreKeyWhisperMessage` say in the clear. */
interface SignalProtobufs {
  readonly WhisperMessage: {
    decode(bytes: Uint8Array): { ephemeralKey: Uint8Array; counter: number };
  };
  readonly PreKeyWhisperMessage: { decode(bytes: Uint8Array): { message: Uint8Array } };
}

const require = createRequire(import.meta.url);
const protobufs = require('libsignal/src/protobufs.js') as SignalProtobufs;
const records = libsignal.SessionRecord as unknown as {
  deserialize(data: unknown): SessionRecord;
};

/** The storage libsignal asks for; all of it may answer at once. Public keys have 33 bytes. */
export interface SignalStore {
  loadSession(peer: string): SessionRecord | undefined;
  storeSession(peer: string, record: SessionRecord): void;
  isTrustedIdentity(): boolean;
  loadPreKey(keyId: number): SignalKeyPair | undefined;
  removePreKey(keyId: number): void;
  loadSignedPreKey(keyId: number): SignalKeyPair | undefined;
  getOurRegistrationId(): number;
  getOurIdentity(): SignalKeyPair;
}

export interface SignalKeyPair {
  readonly pubKey: Buffer;
  readonly privKey: Buffer;
}

export function readSessionRecord(json: string): SessionRecord {
  return records.deserialize(JSON.parse(json));
}

export function sessionCipher(store: SignalStore, name: string, device: number) {
  const address = new libsignal.ProtocolAddress(name, device);
  return new libsignal.SessionCipher(store as unknown as SignalStorage, address);
}

export function sessionBuilder(store: SignalStore, name: string, device: number) {
  const address = new libsignal.ProtocolAddress(name, device);
  return new libsignal.SessionBuilder(store as unknown as SignalStorage, address);
}

/** Where a ciphertext stands in its ratchet. Throws when it is no Signal message. */
export function ratchetStepOf(
  type: 'pkmsg' | 'msg',
  ciphertext: Buffer,
): { ratchetKey: Buffer; counter: number } {
  const inner =
    type === 'pkmsg'
      ? Buffer.from(protobufs.PreKeyWhisperMessage.decode(ciphertext.subarray(1)).message)
      : ciphertext;
  const message = protobufs.WhisperMessage.decode(inner.subarray(1, -8));
  return { ratchetKey: Buffer.from(message.ephemeralKey), counter: message.counter };
}
