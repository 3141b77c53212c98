import { createRequire } from 'node:module';

/**
 * Makes libsignal try each session of a person on a copy.
 *
 * Two who write to each other at the same moment have two sessions. libsignal tries a message with
 * one after the other, and a try that fails has stepped that session's ratchet all the same; when
 * the right session is found, the spoilt one is kept with it. What is then sent in the spoilt one
 * nobody can read. (The libraries of the official clients try copies: `SessionCipher.decrypt` in
 * libsignal's Java.) Of a message that was read before, libsignal says so only where it begins a
 * session; here it says so of all.
 */
interface Session {
  readonly constructor: { deserialize(data: unknown): Session };
  readonly indexInfo: { used: number };
  pendingPreKey?: unknown;
  serialize(): unknown;
}

interface Cipher {
  doDecryptWhisperMessage(data: Uint8Array, session: Session): Promise<Uint8Array>;
  decryptWithSessions(
    data: Uint8Array,
    sessions: readonly Session[],
  ): Promise<{ session: Session; plaintext: Uint8Array }>;
}

const require = createRequire(import.meta.url);
const { prototype } = require('libsignal/src/session_cipher.js') as { prototype: Cipher };
const { MessageCounterError, SessionError } = require('libsignal/src/errors.js') as Record<
  'MessageCounterError' | 'SessionError',
  new (message: string) => Error
>;

prototype.decryptWithSessions = async function (data, sessions) {
  let wasReadBefore: Error | null = null;
  for (const session of sessions) {
    const copy = session.constructor.deserialize(session.serialize());
    try {
      const plaintext = await this.doDecryptWhisperMessage(data, copy);
      copy.indexInfo.used = Date.now();
      delete session.pendingPreKey;
      return { session: Object.assign(session, copy), plaintext };
    } catch (error) {
      if (error instanceof MessageCounterError) wasReadBefore = error;
    }
  }
  throw wasReadBefore ?? new SessionError('No matching sessions found for message');
};
